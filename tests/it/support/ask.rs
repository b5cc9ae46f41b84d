//! Questions, as messages.

use feedgate::grpc::pb::{self, consistency::Requirement, subject, target};
use tonic::{Code, Response, Status, Streaming};
use tonic_types::StatusExt as _;

pub fn user(name: &str) -> pb::Subject {
    let identity = Some(subject::user::Identity::Name(name.into()));
    let user = subject::User { directory: String::new(), identity };
    pb::Subject { kind: Some(subject::Kind::User(user)) }
}

pub fn anonymous() -> pb::Subject {
    pb::Subject { kind: Some(subject::Kind::Anonymous(subject::Anonymous {})) }
}

pub fn feed(name: &str) -> pb::Target {
    pb::Target { kind: Some(target::Kind::Feed(name.into())) }
}

pub fn system() -> pb::Target {
    pb::Target { kind: Some(target::Kind::System(target::System {})) }
}

pub fn check(subject: pb::Subject, attribute: &str, target: pb::Target) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: Some(subject),
        attribute: attribute.into(),
        target: Some(target),
        consistency: None,
    }
}

pub fn item(subject: pb::Subject, attribute: &str, target: pb::Target) -> pb::BatchCheckItem {
    pb::BatchCheckItem {
        subject: Some(subject),
        attribute: attribute.into(),
        target: Some(target),
        correlation_id: String::new(),
    }
}

pub fn batch(items: Vec<pb::BatchCheckItem>) -> pb::BatchCheckRequest {
    pb::BatchCheckRequest { items, ..Default::default() }
}

pub fn at_least(store: u64, number: u64) -> pb::Consistency {
    pb::Consistency { requirement: Some(Requirement::AtLeast(pb::Revision { store, number })) }
}

/// All messages of an answer, or the error that it ends with.
pub async fn all<M>(answer: Result<Response<Streaming<M>>, Status>) -> Result<Vec<M>, Status> {
    let mut stream = answer?.into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

/// The code of an error, and the reason that feedgate gave.
pub fn reason(status: &Status) -> (Code, String) {
    let info = status.get_details_error_info().filter(|info| info.domain == "feedgate");
    (status.code(), info.map(|info| info.reason).unwrap_or_default())
}
