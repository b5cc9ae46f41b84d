//! The whole table, row by row.

use std::sync::Arc;

use super::*;
use crate::{
    analysis::Cancelled,
    model::{Kind, NameError, StoreId},
    store::StoreError,
};

fn edit(source: EditError) -> ServiceError {
    WriteError::Edit { step: 3, source }.into()
}

/// One of every kind of error.
fn table() -> Vec<(ServiceError, Code, &'static str, Option<&'static str>)> {
    use Code::{
        Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, Unavailable,
    };
    let subject = |error: ResolveError| CheckError::from(error).into();
    let (kind, name) = (Kind::Feed, || String::from("f"));
    let (asked, own) = (StoreId(1), StoreId(2));
    vec![
        (CheckError::InvalidTarget(NameError::Empty).into(), InvalidArgument, "INVALID_NAME", Some("target")),
        (
            subject(ResolveError::InvalidId("x".into())),
            InvalidArgument,
            "INVALID_FIELD",
            Some("subject.user.id"),
        ),
        (
            CheckError::UnknownAttribute("x".into()).into(),
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
            Some("attribute"),
        ),
        (
            subject(ResolveError::Ambiguous { name: "x".into(), directories: vec!["a".into()] }),
            InvalidArgument,
            "SUBJECT_AMBIGUOUS",
            Some("subject.user.directory"),
        ),
        (
            subject(ResolveError::UnknownDirectory("x".into())),
            InvalidArgument,
            "UNKNOWN_DIRECTORY",
            Some("subject.user.directory"),
        ),
        (
            subject(ResolveError::DisabledDirectory("x".into())),
            InvalidArgument,
            "UNKNOWN_DIRECTORY",
            Some("subject.user.directory"),
        ),
        (
            subject(ResolveError::Unreachable { directory: "a".into(), name: "x".into(), cause: "y".into() }),
            Unavailable,
            "DIRECTORY_UNREACHABLE",
            None,
        ),
        (FreshnessError::OtherStore { asked, own }.into(), FailedPrecondition, "OTHER_STORE", None),
        (FreshnessError::NotReached { asked: 3, head: 2 }.into(), OutOfRange, "REVISION_NOT_REACHED", None),
        (FreshnessError::Late { head: 2 }.into(), Unavailable, "REVISION_NOT_REACHED", None),
        (FreshnessError::Unknown { why: name() }.into(), Unavailable, "STORE_UNAVAILABLE", None),
        (FreshnessError::Closed.into(), Unavailable, "SHUTTING_DOWN", None),
        (
            edit(EditError::NotFound { kind, name: name(), advice: String::new() }),
            NotFound,
            "NOT_FOUND",
            None,
        ),
        (
            // As the object of an edit, where the next row is one within a task.
            edit(EditError::NotFound { kind: Kind::Attribute, name: name(), advice: String::new() }),
            NotFound,
            "NOT_FOUND",
            None,
        ),
        (
            edit(EditError::UnknownAttribute { name: name(), advice: String::new() }),
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
            Some("changes[3]"),
        ),
        (
            edit(EditError::AlreadyExists { kind, name: name(), holder: name() }),
            AlreadyExists,
            "ALREADY_EXISTS",
            None,
        ),
        (
            edit(EditError::StillReferenced { kind, name: name(), by: vec![name()], more: 1 }),
            FailedPrecondition,
            "STILL_REFERENCED",
            None,
        ),
        (
            edit(EditError::Immutable { kind, name: name(), why: "it is" }),
            FailedPrecondition,
            "IMMUTABLE",
            None,
        ),
        (
            edit(EditError::LimitExceeded { what: "the catalogue", limit: 64 }),
            InvalidArgument,
            "LIMIT_EXCEEDED",
            None,
        ),
        (
            edit(EditError::ObjectMoved { kind, name: name(), expected: 1, actual: 2 }),
            Aborted,
            "REVISION_MISMATCH",
            None,
        ),
        (
            edit(EditError::Invalid { field: "url", why: name() }),
            InvalidArgument,
            "INVALID_FIELD",
            Some("changes[3].url"),
        ),
        (WriteError::RevisionMismatch { expected: 1, head: 2 }.into(), Aborted, "REVISION_MISMATCH", None),
        (WriteError::OtherStore { asked, own }.into(), FailedPrecondition, "OTHER_STORE", None),
        (
            WriteError::KeyReused(name()).into(),
            InvalidArgument,
            "IDEMPOTENCY_KEY_REUSED",
            Some("options.idempotency_key"),
        ),
        (
            WriteError::TooManyChanges { limit: 1, found: 2 }.into(),
            InvalidArgument,
            "TOO_MANY_ITEMS",
            Some("changes"),
        ),
        (WriteError::Store(Arc::new(StoreError::Closed)).into(), Unavailable, "STORE_UNAVAILABLE", None),
        (WriteError::Closed.into(), Unavailable, "SHUTTING_DOWN", None),
        (
            ServiceError::NotFound { kind: "feed", name: name(), advice: String::new() },
            NotFound,
            "NOT_FOUND",
            None,
        ),
        (
            ServiceError::BatchSize { limit: 10_000, found: 0 },
            InvalidArgument,
            "MISSING_FIELD",
            Some("items"),
        ),
        (
            ServiceError::BatchSize { limit: 10_000, found: 10_001 },
            InvalidArgument,
            "TOO_MANY_ITEMS",
            Some("items"),
        ),
        (ServiceError::InvalidPageToken(name()), InvalidArgument, "INVALID_FIELD", Some("page.token")),
        (
            ServiceError::InvalidName { field: "name_prefix", source: NameError::Empty },
            InvalidArgument,
            "INVALID_NAME",
            Some("name_prefix"),
        ),
        (
            ServiceError::InvalidCursor { field: "page.cursor", cursor: name() },
            InvalidArgument,
            "INVALID_CURSOR",
            Some("page.cursor"),
        ),
        (ServiceError::FindingsMoved, InvalidArgument, "INVALID_CURSOR", Some("cursor")),
        (HistoryError::NotRetained { asked: 1, oldest: 2 }.into(), OutOfRange, "REVISION_NOT_RETAINED", None),
        (HistoryError::NotReached { asked: 3, head: 2 }.into(), OutOfRange, "REVISION_NOT_REACHED", None),
        (HistoryError::Store(StoreError::Closed).into(), Unavailable, "STORE_UNAVAILABLE", None),
        (HistoryError::Gap(1).into(), Code::Internal, "INTERNAL", None),
        (StoreError::Closed.into(), Unavailable, "STORE_UNAVAILABLE", None),
        (ServiceError::Overloaded, Code::ResourceExhausted, "OVERLOADED", None),
        (Cancelled.into(), Code::Cancelled, "SHUTTING_DOWN", None),
        (WriteError::Internal.into(), Code::Internal, "INTERNAL", None),
        (ServiceError::Internal, Code::Internal, "INTERNAL", None),
        (ServiceError::Hash, Code::Internal, "INTERNAL", None),
    ]
}

#[test]
fn every_error_has_its_code_and_reason() {
    for (error, code, reason, field) in table() {
        let status = Status::from(error);
        assert_eq!(status.code(), code, "{status:?}");
        let detail = rpc::Status::decode(status.details()).unwrap();
        assert_eq!((detail.code, detail.message.as_str()), (code.into(), status.message()));
        let info = rpc::ErrorInfo::decode(detail.details[0].value.as_slice()).unwrap();
        assert_eq!((info.domain.as_str(), info.reason.as_str()), ("feedgate", reason), "{status:?}");
        let found = detail.details.get(1).map(|detail| {
            let request = rpc::BadRequest::decode(detail.value.as_slice()).unwrap();
            request.field_violations[0].field.clone()
        });
        assert_eq!(found.as_deref(), field, "{status:?}");
    }
}

#[test]
fn a_client_reads_the_details() {
    use tonic_types::StatusExt as _;
    let status = Status::from(ServiceError::from(FreshnessError::NotReached { asked: 3, head: 2 }));
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["head"].as_str()), ("REVISION_NOT_REACHED", "2"));
    let status = Status::from(ServiceError::from(HistoryError::NotRetained { asked: 1, oldest: 2 }));
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["oldest"].as_str()), ("REVISION_NOT_RETAINED", "2"));
    let status = Status::from(Invalid::missing("subject"));
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!((violations[0].field.as_str(), violations[0].reason.as_str()), ("subject", "MISSING_FIELD"));
}

#[test]
fn what_a_caller_sent_is_cut() {
    let error = CheckError::UnknownAttribute("ä".repeat(100_000).into());
    let status = Status::from(ServiceError::from(error));
    assert!(status.message().len() <= MAX_MESSAGE + '…'.len_utf8());
    assert!(status.details().len() < 4 * MAX_MESSAGE);
}

#[test]
fn refusals_have_their_reasons() {
    for (refused, reason) in
        [(Refused::TokenMissing, "TOKEN_MISSING"), (Refused::TokenInvalid, "TOKEN_INVALID")]
    {
        let failure = Failure::from(&refused);
        assert_eq!((failure.code, reason_name(failure.reason)), (Code::Unauthenticated, reason));
    }
}
