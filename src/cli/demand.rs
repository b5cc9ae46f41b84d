//! Questions, as they go over the wire and as they are said.

use super::{
    args::question::{Place, Question, Who},
    output::{BAD, GOOD, paint, plain},
    words,
};
use crate::grpc::pb::{self, subject, target};

impl From<&Who> for pb::Subject {
    fn from(who: &Who) -> Self {
        let kind = match who {
            Who::Anonymous => subject::Kind::Anonymous(subject::Anonymous {}),
            Who::User { name, directory } => subject::Kind::User(subject::User {
                directory: directory.clone().unwrap_or_default(),
                identity: Some(subject::user::Identity::Name(name.clone())),
            }),
        };
        Self { kind: Some(kind) }
    }
}

impl From<&Place> for pb::Target {
    fn from(place: &Place) -> Self {
        let kind = match place {
            Place::System => target::Kind::System(target::System {}),
            Place::Feed(name) => target::Kind::Feed(name.clone()),
            Place::FeedGroup(name) => target::Kind::FeedGroup(name.clone()),
        };
        Self { kind: Some(kind) }
    }
}

impl From<&Question> for pb::CheckRequest {
    fn from(Question { who, attribute, place }: &Question) -> Self {
        Self {
            subject: Some(who.into()),
            attribute: attribute.clone(),
            target: Some(place.into()),
            consistency: None,
        }
    }
}

impl From<&Question> for pb::ExplainRequest {
    fn from(Question { who, attribute, place }: &Question) -> Self {
        Self {
            subject: Some(who.into()),
            attribute: attribute.clone(),
            target: Some(place.into()),
            consistency: None,
        }
    }
}

/// Who is meant: as the directory spells it, if the answer says so.
pub(super) fn who(who: &Who, resolved: Option<&pb::ResolvedUser>) -> String {
    match (who, resolved) {
        (Who::Anonymous, _) => "anonymous".to_owned(),
        (Who::User { .. }, Some(user)) => words::named(&user.directory, &user.name),
        (Who::User { name, directory }, None) => words::named(directory.as_deref().unwrap_or_default(), name),
    }
}

/// `the system`, `feed npm`.
pub(super) fn place(place: &Place) -> String {
    match place {
        Place::System => "the system".to_owned(),
        Place::Feed(name) => format!("feed {}", plain(name)),
        Place::FeedGroup(name) => format!("feed group {}", plain(name)),
    }
}

/// `denied: jDoe may not Feeds_DownloadPackage on feed unapproved-nuget`.
pub(super) fn verdict(question: &Question, allowed: bool, resolved: Option<&pb::ResolvedUser>) -> String {
    let (style, word, may) = if allowed { (GOOD, "allowed:", "may") } else { (BAD, "denied:", "may not") };
    format!(
        "{} {} {may} {} on {}",
        paint(style, word),
        who(&question.who, resolved),
        plain(&question.attribute),
        place(&question.place)
    )
}
