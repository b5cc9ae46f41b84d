//! From bytes to text: a policy in the wrong encoding is refused, never guessed at.

use super::problem::{Place, Problem};

/// The bytes as UTF-8 without a byte-order mark.
pub(super) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let problem =
        |place, message: &str| Problem { file: file.into(), place: Some(place), message: message.into() };
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Err(problem(
            Place::START,
            "the file begins with a byte-order mark; save it as UTF-8 without one",
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(problem(
            Place::START,
            "the file is in UTF-16; save it as UTF-8 without a byte-order mark",
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let place = end_of(&String::from_utf8_lossy(good));
        problem(place, "a byte that isn't UTF-8; save the file in that encoding")
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
    fn only_plain_utf8_is_read() {
        assert_eq!(utf8("f", "ä".as_bytes()).unwrap(), "ä");
        for (bytes, place, words) in [
            (&b"\xef\xbb\xbfversion: 1"[..], (1, 1), "byte-order mark"),
            (b"\xff\xfev\0", (1, 1), "UTF-16"),
            ("a\nä".as_bytes().split_last().unwrap().1, (2, 1), "isn't UTF-8"),
            (b"a\nbc\xe4", (2, 3), "isn't UTF-8"),
        ] {
            let problem = utf8("f", bytes).unwrap_err();
            let (line, column) = place;
            assert_eq!(problem.place, Some(Place { line, column }));
            assert!(problem.message.contains(words), "{problem}");
        }
    }
}
