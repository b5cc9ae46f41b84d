//! How a text is written in YAML: plain where every reader takes it for a string, in double quotes elsewhere.

use std::fmt::Write as _;

use feedgate_model::unprintable::is_unprintable;

/// Words that one YAML or another takes for something else than a string.
const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"];

/// Appends a text.
pub(super) fn push(line: &mut String, text: &str) {
    if is_plain(text) {
        line.push_str(text);
        return;
    }
    line.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            c if is_printable(c) => line.push(c),
            c => {
                // Writing to a string can't fail.
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(line, "\\x{code:02x}"),
                    code @ 0x100..=0xffff => write!(line, "\\u{code:04x}"),
                    code => write!(line, "\\U{code:08x}"),
                };
            }
        }
    }
    line.push('"');
}

/// Whether a text needs no quotes, within `{}` and `[]` too.
fn is_plain(text: &str) -> bool {
    let inner = |c: char| {
        c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '&' | '+' | '@' | '(' | ')')
    };
    text.starts_with(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(inner)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a character may stand in double quotes as it is.
fn is_printable(c: char) -> bool {
    !is_unprintable(c)
        && matches!(
            c,
            ' '..='~' | '\u{a0}'..='\u{2027}'
            | '\u{202f}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_texts_are_quoted() {
        for (text, written) in [
            ("View & Download Packages", "View & Download Packages"),
            ("jdoe@example.com", "jdoe@example.com"),
            ("yes", "\"yes\""),
            ("No", "\"No\""),
            ("1", "\"1\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("a: b", "\"a: b\""),
            ("#x", "\"#x\""),
            ("a #x", "\"a #x\""),
            ("", "\"\""),
            ("a ", "\"a \""),
            ("it's \"so\" \\", "\"it's \\\"so\\\" \\\\\""),
            ("über", "über"),
            ("~", "\"~\""),
            ("a,b", "\"a,b\""),
            ("a\u{202e}b\u{200f}", "\"a\\u202eb\\u200f\""),
            ("a\nb\u{7}\u{2028}\u{feff}😀", "\"a\\nb\\x07\\u2028\\ufeff😀\""),
        ] {
            let mut line = String::new();
            push(&mut line, text);
            assert_eq!(line, written);
            let read: String = serde_saphyr::from_str(&line).unwrap();
            assert_eq!(read, text);
        }
    }
}
