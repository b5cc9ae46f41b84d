//! `who-can`, `feeds`, `promotion`: questions the other way round.

pub(super) mod feeds;
pub(super) mod principals;
pub(super) mod promotion;

use super::{
    args::{lookup::Slice, question::Who},
    output::{BOLD, DIM, paint, plain},
};
use crate::grpc::pb;

/// A heading with the revision that the answer is of.
fn heading(text: &str, revision: Option<pb::Revision>) -> String {
    let revision = format!("(revision {})", revision.unwrap_or_default().number);
    format!("{} {}", paint(BOLD, text), paint(DIM, revision))
}

/// How to go on behind the last one, if there are more.
fn more(command: &[&str], slice: &Slice, cursor: &str) -> Option<String> {
    if cursor.is_empty() {
        return None;
    }
    let limit = slice.limit.map(|limit| format!(" --limit {limit}")).unwrap_or_default();
    Some(format!("there are more: feedgate {}{limit} --cursor {}", command_line(command), quoted(cursor)))
}

/// The words that name somebody on a command line.
fn typed(who: &Who) -> Vec<&str> {
    match who {
        Who::Anonymous => vec!["--anonymous"],
        Who::User { name, directory: None } => vec![name],
        Who::User { name, directory: Some(directory) } => vec!["--directory", directory, name],
    }
}

fn command_line(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_./@:+=,%".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        word.to_owned()
    } else {
        format!("'{}'", plain(word).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
