//! What just missed: permissions that would have allowed a demand but for one thing.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::{
    covering::{Covering, covering},
    decision::Demand,
    index::{Index, PrincipalKey},
    principals::Principals,
};
use feedgate_model::{Effect, FeedGroupId, FeedId, Grant, GrantId, Scope};

/// How many of a kind are named: the oldest ones.
const OF_A_KIND: usize = 3;

/// The one thing that a permission lacks to allow a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// It is for somebody else.
    Principal,
    /// It doesn't cover the target.
    Scope,
    /// Its task doesn't have the attribute.
    Attribute,
}

/// A permission that just missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    pub grant: Grant,
    pub lack: Lack,
}

/// The permissions that lack one thing to allow a demand: at most three of a kind, those for others first. May
/// look into every scope.
pub(super) fn near_misses(index: &Index, who: &Principals, demand: Demand) -> Vec<NearMiss> {
    let Some((bit, feed_scopable)) = index.bit(demand.attribute) else { return Vec::new() };
    let Ok(scopes) = covering(index, demand.target, feed_scopable) else { return Vec::new() };
    let own: HashSet<_, FixedState> = {
        let counting = who.parts().filter(|(part, _)| part.permits());
        counting.flat_map(|(_, principals)| principals).copied().collect()
    };
    let here = here(index, &scopes, &own, bit);
    let elsewhere = elsewhere(index, &scopes, &own, bit);
    let kinds = [
        (Lack::Principal, here.for_others),
        (Lack::Scope, elsewhere),
        (Lack::Attribute, here.without_attribute),
    ];
    let oldest = |(lack, mut ids): (Lack, Vec<GrantId>)| {
        ids.sort_unstable();
        ids.truncate(OF_A_KIND);
        ids.into_iter().map(move |id| (lack, id))
    };
    let named = kinds.into_iter().flat_map(oldest);
    named.filter_map(|(lack, id)| Some(NearMiss { grant: index.grant(id)?, lack })).collect()
}

#[derive(Default)]
struct Here {
    for_others: Vec<GrantId>,
    without_attribute: Vec<GrantId>,
}

/// The permissions that cover the target, and are for others or lack the attribute.
fn here(index: &Index, covering: &Covering<'_>, own: &HashSet<PrincipalKey, FixedState>, bit: u32) -> Here {
    let mut found = Here::default();
    for (entry, id) in covering.iter().flat_map(|cover| cover.grants.entries()) {
        let has_attribute = index.mask(entry.task) >> bit & 1 == 1;
        match (entry.effect, own.contains(&entry.principal), has_attribute) {
            (Effect::Permit, false, true) => found.for_others.push(id),
            (Effect::Permit, true, false) => found.without_attribute.push(id),
            _ => {}
        }
    }
    found
}

/// The permissions of the subject with the attribute on scopes that don't cover the target.
fn elsewhere(
    index: &Index,
    covering: &Covering<'_>,
    own: &HashSet<PrincipalKey, FixedState>,
    bit: u32,
) -> Vec<GrantId> {
    let principals: Vec<_> = own.iter().copied().collect();
    let groups = index.feed_groups_from(FeedGroupId(0)).map(|group| Scope::FeedGroup(group.id));
    let feeds = index.feeds_from(FeedId(0)).map(|feed| Scope::Feed(feed.id));
    let covers = |scope: &Scope| covering.iter().any(|cover| cover.scope == *scope);
    let mut all = Vec::new();
    for scope in groups.chain(feeds).filter(|scope| !covers(scope)) {
        index.table(scope).visit_each(&principals, |found| {
            if found.effect == Effect::Permit && index.mask(found.task) >> bit & 1 == 1 {
                all.push(found.id);
            }
        });
    }
    all
}
