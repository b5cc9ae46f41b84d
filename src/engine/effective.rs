//! Every attribute's decision for one subject and target, from one look at the grants.

use smallvec::SmallVec;

use super::{
    decide::levels,
    decision::{Decision, PrincipalRank, Reason, Target},
    index::{Index, PrincipalKey},
    principals::{Principals, Standing},
};
use crate::model::{AttributeId, Effect, GrantId, Scope};

/// A grant that counts for the subject and covers the target.
struct Counting {
    rank: (PrincipalRank, usize, bool, GrantId),
    mask: u64,
    /// Whether it is on all feeds: only these give attributes of the system.
    on_all: bool,
}

/// The decision on each attribute of the catalogue, in its order. Each is what [`decide`](super::decide)
/// says.
pub fn effective(index: &Index, who: &Principals, target: Target) -> Vec<(AttributeId, Decision)> {
    let (grants, otherwise) = match (who.standing(), levels(index, target, true)) {
        (Standing::Disabled, _) => (SmallVec::new(), Reason::SubjectDisabled),
        (_, Err(reason)) => (SmallVec::new(), reason),
        (_, Ok(levels)) => (counting(index, who, &levels), Reason::NotGranted),
    };
    let reason = |bit: u32, feed_scopable: bool| {
        let first = grants.iter().find(|it| it.mask >> bit & 1 == 1 && (feed_scopable || it.on_all));
        match first.map(|it| it.rank) {
            None => otherwise,
            Some((_, _, true, id)) => Reason::Permitted(id),
            Some((_, _, false, id)) => Reason::Restricted(id),
        }
    };
    let decision = |id| {
        let (bit, feed_scopable) = index.bit(id)?;
        let reason = reason(bit, feed_scopable);
        let subject_unknown = who.standing() == Standing::Unknown;
        Some((id, Decision { reason, subject_unknown, feed_unknown: target == Target::UnknownFeed }))
    };
    index.attributes().filter_map(|attribute| decision(attribute.id)).collect()
}

/// All of them, in rank order.
fn counting(index: &Index, who: &Principals, levels: &super::decide::Levels) -> SmallVec<[Counting; 16]> {
    let mut found: SmallVec<[Counting; 16]> = SmallVec::new();
    let scopes =
        levels.iter().enumerate().flat_map(|(level, of)| of.iter().map(move |scope| (level, *scope)));
    for (level, scope) in scopes {
        let mut look = |principals: &[PrincipalKey], rank, permissions: bool| {
            index.table(scope).visit_each(principals, |effect, task, id| {
                let permits = effect == Effect::Permit;
                if permissions || !permits {
                    let (mask, on_all) = (index.mask(task), scope == Scope::AllFeeds);
                    found.push(Counting { rank: (rank, level, permits, id), mask, on_all });
                }
            });
        };
        for (rank, permissions, principals) in who.ranked() {
            look(principals, rank, permissions);
        }
    }
    found.sort_unstable_by_key(|it| it.rank);
    found
}
