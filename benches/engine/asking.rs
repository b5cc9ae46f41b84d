//! Decisions by ids.

use std::hint::black_box;

use feedgate::{
    engine::{Demand, Index, Principals, Series, Target, decide},
    model::{AttributeId, FeedId},
};

use crate::world;

/// Attributes that can be scoped to a feed.
pub const ATTRIBUTES: usize = 10;

/// The decision on one of the attributes that can be scoped to a feed.
pub fn decided(index: &Index, who: &Principals, attribute: usize, target: Target) -> bool {
    let attribute = attribute_id(attribute);
    black_box(decide(index, who, Demand { attribute, target })).allowed()
}

/// On how many of these feeds an attribute is allowed.
pub fn allowed_on(index: &Index, who: &Principals, feeds: &[FeedId], number: usize) -> usize {
    feeds.iter().filter(|feed| decided(index, who, number % ATTRIBUTES, Target::Feed(**feed))).count()
}

/// The same, decided in series.
pub fn allowed_in_series(index: &Index, who: Principals, feeds: &[FeedId], number: usize) -> usize {
    let attribute = attribute_id(number % ATTRIBUTES);
    let mut series = Series::new(index, who);
    let mut allowed =
        |feed: &&FeedId| series.decide(Demand { attribute, target: Target::Feed(**feed) }).allowed();
    feeds.iter().filter(|feed| black_box(allowed(feed))).count()
}

fn attribute_id(number: usize) -> AttributeId {
    thread_local! {
        static IDS: Vec<AttributeId> = (0..ATTRIBUTES as u32).map(|n| world::attribute_of(n).id).collect();
    }
    IDS.with(|ids| ids[number])
}
