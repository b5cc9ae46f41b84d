//! The mark that Windows tools put at the beginning of text files. It is no part of the text.

const MARK: &str = "\u{feff}";

/// A text without the mark at its beginning.
pub fn skip(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// The same for bytes that should be UTF-8.
pub fn skip_in_bytes(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK.as_bytes()).unwrap_or(bytes)
}

/// Whether bytes begin with the mark of UTF-16, and so aren't UTF-8.
pub fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_at_the_beginning_is_skipped() {
        for (text, expected) in
            [("\u{feff}a", "a"), ("a", "a"), ("\u{feff}", ""), ("", ""), ("a\u{feff}", "a\u{feff}")]
        {
            assert_eq!(skip(text), expected);
            assert_eq!(skip_in_bytes(text.as_bytes()), expected.as_bytes());
            assert!(!is_utf16(text.as_bytes()));
        }
        assert!(is_utf16(b"\xff\xfea\0") && is_utf16(b"\xfe\xff\0a"));
    }
}
