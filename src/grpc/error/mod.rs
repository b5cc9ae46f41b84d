//! From what went wrong to a status: the one table of codes and reasons.
//!
//! Every status says its reason in a `google.rpc.ErrorInfo`, for programs, and what to do in its message, for
//! people. What is wrong with a request also names the field, in a `google.rpc.BadRequest`. Lengths are cut,
//! because a status travels in headers and what a caller sent may be in it.
//!
//! A policy that doesn't get fresh enough in time is UNAVAILABLE, not DEADLINE_EXCEEDED: asking again is the
//! right answer, and a client's library has its own DEADLINE_EXCEEDED.

#[cfg(test)]
mod tests;

use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::pb as rpc;

use super::{
    access::Refused,
    convert::{Fault, Invalid},
    pb::ErrorReason,
};
use crate::{
    directory::ResolveError,
    policy::{EditError, HistoryError, WriteError},
    service::{CheckError, FreshnessError, ServiceError, watch::WatchError},
};

/// Whose reasons they are.
pub const DOMAIN: &str = "feedgate";

const MAX_MESSAGE: usize = 1024;
const MAX_FIELD: usize = 256;
/// Of an item: many of them have to fit into one response.
const MAX_ITEM_MESSAGE: usize = 120;

/// Why a call, or an item of a batch, has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub reason: ErrorReason,
    message: String,
    /// The field that is at fault, if one is.
    field: Option<String>,
    /// What a program may want to know besides: `change`, `head`.
    facts: Vec<(&'static str, u64)>,
}

impl Failure {
    fn new((code, reason): (Code, ErrorReason), message: String) -> Self {
        Self { code, reason, message: cut(message, MAX_MESSAGE), field: None, facts: Vec::new() }
    }

    fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(cut(field.into(), MAX_FIELD));
        self
    }

    /// The field at fault is in the request itself, and not where it usually is.
    pub fn out_of(mut self, place: &str) -> Self {
        self.field = self.field.map(|field| field.strip_prefix(place).map_or(field.clone(), Into::into));
        self
    }

    pub fn with(mut self, fact: &'static str, value: u64) -> Self {
        self.facts.push((fact, value));
        self
    }

    /// Something that can't happen did.
    pub fn internal(what: &str) -> Self {
        tracing::error!("internal error: {what}");
        Self::new((Code::Internal, ErrorReason::Internal), what.into())
    }

    /// There is too much to do, or this would take too long.
    pub fn overloaded(why: &str) -> Self {
        Self::new((Code::ResourceExhausted, ErrorReason::Overloaded), why.into())
    }

    /// An item of a batch for whose error the response has no room.
    pub fn response_full() -> Self {
        Self::overloaded("the response is full")
    }

    /// A watch whose reader left a message lying for so long.
    pub fn too_slow(patience: std::time::Duration) -> Self {
        let why =
            format!("no message was taken for {} s: go on behind the last revision", patience.as_secs());
        Self::new((Code::ResourceExhausted, ErrorReason::ReaderTooSlow), why)
    }

    /// A message that couldn't be read at all.
    pub fn malformed(reason: ErrorReason, why: &str) -> Self {
        Self::new((Code::InvalidArgument, reason), why.into())
    }

    /// For an item of a batch: a short message, which names the field, and nothing said twice.
    pub fn into_item(self) -> rpc::Status {
        let message = cut(self.message, MAX_ITEM_MESSAGE);
        Self { message, field: None, ..self }.into_rpc()
    }

    fn into_rpc(self) -> rpc::Status {
        let Self { code, reason, message, field, facts } = self;
        let info = rpc::ErrorInfo {
            reason: reason_name(reason).into(),
            domain: DOMAIN.into(),
            metadata: facts.into_iter().map(|(fact, value)| (fact.into(), value.to_string())).collect(),
        };
        let mut details = vec![any("google.rpc.ErrorInfo", &info)];
        if let Some(field) = field {
            let violation = rpc::bad_request::FieldViolation {
                field,
                description: message.clone(),
                reason: reason_name(reason).into(),
                localized_message: None,
            };
            details
                .push(any("google.rpc.BadRequest", &rpc::BadRequest { field_violations: vec![violation] }));
        }
        rpc::Status { code: code.into(), message, details }
    }
}

fn any(name: &str, message: &impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

/// A reason as an ErrorInfo spells it.
pub fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let (code, status) = (failure.code, failure.into_rpc());
        let details = status.encode_to_vec().into();
        Self::with_details(code, status.message, details)
    }
}

impl From<&Invalid> for Failure {
    fn from(invalid: &Invalid) -> Self {
        let reason = match &invalid.fault {
            Fault::Missing => ErrorReason::MissingField,
            Fault::Value(_) => ErrorReason::InvalidField,
            Fault::Name(_) => ErrorReason::InvalidName,
            Fault::TooMany { .. } => ErrorReason::TooManyItems,
        };
        Self::new((Code::InvalidArgument, reason), invalid.to_string()).in_field(&invalid.field)
    }
}

impl From<&Refused> for Failure {
    fn from(refused: &Refused) -> Self {
        let row = match refused {
            Refused::TokenMissing => (Code::Unauthenticated, ErrorReason::TokenMissing),
            Refused::TokenInvalid => (Code::Unauthenticated, ErrorReason::TokenInvalid),
        };
        Self::new(row, refused.to_string())
    }
}

impl From<&CheckError> for Failure {
    fn from(error: &CheckError) -> Self {
        let (reason, field) = match error {
            CheckError::Subject(error) => return error.into(),
            CheckError::InvalidTarget(_) => (ErrorReason::InvalidName, "target"),
            CheckError::UnknownAttribute(_) => (ErrorReason::UnknownAttribute, "attribute"),
            CheckError::DeadlineExceeded => {
                return Self::new((Code::DeadlineExceeded, ErrorReason::DeadlineExceeded), error.to_string());
            }
        };
        Self::new((Code::InvalidArgument, reason), error.to_string()).in_field(field)
    }
}

impl From<&ResolveError> for Failure {
    fn from(error: &ResolveError) -> Self {
        use ResolveError as E;
        let (reason, field) = match error {
            E::InvalidName(_) => (ErrorReason::InvalidName, "subject.user.name"),
            E::InvalidDirectoryName(_) => (ErrorReason::InvalidName, "subject.user.directory"),
            E::InvalidId(_) => (ErrorReason::InvalidField, "subject.user.id"),
            E::Ambiguous { .. } => (ErrorReason::SubjectAmbiguous, "subject.user.directory"),
            E::NotUnique { .. } => (ErrorReason::SubjectAmbiguous, "subject.user.name"),
            E::UnknownDirectory(_) | E::DisabledDirectory(_) => {
                (ErrorReason::UnknownDirectory, "subject.user.directory")
            }
            E::Unreachable { .. } => {
                return Self::new((Code::Unavailable, ErrorReason::DirectoryUnreachable), error.to_string());
            }
        };
        Self::new((Code::InvalidArgument, reason), error.to_string()).in_field(field)
    }
}

impl From<&FreshnessError> for Failure {
    fn from(error: &FreshnessError) -> Self {
        use FreshnessError as E;
        let row = match error {
            E::OtherStore { .. } => (Code::FailedPrecondition, ErrorReason::OtherStore),
            E::NotReached { .. } => (Code::OutOfRange, ErrorReason::RevisionNotReached),
            E::Late { .. } => (Code::Unavailable, ErrorReason::RevisionNotReached),
            E::Unknown { .. } => (Code::Unavailable, ErrorReason::StoreUnavailable),
            E::Closed => (Code::Unavailable, ErrorReason::ShuttingDown),
        };
        let failure = Self::new(row, error.to_string());
        match error {
            E::NotReached { head, .. } | E::Late { head } => failure.with("head", *head),
            E::OtherStore { .. } | E::Unknown { .. } | E::Closed => failure,
        }
    }
}

impl From<&EditError> for Failure {
    fn from(error: &EditError) -> Self {
        use EditError as E;
        let row = match error {
            E::NotFound { .. } | E::NotMember { .. } => (Code::NotFound, ErrorReason::NotFound),
            E::UnknownAttribute { .. } => (Code::InvalidArgument, ErrorReason::UnknownAttribute),
            E::AlreadyExists { .. } | E::AlreadyMember { .. } => {
                (Code::AlreadyExists, ErrorReason::AlreadyExists)
            }
            E::StillReferenced { .. } => (Code::FailedPrecondition, ErrorReason::StillReferenced),
            E::Immutable { .. } => (Code::FailedPrecondition, ErrorReason::Immutable),
            E::LimitExceeded { .. } => (Code::InvalidArgument, ErrorReason::LimitExceeded),
            E::ObjectMoved { .. } => (Code::Aborted, ErrorReason::RevisionMismatch),
            E::Invalid { .. } => (Code::InvalidArgument, ErrorReason::InvalidField),
        };
        Self::new(row, error.to_string())
    }
}

impl From<&WriteError> for Failure {
    fn from(error: &WriteError) -> Self {
        use WriteError as E;
        let row = match error {
            E::Edit { step, source } => {
                let cause = Self::from(source);
                let failure = Self::new((cause.code, cause.reason), error.to_string());
                let failure = failure.with("change", u64::try_from(*step).unwrap_or(u64::MAX));
                return match source {
                    EditError::Invalid { field, .. } => failure.in_field(format!("changes[{step}].{field}")),
                    EditError::UnknownAttribute { .. } => failure.in_field(format!("changes[{step}]")),
                    _ => failure,
                };
            }
            E::RevisionMismatch { .. } => (Code::Aborted, ErrorReason::RevisionMismatch),
            E::OtherStore { .. } => (Code::FailedPrecondition, ErrorReason::OtherStore),
            E::KeyReused(_) => (Code::InvalidArgument, ErrorReason::IdempotencyKeyReused),
            E::TooManyChanges { .. } => (Code::InvalidArgument, ErrorReason::TooManyItems),
            E::Store(_) => (Code::Unavailable, ErrorReason::StoreUnavailable),
            E::Closed => (Code::Unavailable, ErrorReason::ShuttingDown),
            E::Internal => (Code::Internal, ErrorReason::Internal),
        };
        let failure = Self::new(row, error.to_string());
        match error {
            E::RevisionMismatch { head, .. } => failure.with("head", *head),
            E::KeyReused(_) => failure.in_field("options.idempotency_key"),
            E::TooManyChanges { .. } => failure.in_field("changes"),
            _ => failure,
        }
    }
}

impl From<&ServiceError> for Failure {
    fn from(error: &ServiceError) -> Self {
        use ServiceError as E;
        let (row, field) = match error {
            E::Check(error) => return error.into(),
            E::Freshness(error) => return error.into(),
            E::Write(error) => return error.into(),
            E::NotFound { .. } => ((Code::NotFound, ErrorReason::NotFound), None),
            E::BatchSize { found: 0, .. } => {
                ((Code::InvalidArgument, ErrorReason::MissingField), Some("items"))
            }
            E::BatchSize { .. } => ((Code::InvalidArgument, ErrorReason::TooManyItems), Some("items")),
            E::InvalidPageToken(_) => {
                ((Code::InvalidArgument, ErrorReason::InvalidField), Some("page.token"))
            }
            E::InvalidName { field, .. } => ((Code::InvalidArgument, ErrorReason::InvalidName), Some(*field)),
            E::InvalidCursor { field, .. } => {
                ((Code::InvalidArgument, ErrorReason::InvalidCursor), Some(*field))
            }
            E::FindingsMoved => ((Code::InvalidArgument, ErrorReason::InvalidCursor), Some("cursor")),
            E::History(error) => return error.into(),
            E::Store(_) => ((Code::Unavailable, ErrorReason::StoreUnavailable), None),
            E::NoConnection(_) => ((Code::FailedPrecondition, ErrorReason::NoConnection), Some("directory")),
            E::Overloaded | E::TooManySignIns | E::BackupUnderWay => {
                ((Code::ResourceExhausted, ErrorReason::Overloaded), None)
            }
            // Nobody is there to read it.
            E::Cancelled(_) => ((Code::Cancelled, ErrorReason::ShuttingDown), None),
            E::Hash | E::Internal => ((Code::Internal, ErrorReason::Internal), None),
        };
        let failure = Self::new(row, error.to_string());
        match field {
            Some(field) => failure.in_field(field),
            None => failure,
        }
    }
}

impl From<&WatchError> for Failure {
    fn from(error: &WatchError) -> Self {
        use WatchError as E;
        let row = match error {
            E::TooMany => (Code::ResourceExhausted, ErrorReason::Overloaded),
            E::TooSlow { .. } => (Code::ResourceExhausted, ErrorReason::ReaderTooSlow),
            E::Closed => (Code::Unavailable, ErrorReason::ShuttingDown),
            E::Service(error) => return error.into(),
        };
        Self::new(row, error.to_string())
    }
}

impl From<&HistoryError> for Failure {
    fn from(error: &HistoryError) -> Self {
        use HistoryError as E;
        let row = match error {
            E::NotRetained { .. } => (Code::OutOfRange, ErrorReason::RevisionNotRetained),
            E::NotReached { .. } => (Code::OutOfRange, ErrorReason::RevisionNotReached),
            E::Store(_) => (Code::Unavailable, ErrorReason::StoreUnavailable),
            E::Inconsistent(_) | E::Gap(_) => (Code::Internal, ErrorReason::Internal),
            E::Abandoned => (Code::Cancelled, ErrorReason::ShuttingDown),
        };
        let failure = Self::new(row, error.to_string());
        match error {
            E::NotRetained { oldest, .. } => failure.with("oldest", *oldest),
            E::NotReached { head, .. } => failure.with("head", *head),
            E::Store(_) | E::Inconsistent(_) | E::Gap(_) | E::Abandoned => failure,
        }
    }
}

macro_rules! status_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Status {
            fn from(error: $error) -> Self {
                Failure::from(&error).into()
            }
        }
    )*};
}

status_from!(Invalid, Refused, ServiceError, WatchError);
