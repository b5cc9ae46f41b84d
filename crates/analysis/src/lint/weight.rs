//! What is left of a grant behind those that come before it, whoever is in its group and whatever is asked.
//!
//! Somebody who is in the grant's group and in nothing else asks on the grant's own scope. Grants on narrower scopes
//! don't matter then, and nobody has fewer principals: what doesn't decide for them decides for nobody.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use feedgate_engine::{AttributeBits, Index, PrincipalKey, Principals};
use feedgate_model::{Effect, Grant, GrantId, GroupId, Principal, Scope, ScopePrecedence};

/// What a grant comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// The attributes that its task gives on its scope.
    pub(super) given: AttributeBits,
    /// Those for which it can decide something.
    pub(super) left: AttributeBits,
    /// The grants that come before it: the restrictions of the same principal and rank, then others.
    pub(super) contradicting: Vec<GrantId>,
    pub(super) before: Vec<GrantId>,
}

/// Weighs grants of one policy.
pub(super) struct Scales<'i> {
    index: &'i Index,
    /// By principal, everything that whoever is it is at least.
    least: HashMap<Principal, Vec<PrincipalKey>, FixedState>,
}

impl<'i> Scales<'i> {
    pub(super) fn new(index: &'i Index) -> Self {
        Self { index, least: HashMap::default() }
    }

    /// Weighs a grant.
    pub(super) fn weigh(&mut self, grant: &Grant) -> Weight {
        let index = self.index;
        let all = index.bits_of_task(grant.task);
        let given = if grant.scope == Scope::AllFeeds { all } else { all.and(index.scopable_bits()) };
        let mut weight = Weight { given, left: given, ..Weight::default() };
        let least = self.least.entry(grant.principal).or_insert_with(|| least(index, grant.principal));
        for scope in of_one_rank(index, grant.scope) {
            for principal in least.iter() {
                index.table(scope).visit(*principal, |found| {
                    let (effect, task, id) = (found.effect, found.task, found.id);
                    let stronger = effect == Effect::Restrict && grant.effect == Effect::Permit;
                    let earlier = effect == grant.effect && id < grant.id;
                    let taken = index.bits_of_task(task).and(given);
                    if taken.is_empty() || !(stronger || earlier) {
                        return;
                    }
                    weight.left = weight.left.without(taken);
                    if stronger && principal.principal() == grant.principal {
                        weight.contradicting.push(id);
                    } else {
                        weight.before.push(id);
                    }
                });
            }
        }
        weight
    }
}

/// The scopes whose grants are weighed as those on this one are.
fn of_one_rank(index: &Index, scope: Scope) -> impl Iterator<Item = Scope> {
    let group = match scope {
        Scope::Feed(feed) if index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual => {
            index.feed(feed).and_then(|feed| feed.group)
        }
        _ => None,
    };
    [scope].into_iter().chain(group.map(Scope::FeedGroup))
}

/// What somebody is at least who is this principal; of one rank with it.
fn least(index: &Index, principal: Principal) -> Vec<PrincipalKey> {
    let mut all: Vec<_> = match principal {
        Principal::User(_) | Principal::Everyone => vec![principal],
        Principal::Anonymous | Principal::Authenticated => vec![principal, Principal::Everyone],
        Principal::AuthenticatedBy(_) => vec![principal, Principal::Authenticated, Principal::Everyone],
        Principal::Group(group) => {
            // Not Authenticated by the group's directory: people of another one may be in it.
            let above = groups_above(index, group).into_iter().map(Principal::Group);
            above.chain([Principal::Authenticated, Principal::Everyone]).collect()
        }
    };
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(PrincipalKey::of).collect()
}

fn groups_above(index: &Index, group: GroupId) -> impl IntoIterator<Item = GroupId> {
    Principals::groups_of(index, &[group])
}
