//! Grants by id: everything that a decision doesn't need.

use super::{id_map::IdMap, principal_key::PrincipalKey};
use feedgate_model::{Effect, FeedGroupId, FeedId, Grant, GrantId, Scope, TaskId, id::MAX_ID};

/// Every grant, 24 bytes each; the few comments apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    rows: IdMap<Row>,
    comments: IdMap<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    principal: PrincipalKey,
    /// The task's id, and the effect in the lowest bit.
    task: u32,
    /// Two bits for the kind of scope, thirty for the id.
    scope: u32,
    revision: u64,
}

const ON_GROUP: u32 = 1 << 30;
const ON_ALL: u32 = 2 << 30;

impl Row {
    const fn of(grant: &Grant) -> Self {
        Self {
            principal: PrincipalKey::of(grant.principal),
            task: grant.task.0 << 1 | matches!(grant.effect, Effect::Restrict) as u32,
            scope: match grant.scope {
                Scope::Feed(id) => id.0 & MAX_ID,
                Scope::FeedGroup(id) => ON_GROUP | id.0 & MAX_ID,
                Scope::AllFeeds => ON_ALL,
            },
            revision: grant.revision,
        }
    }

    fn grant(self, id: u64, comment: Option<&str>) -> Grant {
        Grant {
            id: GrantId(id),
            effect: if self.task & 1 == 1 { Effect::Restrict } else { Effect::Permit },
            principal: self.principal.principal(),
            task: TaskId(self.task >> 1),
            scope: match self.scope {
                id if id < ON_GROUP => Scope::Feed(FeedId(id)),
                id if id < ON_ALL => Scope::FeedGroup(FeedGroupId(id & MAX_ID)),
                _ => Scope::AllFeeds,
            },
            comment: comment.map(Box::from),
            revision: self.revision,
        }
    }
}

impl Grants {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, id: GrantId) -> Option<Grant> {
        Some(self.rows.get(id.0)?.grant(id.0, self.comment(id.0)))
    }

    pub(super) fn contains(&self, id: GrantId) -> bool {
        self.rows.get(id.0).is_some()
    }

    fn comment(&self, id: u64) -> Option<&str> {
        self.comments.get(id).map(AsRef::as_ref)
    }

    pub(super) fn iter_from(&self, id: GrantId) -> impl Iterator<Item = Grant> + '_ {
        self.rows.iter_from(id.0).map(|(id, row)| row.grant(id, self.comment(id)))
    }

    pub(super) fn put(&mut self, grant: &Grant) {
        self.rows.insert(grant.id.0, Row::of(grant));
        match &grant.comment {
            Some(comment) => {
                self.comments.insert(grant.id.0, comment.clone());
            }
            None => {
                self.comments.remove(grant.id.0);
            }
        }
    }

    pub(super) fn remove(&mut self, id: GrantId) {
        self.rows.remove(id.0);
        self.comments.remove(id.0);
    }
}
