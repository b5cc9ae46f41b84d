//! Where results go: standard output, with colour only on a terminal that wants it.
//!
//! Everything is rendered with its styles; `anstream` takes them out for files, pipes and NO_COLOR.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{IsTerminal as _, Write as _},
};

use anstyle::{AnsiColor, Style};

use super::failure::{Exit, Failure};
use crate::model::unprintable;

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
    writeln!(out, "{}", safe(&text.to_string()))?;
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
    writeln!(anstream::stderr().lock(), "{}", safe(&text.to_string())).ok();
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

/// Sentences have lines of at most this many characters.
const WIDTH: usize = 100;

/// The number of columns of the terminal that standard output is, if it is one.
pub(super) fn columns() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout).ok()?;
    Some(size.ws_col.into()).filter(|columns| *columns > 0)
}

/// A sentence in lines that fit into the terminal, where words allow it; further lines are indented by two more than
/// the first.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let width = columns().map_or(WIDTH, |columns| columns.min(WIDTH));
    wrap_between(text, indent, indent + 2, width)
}

/// The same within these columns, all lines indented alike.
pub(super) fn wrap_to(text: &str, indent: usize, width: usize) -> String {
    wrap_between(text, indent, indent, width)
}

fn wrap_between(text: &str, indent: usize, further: usize, width: usize) -> String {
    let mut out = " ".repeat(indent);
    let mut column = indent;
    for (index, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 {
            if column + 1 + length > width {
                out.push('\n');
                out.push_str(&" ".repeat(further));
                column = further;
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

/// A text from outside, fit for a terminal: in one line, and what a terminal would act on is spelled out.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    unprintable::spell_out(text)
}

/// What is written last: whatever was forgotten before, only lines, tabs and styles get through.
fn safe(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| matches!(c, '\n' | '\t') || !unprintable::is_unprintable(c);
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !harmless(c)) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let style = style_length(found);
        let length = style.unwrap_or_else(|| found.chars().next().map_or(0, char::len_utf8));
        let (found, behind) = found.split_at(length);
        out.push_str(&if style.is_some() { Cow::Borrowed(found) } else { plain(found) });
        rest = behind;
    }
    out.push_str(rest);
    out.into()
}

/// Number of bytes of the style at the beginning of a text: `ESC [`, digits and semicolons, `m`.
fn style_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped() {
        assert_eq!(wrap_between("one two  three four", 2, 4, 10), "  one two \n    three\n    four");
        assert_eq!(wrap_between("immeasurable", 2, 4, 5), "  immeasurable");
        assert_eq!(wrap_to("one two", 2, 6), "  one\n  two");
    }

    #[test]
    fn what_a_terminal_acts_on_reaches_none() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}"), "a\\u{1b}[2Jb\\nc\\u{202e}");
        assert_eq!(plain("Überbau"), "Überbau");
        for (text, expected) in [
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("\u{1b}[1mbold\u{1b}[0m", "\u{1b}[1mbold\u{1b}[0m"),
            ("\u{1b}[38;5;1mred\u{1b}[m", "\u{1b}[38;5;1mred\u{1b}[m"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{1b}", "\\u{1b}"),
            ("\u{1b}[1", "\\u{1b}[1"),
            ("a\u{9b}2J\u{202e}b\r", "a\\u{9b}2J\\u{202e}b\\r"),
        ] {
            assert_eq!(safe(text), expected);
        }
    }
}
