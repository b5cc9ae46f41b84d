//! Every attribute's decision for one subject and target, from one look at the grants.

use smallvec::SmallVec;

use super::{
    covering::{Covering, covering},
    decision::{Decision, PrincipalRank, Reason, Target},
    index::{Index, PrincipalKey},
    principals::{Principals, Standing},
};
use feedgate_model::{AttributeId, Effect, GrantId, Scope};

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
    let (grants, otherwise) = match (who.standing(), covering(index, target, true)) {
        (Standing::Disabled, _) => (SmallVec::new(), Reason::SubjectDisabled),
        (_, Err(reason)) => (SmallVec::new(), reason),
        (_, Ok(covering)) => (counting(index, who, &covering), Reason::NotGranted),
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
fn counting(index: &Index, who: &Principals, covering: &Covering<'_>) -> SmallVec<[Counting; 16]> {
    let mut all: SmallVec<[Counting; 16]> = SmallVec::new();
    for cover in covering {
        let mut look = |principals: &[PrincipalKey], rank, permissions: bool| {
            cover.grants.visit_each(principals, |found| {
                let permits = found.effect == Effect::Permit;
                if permissions || !permits {
                    let (mask, on_all) = (index.mask(found.task), cover.scope == Scope::AllFeeds);
                    all.push(Counting { rank: (rank, cover.level, permits, found.id), mask, on_all });
                }
            });
        };
        for (part, principals) in who.parts() {
            look(principals, part.rank(), part.permits());
        }
    }
    all.sort_unstable_by_key(|it| it.rank);
    all
}
