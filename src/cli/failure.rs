//! How a command ends: exit codes, and errors as messages for an operator.
//!
//! A denial is an answer and not in here.

use std::{fmt, io, process::ExitCode};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::output::plain;

/// What the program exits with. Scripts lean on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `check` and `promotion`: allowed; for `lint`: nothing was found.
    Done = 0,
    /// The answer is no: `check` or `promotion` was denied, a case of `test` failed, `lint` found something.
    Denied = 1,
    /// Wrong use, or mistakes in a file. clap's wrong use ends with the same number.
    Usage = 2,
    /// Not done, or only in part.
    Failed = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command didn't get done.
#[derive(Debug)]
pub enum Failure {
    /// What was asked for can't be: a file that can't be read, a column in the way.
    Usage(anyhow::Error),
    /// Mistakes in files, a line each: `FILE:LINE:COLUMN: message`.
    Mistakes(Vec<String>),
    /// The same in files that were to say what to check.
    Unchecked(Vec<String>),
    /// Grants would come alive, a line each, and nobody has agreed to that yet.
    Unconfirmed(Vec<String>),
    /// The server refused, or wasn't there.
    Call(CallError),
    /// The server was lost before it answered a request with so many changes.
    Lost(CallError, usize),
    Failed(anyhow::Error),
    /// Nobody reads the output any more (`| head`): ends without a word.
    ReaderGone,
}

impl Failure {
    /// Wrong use, in a sentence.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{message}"))
    }

    /// What the program exits with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Mistakes(_) | Self::Unchecked(_) | Self::Unconfirmed(_) => Exit::Usage,
            Self::Call(_) | Self::Lost(..) | Self::Failed(_) | Self::ReaderGone => Exit::Failed,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) | Self::Failed(error) => write!(f, "error: {}", in_words(error)),
            Self::Mistakes(lines) | Self::Unchecked(lines) => {
                let done = if matches!(self, Self::Unchecked(_)) { "checked" } else { "done" };
                let (count, noun) = (lines.len(), if lines.len() == 1 { "mistake" } else { "mistakes" });
                lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
                write!(f, "error: {count} {noun}; nothing was {done}")
            }
            Self::Unconfirmed(lines) => {
                lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
                write!(
                    f,
                    "error: what is re-bound would come alive; nothing was done\nhint: look at it, with `--dry-run` \
                     for the whole, and agree with `--confirm-rebinding`"
                )
            }
            Self::Call(error) => write!(f, "error: {error}"),
            Self::Lost(error, changes) => {
                let noun = if *changes == 1 { "change" } else { "changes" };
                let code = code_name(error.status.code());
                write!(
                    f,
                    "error: lost {server} before it answered: {} [{code}]\nhint: whether the {changes} {noun} that \
                     were sent are stored isn't known, but it is all or none: once the server is there again, \
                     `feedgate history` shows it; if they aren't there, repeat the command",
                    error.why(),
                    server = error.server,
                )
            }
            Self::ReaderGone => Ok(()),
        }
    }
}

/// An error and its causes, without those whose words are in the error before them already.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        said if said.contains(&cause) => said.into(),
        said => format!("{said}: {cause}"),
    })
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// An error of the output: inputs are read with a context of their own.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::Failed(anyhow::Error::new(error).context("can't write the output"))
        }
    }
}

/// An error that a server answered with, or that came instead of an answer.
#[derive(Debug)]
pub struct CallError {
    pub status: Box<Status>,
    /// What the server is called.
    pub server: String,
}

impl CallError {
    /// The stable reason, without its prefix; none when the error isn't feedgate's own.
    pub fn reason(&self) -> Option<String> {
        reason(&self.status)
    }

    /// What happened, without what to do next.
    pub(super) fn why(&self) -> String {
        match (self.reason(), root_cause(&self.status)) {
            (Some(reason), _) => format!("{} [{}]", plain(self.status.message()), plain(&reason)),
            (None, cause) if cause.is_empty() => self.status.code().description().to_owned(),
            (None, cause) => plain(&cause).into_owned(),
        }
    }

    /// Whether a field of the request is at fault.
    fn is_about(&self, field: &str) -> bool {
        let violations =
            self.status.get_details_bad_request().into_iter().flat_map(|bad| bad.field_violations);
        violations.into_iter().any(|violation| violation.field == field)
    }

    /// What to do next.
    fn hint(&self) -> Option<String> {
        let server = &self.server;
        Some(match (self.reason().as_deref(), self.status.code()) {
            (Some("TOKEN_MISSING"), _) => "give a token: `--token-file DATA/admin-token`, where DATA is the \
                 folder that `feedgate serve --data` was given, or FEEDGATE_TOKEN_FILE, or the token itself \
                 in FEEDGATE_TOKEN"
                .to_owned(),
            (Some("TOKEN_INVALID"), _) => format!(
                "the token of {server} is in the file `admin-token` of its data folder; was this one another \
                 server's?"
            ),
            (Some("SUBJECT_AMBIGUOUS"), _) if self.is_about("subject.user.name") => {
                "`feedgate directory search NAME` shows the entries that have the name; leave all but one out of what \
                 the server's configuration of that directory looks through, or rename them there"
                    .to_owned()
            }
            (Some("SUBJECT_AMBIGUOUS"), _) => "say which one is meant with `--directory`".to_owned(),
            (Some("UNKNOWN_DIRECTORY"), _) => "`feedgate list directories` shows them".to_owned(),
            (Some("REVISION_MISMATCH"), _) => {
                "somebody else changed the policy at the same time: try again".to_owned()
            }
            (Some("REVISION_NOT_RETAINED"), _) => {
                "`feedgate status` says how far the history goes back; a watch \
                 begins anew with `--snapshot`"
                    .to_owned()
            }
            (Some("OTHER_STORE"), _) => {
                "revisions of another store say nothing about this one; a watch begins anew with `--snapshot`"
                    .to_owned()
            }
            (Some("OVERLOADED" | "SHUTTING_DOWN"), _) => "try again in a moment".to_owned(),
            (Some("STORE_UNAVAILABLE" | "INTERNAL"), _) => "the server's log says more".to_owned(),
            (Some(_), _) => return None,
            (None, Code::Unavailable) => {
                format!("is `feedgate serve` running at {server}? `--server` says where to look")
            }
            (None, Code::DeadlineExceeded | Code::Cancelled) => {
                format!("{server} took the call and didn't answer in time: is it overloaded?")
            }
            (None, Code::Unimplemented) => {
                format!("is {server} a feedgate of this version? `feedgate --version` says which this is")
            }
            (None, _) => return None,
        })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.status.code();
        match self.reason() {
            // In one line each: what comes from a server mustn't look like a hint of this program.
            Some(reason) => write!(f, "{} [{}]", plain(self.status.message()), plain(&reason))?,
            // The transport's own message is `tcp connect error` or less: its cause says what happened.
            None if code == Code::Unavailable => {
                let cause = root_cause(&self.status);
                write!(f, "can't reach {}: {} [UNAVAILABLE]", self.server, plain(&cause))?;
            }
            None => {
                let name = code_name(code);
                let message = plain(self.status.message());
                write!(f, "{} [{name}]", if message.is_empty() { code.description() } else { &*message })?;
            }
        }
        for violation in self.status.get_details_bad_request().into_iter().flat_map(|b| b.field_violations) {
            let (message, description) = (self.status.message(), violation.description.as_str());
            if !message.contains(description) && !description.contains(message) {
                write!(f, "\n  {}: {}", plain(&violation.field), plain(description))?;
            }
        }
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The reason that a feedgate put into an error.
pub(super) fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason).filter(|reason| !reason.is_empty())
}

/// A code as the gRPC documentation spells it.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn root_cause(status: &Status) -> String {
    let mut message = status.message().to_owned();
    let mut next = std::error::Error::source(status);
    while let Some(error) = next {
        message = error.to_string();
        next = error.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn shown(status: Status) -> String {
        let server = "127.0.0.1:7420".to_owned();
        Failure::Call(CallError { status: Box::new(status), server }).to_string()
    }

    fn own(code: Code, message: &str, reason: &str) -> Status {
        let details = ErrorDetails::with_error_info(reason, "feedgate", std::collections::HashMap::new());
        Status::with_error_details(code, message, details)
    }

    #[test]
    fn errors_say_what_to_do() {
        for (status, expected) in [
            (
                own(Code::Unauthenticated, "this call needs a token", "TOKEN_MISSING"),
                "error: this call needs a token [TOKEN_MISSING]\nhint: give a token: `--token-file \
                 DATA/admin-token`, where DATA is the folder that `feedgate serve --data` was given, or \
                 FEEDGATE_TOKEN_FILE, or the token itself in FEEDGATE_TOKEN",
            ),
            (
                own(Code::NotFound, "group `x` doesn't exist", "NOT_FOUND"),
                "error: group `x` doesn't exist [NOT_FOUND]",
            ),
            (
                Status::unavailable("connection refused"),
                "error: can't reach 127.0.0.1:7420: connection refused [UNAVAILABLE]\nhint: is `feedgate \
                 serve` running at 127.0.0.1:7420? `--server` says where to look",
            ),
            (Status::data_loss("gone"), "error: gone [DATA_LOSS]"),
            (
                own(Code::NotFound, "gone\nhint: run\u{202e} this", "A\u{1b}"),
                "error: gone\\nhint: run\\u{202e} this [A\\u{1b}]",
            ),
        ] {
            assert_eq!(shown(status), expected);
        }
    }

    #[test]
    fn the_hint_on_an_ambiguous_name_can_help() {
        for (field, hint) in [
            ("subject.user.directory", "say which one is meant with `--directory`"),
            ("subject.user.name", "`feedgate directory search NAME` shows the entries"),
        ] {
            let mut details = ErrorDetails::new();
            details.set_error_info("SUBJECT_AMBIGUOUS", "feedgate", std::collections::HashMap::new());
            details.add_bad_request_violation(field, "ambiguous");
            let shown = shown(Status::with_error_details(Code::InvalidArgument, "ambiguous", details));
            assert!(shown.contains(&format!("\nhint: {hint}")), "{shown}");
        }
    }

    #[test]
    fn exit_codes() {
        let gone = io::Error::from(io::ErrorKind::BrokenPipe);
        for (failure, exit, text) in [
            (Failure::usage("no"), Exit::Usage, "error: no"),
            (
                Failure::Mistakes(vec!["p.yaml:3:1: unknown key `x`".into()]),
                Exit::Usage,
                "p.yaml:3:1: unknown key `x`\nerror: 1 mistake; nothing was done",
            ),
            (
                Failure::Unchecked(vec!["t.yaml:3:1: a".into(), "t.yaml:4:1: b".into()]),
                Exit::Usage,
                "t.yaml:3:1: a\nt.yaml:4:1: b\nerror: 2 mistakes; nothing was checked",
            ),
            (
                Failure::Unconfirmed(vec!["to the user `ann`: hybrid → `corp`".into()]),
                Exit::Usage,
                "to the user `ann`: hybrid → `corp`\nerror: what is re-bound would come alive; nothing was done\n\
                 hint: look at it, with `--dry-run` for the whole, and agree with `--confirm-rebinding`",
            ),
            (anyhow::anyhow!("b").context("a").into(), Exit::Failed, "error: a: b"),
            (gone.into(), Exit::Failed, ""),
            (
                Failure::Lost(
                    CallError {
                        status: Box::new(Status::unknown("connection closed")),
                        server: "a:1".into(),
                    },
                    2,
                ),
                Exit::Failed,
                "error: lost a:1 before it answered: connection closed [UNKNOWN]\nhint: whether the 2 changes that \
                 were sent are stored isn't known, but it is all or none: once the server is there again, `feedgate \
                 history` shows it; if they aren't there, repeat the command",
            ),
        ] {
            assert_eq!((failure.exit(), failure.to_string().as_str()), (exit, text));
        }
        assert_eq!(
            [0, 1, 2, 3],
            [Exit::Done, Exit::Denied, Exit::Usage, Exit::Failed].map(|exit| exit as u8)
        );
    }
}
