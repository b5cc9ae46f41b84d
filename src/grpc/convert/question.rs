//! Who asks, about what, and how fresh the answer must be. Borrowed from the request: the way to a decision
//! copies nothing. Names are checked by the service, which has to fold them anyway.

use super::{
    invalid::{Invalid, under},
    revision::revision,
    text,
};
use crate::{
    grpc::pb,
    service::query::{Freshness, Identity, Patience, Question, Where, Who},
};

/// What a check asks.
pub fn check(request: &pb::CheckRequest) -> Result<(Question<'_>, Freshness), Invalid> {
    let pb::CheckRequest { subject, attribute, target, consistency } = request;
    let question = Question {
        who: who(subject.as_ref())?,
        attribute: self::attribute(attribute)?,
        target: self::target(target.as_ref())?,
    };
    Ok((question, freshness(consistency.as_ref())?))
}

/// What an explanation explains.
pub fn explain(request: &pb::ExplainRequest) -> Result<(Question<'_>, Freshness), Invalid> {
    let pb::ExplainRequest { subject, attribute, target, consistency } = request;
    let question = Question {
        who: who(subject.as_ref())?,
        attribute: self::attribute(attribute)?,
        target: self::target(target.as_ref())?,
    };
    Ok((question, freshness(consistency.as_ref())?))
}

/// Whose attributes are listed, and where.
pub fn effective(
    request: &pb::ListEffectiveAttributesRequest,
) -> Result<(Who<'_>, Where<'_>, Freshness), Invalid> {
    let pb::ListEffectiveAttributesRequest { subject, target, consistency } = request;
    Ok((who(subject.as_ref())?, self::target(target.as_ref())?, freshness(consistency.as_ref())?))
}

/// Who promotes from which feed to which.
pub fn promotion(request: &pb::CheckPromotionRequest) -> Result<(Who<'_>, &str, &str, Freshness), Invalid> {
    let pb::CheckPromotionRequest { subject, source_feed, target_feed, consistency } = request;
    let who = who(subject.as_ref())?;
    for (field, feed) in [("source_feed", source_feed), ("target_feed", target_feed)] {
        if feed.is_empty() {
            return Err(Invalid::missing(field));
        }
    }
    Ok((who, source_feed, target_feed, freshness(consistency.as_ref())?))
}

/// Who looks for feeds, and with which attribute.
pub fn lookup_feeds(request: &pb::LookupFeedsRequest) -> Result<(Who<'_>, &str, Freshness), Invalid> {
    let pb::LookupFeedsRequest { subject, attribute, consistency, cursor: _, limit: _ } = request;
    Ok((who(subject.as_ref())?, self::attribute(attribute)?, freshness(consistency.as_ref())?))
}

/// What principals are looked for, and where.
pub fn lookup_principals(
    request: &pb::LookupPrincipalsRequest,
) -> Result<(&str, Where<'_>, Freshness), Invalid> {
    let pb::LookupPrincipalsRequest { attribute, target, consistency, cursor: _, limit: _ } = request;
    let attribute = self::attribute(attribute)?;
    Ok((attribute, self::target(target.as_ref())?, freshness(consistency.as_ref())?))
}

/// An item of a batch, with the batch's defaults for what it leaves unset.
pub fn item<'a>(
    item: &'a pb::BatchCheckItem,
    default_subject: Option<&'a pb::Subject>,
    default_attribute: &'a str,
    default_target: Option<&'a pb::Target>,
) -> Result<Question<'a>, Invalid> {
    let pb::BatchCheckItem { subject, attribute, target, correlation_id } = item;
    text::within("correlation_id", correlation_id, text::MAX_KEY)?;
    Ok(Question {
        who: who(subject.as_ref().or(default_subject))?,
        attribute: self::attribute(if attribute.is_empty() { default_attribute } else { attribute })?,
        target: self::target(target.as_ref().or(default_target))?,
    })
}

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
fn attribute(attribute: &str) -> Result<&str, Invalid> {
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
            let revision = revision(*at_least).map_err(under("consistency.at_least"))?;
            Freshness::AtLeast(revision, Patience::default())
        }
        Some(Requirement::FullyConsistent(FullyConsistent {})) => {
            Freshness::FullyConsistent(Patience::default())
        }
    })
}
