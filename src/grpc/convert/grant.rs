//! Grants: effects, scopes, and the rules that are made of them.

use prost_types::FieldMask;

use super::{
    invalid::{Invalid, under},
    mask::{Given, Mask},
    names::Names,
    principal, text,
};
use crate::{
    grpc::pb,
    model::{
        Effect, Grant,
        edit::{GrantSpec, ScopeRef},
    },
};

/// How a request finds a grant that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// Its natural key; an id is ignored.
    Key,
    /// Its id, if there is one.
    Id,
}

/// A grant is always said whole: effect, principal, task and scope are what it is, so that a mask can name
/// them but only its comment can change.
pub fn grant_spec(grant: pb::Grant, mask: &Mask<'_>, found_by: FoundBy) -> Result<GrantSpec, Invalid> {
    let pb::Grant { id, effect, principal, task, scope, comment, revision: _ } = grant;
    mask.only(&["effect", "principal", "task", "scope", "comment"])?;
    let id = (found_by == FoundBy::Id && id != 0).then_some(id);
    let principal = principal.ok_or_else(|| Invalid::missing("principal"))?;
    Ok(GrantSpec {
        id,
        effect: self::effect(effect)?,
        principal: principal::principal_ref(&principal).map_err(under("principal"))?,
        task: text::name("task", &task)?,
        scope: self::scope(scope.as_ref())?,
        comment: mask.take("comment", comment, text::text)?,
    })
}

/// An effect that must be set.
pub fn effect(number: i32) -> Result<Effect, Invalid> {
    match pb::Effect::try_from(number) {
        Ok(pb::Effect::Permit) => Ok(Effect::Permit),
        Ok(pb::Effect::Restrict) => Ok(Effect::Restrict),
        Ok(pb::Effect::Unspecified) => Err(Invalid::missing("effect")),
        Err(_) => Err(Invalid::unknown_enum("effect", number)),
    }
}

/// A scope that must be set.
pub fn scope(scope: Option<&pb::Scope>) -> Result<ScopeRef, Invalid> {
    use pb::scope::{AllFeeds, Kind};
    let Some(pb::Scope { kind: Some(kind) }) = scope else {
        return Err(Invalid::missing("scope"));
    };
    Ok(match kind {
        Kind::AllFeeds(AllFeeds {}) => ScopeRef::AllFeeds,
        Kind::Feed(feed) => ScopeRef::Feed(text::name("scope.feed", feed)?),
        Kind::FeedGroup(group) => ScopeRef::FeedGroup(text::name("scope.feed_group", group)?),
    })
}

impl From<Effect> for pb::Effect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Permit => Self::Permit,
            Effect::Restrict => Self::Restrict,
        }
    }
}

impl From<ScopeRef> for pb::Scope {
    fn from(scope: ScopeRef) -> Self {
        use pb::scope::{AllFeeds, Kind};
        let kind = match scope {
            ScopeRef::AllFeeds => Kind::AllFeeds(AllFeeds {}),
            ScopeRef::Feed(feed) => Kind::Feed(feed.into()),
            ScopeRef::FeedGroup(group) => Kind::FeedGroup(group.into()),
        };
        Self { kind: Some(kind) }
    }
}

pub fn grant_request(spec: GrantSpec) -> (pb::Grant, Option<FieldMask>) {
    let GrantSpec { id, effect, principal, task, scope, comment } = spec;
    let mut given = Given::default();
    let grant = pb::Grant {
        id: id.unwrap_or_default(),
        effect: given.take("effect", Some(pb::Effect::from(effect))).into(),
        principal: given.take("principal", Some(Some(principal.into()))),
        task: given.take("task", Some(task.into())),
        scope: given.take("scope", Some(Some(scope.into()))),
        comment: given.take("comment", comment.map(String::from)),
        revision: 0,
    };
    (grant, given.mask())
}

pub fn grant(grant: &Grant, names: &Names<'_>) -> pb::Grant {
    let Grant { id, effect, principal, task, scope, comment, revision } = grant;
    pb::Grant {
        id: id.0,
        effect: pb::Effect::from(*effect).into(),
        principal: Some(names.grantee(*principal)),
        task: names.task(*task),
        scope: Some(names.scope(*scope)),
        comment: comment.as_deref().unwrap_or_default().into(),
        revision: *revision,
    }
}
