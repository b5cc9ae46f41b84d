//! From bytes to text: a policy in the wrong encoding is refused, never guessed at.

use super::problem::{Place, Problem};
use feedgate_model::byte_order_mark;

/// The bytes as UTF-8 without a byte-order mark.
pub(super) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let problem =
        |place, message: &str| Problem { file: file.into(), place: Some(place), message: message.into() };
    let bytes = byte_order_mark::skip_in_bytes(bytes);
    if byte_order_mark::is_utf16(bytes) {
        return Err(problem(Place::START, "expected UTF-8, but found UTF-16; save the file as UTF-8"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let place = end_of(&String::from_utf8_lossy(good));
        problem(place, "expected UTF-8, but found a byte that isn't; save the file as UTF-8")
    })
}

/// The place of the byte at an offset.
pub(super) fn place_of(text: &str, offset: usize) -> Place {
    end_of(text.get(..offset).unwrap_or(text))
}

/// The place just behind a text.
fn end_of(text: &str) -> Place {
    let line = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place { line: small(line), column: small(column) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf8_is_read() {
        assert_eq!(utf8("f", "ä".as_bytes()).unwrap(), "ä");
        assert_eq!(utf8("f", "\u{feff}ä".as_bytes()).unwrap(), "ä");
        for (bytes, place, words) in [
            (&b"\xff\xfev\0"[..], (1, 1), "UTF-16"),
            ("a\nä".as_bytes().split_last().unwrap().1, (2, 1), "a byte that isn't"),
            (b"a\nbc\xe4", (2, 3), "a byte that isn't"),
        ] {
            let problem = utf8("f", bytes).unwrap_err();
            let (line, column) = place;
            assert_eq!(problem.place, Some(Place { line, column }));
            assert!(problem.message.contains(words), "{problem}");
        }
    }
}
