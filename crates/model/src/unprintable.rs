//! Characters that a terminal acts on instead of showing them: they could hide, move or reorder what stands around them.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Whether a character is a control or format character, or one that separates lines. The joiners of scripts and emoji
/// aren't counted: they change no order.
pub fn is_unprintable(c: char) -> bool {
    const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
    !(' '..='~').contains(&c)
        && !JOINERS.contains(&c)
        && matches!(
            c.general_category(),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

/// A text with these characters spelled out: `\n`, `\u{202e}`.
pub fn spell_out(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unprintable(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_acts_on_are_spelled_out() {
        for (text, expected) in [
            ("Überbau 大きい 👩‍💻 می‌خواهم", "Überbau 大きい 👩‍💻 می‌خواهم"),
            ("a\u{1b}[2Jb\nc\t\u{7f}", "a\\u{1b}[2Jb\\nc\\t\\u{7f}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("admin\u{202e}nimda\u{202c}", "admin\\u{202e}nimda\\u{202c}"),
            ("\u{2066}a\u{2069}\u{200e}\u{200f}\u{61c}", "\\u{2066}a\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
            ("a\u{2028}b\u{2029}\u{feff}\u{200b}", "a\\u{2028}b\\u{2029}\\u{feff}\\u{200b}"),
            ("\u{e0041}\u{ad}", "\\u{e0041}\\u{ad}"),
        ] {
            assert_eq!(spell_out(text), expected);
        }
    }
}
