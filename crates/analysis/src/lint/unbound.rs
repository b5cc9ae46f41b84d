//! Grants for principals of external directories that aren't bound to an id there.

use super::{
    super::words::Words,
    circumstances::{Circumstances, UnboundPrincipal, UnboundReason},
    code::Code,
    finding::Finding,
};
use feedgate_engine::Index;
use feedgate_model::{GrantId, Kind, ObjectKey, Principal};

/// One finding for the restrictions of each principal, one for its permissions.
pub(super) fn find(index: &Index, circumstances: &Circumstances, findings: &mut Vec<Finding>) {
    for unbound in &circumstances.unbound {
        let UnboundPrincipal { principal, why, restrictions, permissions } = unbound;
        let Some((key, kind)) = key(*principal) else { continue };
        let why = match why {
            UnboundReason::NotFound => format!("its directory has no {kind} of that name"),
            UnboundReason::Ambiguous => format!("its directory has more than one {kind} of that name"),
            UnboundReason::Vanished => "its directory no longer has the id that it was bound to".to_owned(),
            UnboundReason::Taken => "it is another name of a principal that the policy has".to_owned(),
        };
        let nothing = matches!(unbound.why, UnboundReason::NotFound | UnboundReason::Vanished);
        let name = Words(index).principal(*principal);
        let mut add = |code, grants: &[GrantId], one: &str, many: &str| {
            let (count, rest) = match grants.len() {
                0 => return,
                1 => ("1".to_owned(), one),
                more => (more.to_string(), many),
            };
            let message = format!("{name} is unbound: {why}, so {count} {rest}");
            let grants = grants.iter().map(|grant| ObjectKey { kind: Kind::Grant, id: grant.0 });
            let objects = std::iter::once(key).chain(grants).collect();
            findings.push(Finding::of(code, message, objects));
        };
        let (one, many) = if nothing {
            ("restriction restricts no user through it", "restrictions restrict no user through it")
        } else {
            (
                "restriction restricts only those of exactly that name",
                "restrictions restrict only those of exactly that name",
            )
        };
        add(Code::UnboundRestriction, restrictions, one, many);
        let (one, many) = ("permission doesn't count for it", "permissions don't count for it");
        add(Code::UnboundPermission, permissions, one, many);
    }
}

fn key(principal: Principal) -> Option<(ObjectKey, &'static str)> {
    match principal {
        Principal::User(id) => Some((ObjectKey { kind: Kind::User, id: id.0.into() }, "user")),
        Principal::Group(id) => Some((ObjectKey { kind: Kind::Group, id: id.0.into() }, "group")),
        _ => None,
    }
}
