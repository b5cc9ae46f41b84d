//! Where results go: standard output, with colour only on a terminal that wants it.
//!
//! Everything is rendered with its styles; `anstream` takes them out for files, pipes and NO_COLOR.

use std::{borrow::Cow, fmt::Display, io::Write as _};

use anstyle::{AnsiColor, Style};

use super::failure::{Exit, Failure};

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const BOLD: Style = Style::new().bold();

/// A text in a style.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes to standard output, with a line break at the end.
pub(super) fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Writes an answer that the exit code gives, too: it mustn't depend on who reads the words.
pub(super) fn answer(exit: Exit, text: impl Display) -> Result<Exit, Failure> {
    match print(text) {
        Ok(()) | Err(Failure::ReaderGone) => Ok(exit),
        Err(failure) => Err(failure),
    }
}

/// Writes to standard error: remarks beside a result. Whether anybody reads them changes nothing.
pub(super) fn remark(text: impl Display) {
    writeln!(anstream::stderr().lock(), "{text}").ok();
}

/// Says why a command ended.
pub(super) fn complain(failure: &Failure) {
    let text = failure.to_string();
    for line in text.lines().map(plain) {
        remark(match (line.strip_prefix("error: "), line.strip_prefix("hint: ")) {
            (Some(rest), _) => format!("{} {rest}", paint(BAD, "error:")),
            (_, Some(rest)) => format!("{} {rest}", paint(BOLD, "hint:")),
            _ => line.into_owned(),
        });
    }
}

/// A sentence in lines of at most this many characters, where words allow it; further lines are indented by
/// two more than the first.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut out = " ".repeat(indent);
    let mut column = indent;
    for (index, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 {
            if column + 1 + length > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent + 2));
                column = indent + 2;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A text of several lines, further in by this many columns.
pub(super) fn indent(text: &str, columns: usize) -> String {
    let space = " ".repeat(columns);
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{space}{line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A text from the policy or the user, fit for a terminal: in one line, its control characters spelled out.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        text.chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect::<String>()
            .into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped() {
        assert_eq!(wrap("one two  three four", 2, 10), "  one two \n    three\n    four");
        assert_eq!(wrap("immeasurable", 2, 5), "  immeasurable");
    }

    #[test]
    fn control_characters_reach_no_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(plain("Überbau"), "Überbau");
    }
}
