//! Everything that bears on a decision, in the order in which it is weighed.

use std::collections::HashMap;

use super::{
    decide::{decide, levels},
    decision::{Decision, Demand, PrincipalRank, ScopeRank},
    index::{Index, PrincipalKey},
    principals::Principals,
};
use crate::model::{Effect, Grant, GroupId, Principal, Scope, User};

/// A grant that matches the subject, the attribute and the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub grant: Grant,
    pub principal_rank: PrincipalRank,
    pub scope_rank: ScopeRank,
    /// From the group that contains the user directly to the one that the grant names; empty when the grant
    /// names the user or a virtual principal.
    pub path: Vec<GroupId>,
    /// False for a permission that doesn't count because the subject is unknown.
    pub counts: bool,
    pub decides: bool,
}

/// The decision on a demand and every grant that matches it, in rank order. `user` is the subject, if it is
/// a known one.
pub fn explain(
    index: &Index,
    who: &Principals,
    user: Option<&User>,
    demand: Demand,
) -> (Decision, Vec<Candidate>) {
    let decision = decide(index, who, demand);
    let Some((bit, feed_scopable)) = index.bit(demand.attribute) else { return (decision, Vec::new()) };
    let levels = levels(index, demand.target, feed_scopable).unwrap_or_default();
    let paths = user.map(|user| paths(index, user)).unwrap_or_default();

    let mut ranked = Vec::new();
    for (level, scope) in
        levels.iter().enumerate().flat_map(|(level, scopes)| scopes.iter().map(move |s| (level, *s)))
    {
        let ranks = [
            (PrincipalRank::User, true, who.user.as_slice()),
            (PrincipalRank::Group, true, who.others.as_slice()),
            (PrincipalRank::Group, false, who.restricting.as_slice()),
        ];
        for (principal_rank, permits, principals) in ranks {
            for principal in principals {
                for grant in matching(index, bit, scope, *principal) {
                    let candidate = Candidate {
                        principal_rank,
                        scope_rank: rank_of(scope),
                        path: path_to(&paths, grant.principal),
                        counts: permits || grant.effect == Effect::Restrict,
                        decides: decision.grant() == Some(grant.id),
                        grant,
                    };
                    ranked.push((level, candidate));
                }
            }
        }
    }
    ranked.sort_by_key(|(level, candidate)| {
        let restriction_first = candidate.grant.effect != Effect::Restrict;
        (!candidate.counts, candidate.principal_rank, *level, restriction_first, candidate.grant.id)
    });
    (decision, ranked.into_iter().map(|(_, candidate)| candidate).collect())
}

fn matching(index: &Index, bit: u32, scope: Scope, principal: PrincipalKey) -> Vec<Grant> {
    let mut ids = Vec::new();
    index.table(scope).visit(principal, |_, task, id| {
        if index.mask(task) >> bit & 1 == 1 {
            ids.push(id);
        }
    });
    ids.into_iter().filter_map(|id| index.grant(id)).collect()
}

const fn rank_of(scope: Scope) -> ScopeRank {
    match scope {
        Scope::Feed(_) => ScopeRank::Feed,
        Scope::FeedGroup(_) => ScopeRank::FeedGroup,
        Scope::AllFeeds => ScopeRank::AllFeeds,
    }
}

/// For each group that contains a user, the group below it on a shortest way; none for the direct ones.
fn paths(index: &Index, user: &User) -> HashMap<GroupId, Option<GroupId>> {
    let mut below: HashMap<_, _> = user.groups.iter().map(|group| (*group, None)).collect();
    let mut queue = user.groups.clone();
    let mut next = 0;
    while let Some(group) = queue.get(next).copied() {
        next += 1;
        for above in index.nested(group).iter().flat_map(|nested| &nested.groups) {
            below.entry(*above).or_insert_with(|| {
                queue.push(*above);
                Some(group)
            });
        }
    }
    below
}

fn path_to(below: &HashMap<GroupId, Option<GroupId>>, principal: Principal) -> Vec<GroupId> {
    let Principal::Group(group) = principal else { return Vec::new() };
    let mut path: Vec<_> =
        std::iter::successors(Some(group), |group| below.get(group).copied().flatten()).collect();
    path.reverse();
    path
}
