//! Why nobody can say whom a name means. None of these may be taken for "unknown".

use feedgate_model::NameError;

/// Why a subject couldn't be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    #[error("subject: {0}")]
    InvalidName(NameError),
    #[error("directory: {0}")]
    InvalidDirectoryName(NameError),
    #[error("`{0}` is not a user's id: send one back as it came in an answer, with its directory")]
    InvalidId(Box<str>),
    #[error("`{name}` is in several directories ({}): say which", directories.join(", "))]
    Ambiguous { name: Box<str>, directories: Vec<Box<str>> },
    #[error("no directory is called `{0}`")]
    UnknownDirectory(Box<str>),
    #[error("the directory `{0}` is disabled")]
    DisabledDirectory(Box<str>),
    #[error(
        "the directory `{directory}` has more than one entry that `{name}` means, and doesn't say which is: send the id of the one that is meant"
    )]
    NotUnique { directory: Box<str>, name: Box<str> },
    #[error("the directory `{directory}` can't be asked about `{name}`: {cause}")]
    Unreachable { directory: Box<str>, name: Box<str>, cause: Box<str> },
}
