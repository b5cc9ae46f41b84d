//! What is asked: may this user use this attribute on this feed?

use super::{Random, World};

#[derive(Clone, Copy)]
pub struct Question {
    pub user: u32,
    pub attribute: u32,
    pub feed: u32,
}

/// So many random ones, the same for every peer.
pub fn questions(world: &World, count: usize) -> impl Iterator<Item = Question> {
    let dimensions = &world.dimensions;
    let mut random = Random(31);
    std::iter::repeat_with(move || Question {
        user: random.below(dimensions.users),
        attribute: random.below(dimensions.attributes),
        feed: random.below(dimensions.feeds),
    })
    .take(count)
}
