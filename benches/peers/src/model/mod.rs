//! One synthetic policy in three sizes, the same every time, and how each peer takes it.
//!
//! Users are in groups, feeds in one feed group each. Of the grants 95 in 100 are to groups and the rest to users, and
//! one in ten restricts.

pub mod cerbos;
pub mod feedgate;
pub mod names;
mod questions;
mod random;
mod rules;
mod size;

use std::collections::HashSet;

pub use questions::{Question, questions};
pub use random::Random;
pub use rules::Rules;
pub use size::Size;

use self::size::Dimensions;

/// A policy. Everything is known by its number; [`names`] has what it is called.
pub struct World {
    pub size: Size,
    pub dimensions: Dimensions,
    /// The attributes of each task, by their places in [`names::ATTRIBUTES`].
    pub tasks: Vec<Vec<u32>>,
    /// The groups that each user is in.
    pub members: Vec<Vec<u32>>,
    /// The feed group that each feed is in.
    pub feed_groups: Vec<u32>,
    pub grants: Vec<Grant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grant {
    pub restrict: bool,
    pub to: Principal,
    pub task: u32,
    pub scope: Scope,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    User(u32),
    Group(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Feed(u32),
    FeedGroup(u32),
    AllFeeds,
}

impl World {
    pub fn new(size: Size) -> Self {
        let dimensions = size.dimensions();
        let mut random = Random(0x0FEE_D6A7);
        let tasks = tasks(&mut random, &dimensions);
        let members = (0..dimensions.users).map(|_| some_groups(&mut random, &dimensions)).collect();
        let feed_groups = (0..dimensions.feeds).map(|_| random.below(dimensions.feed_groups)).collect();
        let grants = grants(&mut random, &dimensions);
        Self { size, dimensions, tasks, members, feed_groups, grants }
    }
}

/// As many tasks as attributes have one each; where there are more, one to four attributes drawn by lot.
fn tasks(random: &mut Random, dimensions: &Dimensions) -> Vec<Vec<u32>> {
    let attributes = dimensions.attributes;
    if dimensions.tasks == attributes {
        return (0..attributes).map(|attribute| vec![attribute]).collect();
    }
    let one_to_four = |random: &mut Random| {
        let most = random.below(4);
        without_repetition((0..=most).map(|_| random.below(attributes)).collect())
    };
    (0..dimensions.tasks).map(|_| one_to_four(random)).collect()
}

fn some_groups(random: &mut Random, dimensions: &Dimensions) -> Vec<u32> {
    without_repetition((0..dimensions.groups_of_a_user).map(|_| random.below(dimensions.groups)).collect())
}

fn without_repetition(mut numbers: Vec<u32>) -> Vec<u32> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn grants(random: &mut Random, dimensions: &Dimensions) -> Vec<Grant> {
    let mut seen = HashSet::with_capacity(dimensions.grants as usize);
    let mut grants = Vec::with_capacity(dimensions.grants as usize);
    let mut on_all_feeds = 0;
    while grants.len() < dimensions.grants as usize {
        let grant = grant(random, dimensions, on_all_feeds);
        if seen.insert(grant) {
            on_all_feeds += u32::from(grant.scope == Scope::AllFeeds);
            grants.push(grant);
        }
    }
    grants
}

fn grant(random: &mut Random, dimensions: &Dimensions, on_all_feeds: u32) -> Grant {
    let to = if random.below(100) < 95 {
        Principal::Group(random.below(dimensions.groups))
    } else {
        Principal::User(random.below(dimensions.users))
    };
    let lot = random.below(1000);
    let (all, groups) = dimensions.per_mille_on_all_feeds_and_groups;
    let scope = if lot < all && on_all_feeds < dimensions.most_on_all_feeds {
        Scope::AllFeeds
    } else if lot < all + groups {
        Scope::FeedGroup(random.below(dimensions.feed_groups))
    } else {
        Scope::Feed(random.below(dimensions.feeds))
    };
    Grant { restrict: random.below(10) == 0, to, task: random.below(dimensions.tasks), scope }
}
