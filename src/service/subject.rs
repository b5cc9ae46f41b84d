//! From a question's words to what the engine takes.

use std::sync::Arc;

use super::{
    error::CheckError,
    query::{Identity, ResolvedUser, Where, Who},
};
use crate::{
    directory::{Resolved, resolve},
    engine::{Demand, Index, Principals, Target},
    model::{AttributeId, NameKey, User},
};

/// A subject under one index.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) principals: Principals,
    /// The user, if it is a known one.
    pub(super) user: Option<Arc<User>>,
    /// Whether the question gave an id, and so needs no echo of it.
    by_id: bool,
}

impl Subject {
    pub(super) fn resolve(index: &Index, who: Who<'_>) -> Result<Self, CheckError> {
        let Who::User { directory, identity } = who else {
            return Ok(Self { principals: Principals::anonymous(), user: None, by_id: false });
        };
        let by_id = matches!(identity, Identity::Id(_));
        Ok(match resolve(index, directory, identity)? {
            Resolved::Known(user) => {
                Self { principals: Principals::of_user(index, &user), user: Some(user), by_id }
            }
            Resolved::Unknown => Self { principals: Principals::unknown(index), user: None, by_id },
        })
    }

    /// Whom the name meant, for the answer to say.
    pub(super) fn echo(&self, index: &Index) -> Option<ResolvedUser> {
        let user = self.user.as_ref().filter(|_| !self.by_id)?;
        let directory = index.directory(user.directory)?;
        Some(ResolvedUser {
            directory: directory.name.as_str().into(),
            id: user.id.to_string().into(),
            name: user.name.as_str().into(),
        })
    }
}

pub(super) fn attribute(index: &Index, name: &str) -> Result<AttributeId, CheckError> {
    let unknown =
        || CheckError::UnknownAttribute(name.chars().flat_map(char::escape_debug).take(80).collect());
    index.attribute_named(name).map(|attribute| attribute.id).ok_or_else(unknown)
}

/// A feed or feed group that isn't there is an answer, not an error.
pub(super) fn target(index: &Index, target: Where<'_>) -> Result<Target, CheckError> {
    let key = |name| NameKey::new(name).map_err(CheckError::InvalidTarget);
    Ok(match target {
        Where::System => Target::System,
        Where::Feed(name) => {
            index.feed_named(&key(name)?).map_or(Target::UnknownFeed, |feed| Target::Feed(feed.id))
        }
        Where::FeedGroup(name) => index
            .feed_group_named(&key(name)?)
            .map_or(Target::UnknownFeedGroup, |group| Target::FeedGroup(group.id)),
    })
}

pub(super) fn demand(index: &Index, name: &str, place: Where<'_>) -> Result<Demand, CheckError> {
    Ok(Demand { attribute: attribute(index, name)?, target: target(index, place)? })
}
