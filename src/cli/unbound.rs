//! Names of external directories that aren't bound to an id, and what follows from that.

use super::{
    output::{BAD, BOLD, DIM, paint, plain},
    words,
};
use crate::{
    grpc::pb::{self, PersonKind, UnboundReason},
    model::directory::BUILT_IN_NAME,
};

/// What `unbound` means, for the foot of a list.
const MEANING: &str = "unbound: the directory hasn't confirmed the name. A permission for it doesn't count; a \
                       restriction for it restricts only those whom the directory calls exactly so, and no user if \
                       there is none";

/// A principal as a list shows it, whose `external_id` says whether it is bound.
pub(super) fn is_unbound(directory: &str, external_id: &str) -> bool {
    !matches!(directory, "" | BUILT_IN_NAME) && external_id.is_empty()
}

/// A list, and below it what `unbound` means if the list has it.
pub(super) fn with_meaning(list: String, has_unbound: bool) -> String {
    if has_unbound { format!("{list}\n{}", paint(DIM, MEANING)) } else { list }
}

/// A line for each name that isn't bound and for each that was merged.
pub(super) fn lines(
    unbound: &[pb::UnboundPrincipal],
    total: u32,
    merged: &[pb::MergedPrincipal],
) -> Vec<String> {
    let mut lines: Vec<_> = unbound.iter().map(line).collect();
    let more = u64::from(total).saturating_sub(unbound.len() as u64);
    if more > 0 {
        lines.push(format!("{} more {} unbound", words::number(more), if more == 1 { "is" } else { "are" }));
    }
    lines.extend(merged.iter().map(merge));
    lines
}

/// `warning: group Bulid-Team (corp) is unbound: its directory has no group of that name; …`.
fn line(unbound: &pb::UnboundPrincipal) -> String {
    let pb::UnboundPrincipal { directory, name, detail, restrictions, restriction_ids, permissions, .. } =
        unbound;
    let kind = kind(unbound.kind());
    let why = match unbound.reason() {
        UnboundReason::NotFound => format!("its directory has no {kind} of that name"),
        UnboundReason::Ambiguous => format!("its directory has more than one {kind} of that name"),
        UnboundReason::Taken => "it is another name of a principal that the policy has".to_owned(),
        UnboundReason::NotAsked => format!("its directory wasn't asked yet: {}", plain(detail)),
        UnboundReason::Vanished => "its directory no longer has the id that it was bound to".to_owned(),
        UnboundReason::Unspecified => "for a reason that this client doesn't know".to_owned(),
    };
    let mut line =
        format!("{} {kind} {} is unbound: {why}", paint(BAD, "warning:"), words::named(directory, name));
    if *restrictions > 0 {
        let one = *restrictions == 1;
        let verb = match (unbound.reason(), one) {
            (UnboundReason::NotFound | UnboundReason::Vanished, true) => "restricts no user through it",
            (UnboundReason::NotFound | UnboundReason::Vanished, false) => "restrict no user through it",
            (UnboundReason::NotAsked, _) => "may restrict no user through it",
            (_, true) => "restricts only those of exactly that name",
            (_, false) => "restrict only those of exactly that name",
        };
        let count = words::count((*restrictions).into(), "restriction");
        line.push_str(&format!("; {count} ({}) {verb}", grants(restriction_ids, *restrictions)));
    }
    match permissions {
        0 => {}
        1 => line.push_str("; 1 permission doesn't count for it"),
        many => {
            line.push_str(&format!("; {} don't count for it", words::count((*many).into(), "permission")))
        }
    }
    line
}

/// `user jdoe@corp.example (corp) is the user jdoe, under which its grants are now`.
fn merge(merged: &pb::MergedPrincipal) -> String {
    let pb::MergedPrincipal { directory, name, into, coinciding_grant_ids, .. } = merged;
    let kind = kind(merged.kind());
    let mut line = format!(
        "{} {kind} {} is the {kind} {}: the two are one now, under the latter name",
        paint(BOLD, "note:"),
        words::named(directory, name),
        plain(into)
    );
    match coinciding_grant_ids.as_slice() {
        [] => {}
        [id] => {
            line.push_str(&format!("; grant {id} was there already, and the new one equal to it was dropped"))
        }
        ids => {
            let ids: Vec<_> = ids.iter().map(u64::to_string).collect();
            line.push_str(&format!(
                "; grants {} were there already, and the new ones equal to them were dropped",
                words::list(&ids)
            ));
        }
    }
    line
}

/// `grant 4`, `grants 4, 7 and 9`, `grants 1, 2, …`.
fn grants(ids: &[u64], all: u32) -> String {
    let noun = if all == 1 { "grant" } else { "grants" };
    let named: Vec<_> = ids.iter().map(u64::to_string).collect();
    if (all as usize) > named.len() {
        return format!("{noun} {}, …", named.join(", "));
    }
    format!("{noun} {}", words::list(&named))
}

fn kind(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::User => "user",
        PersonKind::Group => "group",
        PersonKind::Unspecified => "principal",
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn group(reason: UnboundReason) -> pb::UnboundPrincipal {
        pb::UnboundPrincipal {
            kind: PersonKind::Group.into(),
            directory: "corp".into(),
            name: "Bulid-Team".into(),
            reason: reason.into(),
            ..Default::default()
        }
    }

    #[test]
    fn each_name_says_why_it_is_unbound_and_what_follows() {
        let restricted = |reason, ids: &[u64], all| pb::UnboundPrincipal {
            restriction_ids: ids.to_vec(),
            restrictions: all,
            ..group(reason)
        };
        let not_asked = pb::UnboundPrincipal {
            detail: "connection refused".into(),
            ..restricted(UnboundReason::NotAsked, &[4], 1)
        };
        let permitted = pb::UnboundPrincipal { permissions: 2, ..group(UnboundReason::Vanished) };
        for (unbound, expected) in [
            (
                restricted(UnboundReason::NotFound, &[7], 1),
                "its directory has no group of that name; 1 restriction (grant 7) restricts no user through it",
            ),
            (
                restricted(UnboundReason::Ambiguous, &[7, 8], 3),
                "its directory has more than one group of that name; 3 restrictions (grants 7, 8, …) restrict \
                 only those of exactly that name",
            ),
            (
                not_asked,
                "its directory wasn't asked yet: connection refused; 1 restriction (grant 4) may restrict no \
                 user through it",
            ),
            (
                permitted,
                "its directory no longer has the id that it was bound to; 2 permissions don't count for it",
            ),
        ] {
            let line = strip_str(&line(&unbound)).to_string();
            assert_eq!(line, format!("warning: group Bulid-Team (corp) is unbound: {expected}"));
        }
    }

    #[test]
    fn merges_and_what_is_left_out_are_named() {
        let merged = |ids: &[u64]| pb::MergedPrincipal {
            kind: PersonKind::User.into(),
            directory: "corp".into(),
            name: "jdoe@corp.example".into(),
            into: "jdoe".into(),
            coinciding_grant_ids: ids.to_vec(),
        };
        let lines = lines(&[], 3, &[merged(&[]), merged(&[4])]);
        let lines: Vec<_> = lines.iter().map(|line| strip_str(line).to_string()).collect();
        let one = "note: user jdoe@corp.example (corp) is the user jdoe: the two are one now, under the latter name";
        let dropped = "; grant 4 was there already, and the new one equal to it was dropped";
        assert_eq!(lines, ["3 more are unbound".to_owned(), one.to_owned(), format!("{one}{dropped}")]);
    }
}
