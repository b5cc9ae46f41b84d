//! What was found.

use std::cmp::{Ordering, Reverse};

use super::{code::Code, suppress::Suppressed};
use feedgate_model::{AttributeId, Kind, ObjectKey};

/// One thing that is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: Code,
    /// What is the case, in one sentence.
    pub message: String,
    /// The objects concerned, those that it is mainly about first.
    pub objects: Vec<ObjectKey>,
    pub attributes: Vec<AttributeId>,
    /// How many users it is about, where it is about people.
    pub people: u64,
    /// How many feeds it is about, where it is about feeds.
    pub feeds: u64,
    pub suppressed: Option<Suppressed>,
}

impl Finding {
    /// About objects alone.
    pub(super) fn of(code: Code, message: String, objects: Vec<ObjectKey>) -> Self {
        let feeds = objects.iter().filter(|key| key.kind == Kind::Feed).count() as u64;
        Self { code, message, objects, attributes: Vec::new(), people: 0, feeds, suppressed: None }
    }

    /// The most severe first; total, so that a list can be cut and gone on with.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let rank = |it: &Self| (Reverse(it.code.severity()), it.code);
        rank(self)
            .cmp(&rank(other))
            .then_with(|| self.objects.cmp(&other.objects))
            .then_with(|| self.attributes.cmp(&other.attributes))
            .then_with(|| self.message.cmp(&other.message))
    }
}
