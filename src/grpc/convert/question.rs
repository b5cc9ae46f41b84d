//! Who asks, about what, and how fresh the answer must be. Borrowed from the request: the way to a decision
//! copies nothing. Names are checked by the service, which has to fold them anyway.

use super::{
    invalid::{Invalid, under},
    revision::revision,
};
use crate::{
    grpc::pb,
    service::query::{Freshness, Identity, Where, Who},
};

/// A subject that must be set.
pub fn who(subject: Option<&pb::Subject>) -> Result<Who<'_>, Invalid> {
    let Some(pb::Subject { kind: Some(kind) }) = subject else {
        return Err(Invalid::missing("subject"));
    };
    match kind {
        pb::subject::Kind::Anonymous(pb::subject::Anonymous {}) => Ok(Who::Anonymous),
        pb::subject::Kind::User(user) => self::user(user).map_err(under("subject.user")),
    }
}

fn user(user: &pb::subject::User) -> Result<Who<'_>, Invalid> {
    let pb::subject::User { directory, identity } = user;
    let directory = (!directory.is_empty()).then_some(directory.as_str());
    let identity = match identity {
        None => return Err(Invalid::missing("name")),
        Some(pb::subject::user::Identity::Name(name)) => Identity::Name(name),
        Some(pb::subject::user::Identity::Id(_)) if directory.is_none() => {
            return Err(Invalid::missing("directory"));
        }
        Some(pb::subject::user::Identity::Id(id)) => Identity::Id(id),
    };
    Ok(Who::User { directory, identity })
}

/// A target that must be set.
pub fn target(target: Option<&pb::Target>) -> Result<Where<'_>, Invalid> {
    let Some(pb::Target { kind: Some(kind) }) = target else {
        return Err(Invalid::missing("target"));
    };
    Ok(match kind {
        pb::target::Kind::System(pb::target::System {}) => Where::System,
        pb::target::Kind::Feed(feed) => Where::Feed(feed),
        pb::target::Kind::FeedGroup(group) => Where::FeedGroup(group),
    })
}

/// An attribute that must be set.
pub fn attribute(attribute: &str) -> Result<&str, Invalid> {
    if attribute.is_empty() { Err(Invalid::missing("attribute")) } else { Ok(attribute) }
}

/// How fresh the policy must be; unset means the newest that is published.
pub fn freshness(consistency: Option<&pb::Consistency>) -> Result<Freshness, Invalid> {
    use pb::consistency::{FullyConsistent, MinimizeLatency, Requirement};
    let Some(pb::Consistency { requirement }) = consistency else {
        return Ok(Freshness::MinimizeLatency);
    };
    Ok(match requirement {
        None => return Err(Invalid::missing("consistency.requirement")),
        Some(Requirement::MinimizeLatency(MinimizeLatency {})) => Freshness::MinimizeLatency,
        Some(Requirement::AtLeast(at_least)) => {
            Freshness::AtLeast(revision(*at_least).map_err(under("consistency.at_least"))?)
        }
        Some(Requirement::FullyConsistent(FullyConsistent {})) => Freshness::FullyConsistent,
    })
}
