//! Everything that bears on a decision, in the order in which it is weighed.

use std::collections::HashMap;

use super::{
    covering::{Cover, covering},
    decide::decide,
    decision::{Decision, Demand, PrincipalRank, Reason, ScopeRank},
    index::{Index, PrincipalKey},
    nearby::{NearMiss, near_misses},
    principals::Principals,
};
use feedgate_model::{Effect, Grant, GrantId, GroupId, Principal, Scope};

/// A decision with everything that bore on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub decision: Decision,
    /// In rank order; those that don't count come last.
    pub candidates: Vec<Candidate>,
    /// Why the deciding grant won; none if no grant decided.
    pub rule: Option<Rule>,
    /// For a denial that no grant decided.
    pub near_misses: Vec<NearMiss>,
}

/// The rules by which grants are ordered: which of them made the deciding grant win over the first one of the
/// other effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// None was needed: there is no grant of the other effect.
    Unopposed,
    /// A user beats groups and virtual principals.
    Principal(GrantId),
    /// The narrower scope wins.
    Scope(GrantId),
    /// A restriction wins a tie.
    Effect(GrantId),
}

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

/// The decision on a demand and every grant that matches it. `direct` are the groups that contain the subject
/// directly. For a denial without a grant it may look into every scope.
pub fn explain(index: &Index, who: &Principals, direct: &[GroupId], demand: Demand) -> Explained {
    let decision = decide(index, who, demand);
    let ranked = candidates(index, who, direct, demand, decision);
    let near_misses = match decision.reason {
        Reason::NotGranted => near_misses(index, who, demand),
        _ => Vec::new(),
    };
    let rule = rule(&ranked);
    let candidates = ranked.into_iter().map(|(_, candidate)| candidate).collect();
    Explained { decision, candidates, rule, near_misses }
}

/// What made the first candidate win.
fn rule(ranked: &[(usize, Candidate)]) -> Option<Rule> {
    let (level, winner) = ranked.iter().find(|(_, candidate)| candidate.decides)?;
    let rival = |(_, other): &&(usize, Candidate)| other.counts && other.grant.effect != winner.grant.effect;
    let Some((other_level, loser)) = ranked.iter().find(rival) else { return Some(Rule::Unopposed) };
    let over = loser.grant.id;
    Some(if winner.principal_rank != loser.principal_rank {
        Rule::Principal(over)
    } else if level != other_level {
        Rule::Scope(over)
    } else {
        Rule::Effect(over)
    })
}

/// Every grant that matches a demand, with its level, in rank order.
fn candidates(
    index: &Index,
    who: &Principals,
    direct: &[GroupId],
    demand: Demand,
    decision: Decision,
) -> Vec<(usize, Candidate)> {
    let Some((bit, feed_scopable)) = index.bit(demand.attribute) else { return Vec::new() };
    let covering = covering(index, demand.target, feed_scopable).unwrap_or_default();
    let paths = paths(index, direct);

    let mut ranked = Vec::new();
    for cover in &covering {
        for (part, principals) in who.parts() {
            for principal in principals {
                for grant in matching(index, bit, cover, *principal) {
                    let candidate = Candidate {
                        principal_rank: part.rank(),
                        scope_rank: rank_of(cover.scope),
                        path: path_to(&paths, grant.principal),
                        counts: part.permits() || grant.effect == Effect::Restrict,
                        decides: decision.grant() == Some(grant.id),
                        grant,
                    };
                    ranked.push((cover.level, candidate));
                }
            }
        }
    }
    ranked.sort_by_key(|(level, candidate)| {
        let restriction_first = candidate.grant.effect != Effect::Restrict;
        (!candidate.counts, candidate.principal_rank, *level, restriction_first, candidate.grant.id)
    });
    ranked
}

fn matching(index: &Index, bit: u32, cover: &Cover<'_>, principal: PrincipalKey) -> Vec<Grant> {
    let mut ids = Vec::new();
    cover.grants.visit(principal, |found| {
        if index.mask(found.task) >> bit & 1 == 1 {
            ids.push(found.id);
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

/// For each group that contains a subject, the group below it on a shortest way; none for the direct ones.
fn paths(index: &Index, direct: &[GroupId]) -> HashMap<GroupId, Option<GroupId>> {
    let mut below: HashMap<_, _> = direct.iter().map(|group| (*group, None)).collect();
    let mut queue = direct.to_vec();
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
