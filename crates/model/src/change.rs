//! Changes: how one revision of a policy becomes the next.

use serde::{Deserialize, Serialize};

use super::object::{Object, ObjectKey};

/// What happened to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Created(Object),
    /// Before and after; both have the same key.
    Updated(Box<(Object, Object)>),
    Deleted(Object),
}

impl Change {
    /// Which object.
    pub fn key(&self) -> ObjectKey {
        match self {
            Self::Created(object) | Self::Deleted(object) => object.key(),
            Self::Updated(both) => both.0.key(),
        }
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Created(object) => Self::Deleted(object),
            Self::Updated(both) => {
                let (before, after) = *both;
                Self::Updated(Box::new((after, before)))
            }
            Self::Deleted(object) => Self::Created(object),
        }
    }

    /// The object as it was; none if it was created.
    pub fn before(&self) -> Option<&Object> {
        match self {
            Self::Created(_) => None,
            Self::Updated(both) => Some(&both.0),
            Self::Deleted(before) => Some(before),
        }
    }

    /// The object as it is now; none if it was deleted.
    pub fn after(&self) -> Option<&Object> {
        match self {
            Self::Created(after) => Some(after),
            Self::Updated(both) => Some(&both.1),
            Self::Deleted(_) => None,
        }
    }
}

/// Everything that one revision changed, in order. Applied whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// The revision that it makes: the one before it, plus one.
    pub revision: u64,
    /// When, in milliseconds since 1970-01-01 UTC by the writer's clock. Informative: order is by revision.
    pub at_ms: u64,
    /// Who asked for it.
    pub actor: Box<str>,
    pub idempotency: Option<Idempotency>,
    /// No two have the same key unless one comes after the other; applying them in order is well defined.
    pub changes: Vec<Change>,
}

/// How a repeated request is known again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    pub key: Box<str>,
    /// A hash of the request that the key came with.
    pub request: [u8; 32],
}
