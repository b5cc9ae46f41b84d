//! Questions as strings, and how the service puts them to the engine.

use std::hint::black_box;

use feedgate::{
    directory::{Connections, Identity, Lookup, Resolved, resolve},
    engine::{Demand, Index, Principals, Target, decide},
    model::{DirectoryId, NameKey},
};

use crate::world::{self, FIRST, Random, Size};

/// More questions than any cache holds the answers' memory of.
pub const MANY: usize = 1_000_000;

/// As strings, as a check has them.
pub struct Questions {
    users: Vec<String>,
    feeds: Vec<String>,
    attributes: Vec<String>,
    nobody_else: Connections,
}

impl Questions {
    pub fn new(size: Size, count: usize) -> Self {
        let mut random = Random(99);
        let mut names = |of: u32, name: fn(u32) -> String| {
            (0..count).map(|_| name(FIRST + random.below(of))).collect::<Vec<_>>()
        };
        let users = names(size.users, world::user_name);
        let feeds = names(size.feeds, world::feed_name);
        let attributes =
            (0..count).map(|_| world::attribute_of(random.below(10)).name.as_str().into()).collect();
        Self { users, feeds, attributes, nobody_else: Connections::none() }
    }

    /// What the service does for one check, without its protocol.
    pub fn ask(&self, index: &Index, n: usize) -> bool {
        let found = resolve(index, &self.nobody_else, None, Identity::Name(&self.users[n]));
        let Ok(Lookup { resolved: Resolved::BuiltIn(member), .. }) = found else { return false };
        let who = Principals::of_member(index, DirectoryId::BUILT_IN, member);
        let (Ok(feed), Some(attribute)) =
            (NameKey::new(&self.feeds[n]), index.attribute_named(&self.attributes[n]))
        else {
            return false;
        };
        let target = index.feed_id_named(&feed).map_or(Target::UnknownFeed, Target::Feed);
        black_box(decide(index, &who, Demand { attribute: attribute.id, target })).allowed()
    }
}
