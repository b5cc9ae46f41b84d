//! What a change does to whom.

use super::{invalid::Invalid, lookup, names::Names, written::count};
use crate::{
    analysis::{
        Person,
        access::{AttributeTotals, Block, Blocks, Direction},
    },
    grpc::pb,
    model::Principal,
    service::{
        access::{AccessAnswer, AccessGroup, AccessPage, AccessPart},
        cursor::{Cursor, Fingerprint},
    },
};

const DEFAULT_GROUPS: usize = 100;
const MAX_GROUPS: usize = 1000;

/// Which part of an answer is wanted.
pub fn page(page: &pb::AccessPage, request: Fingerprint) -> Result<AccessPage<'_>, Invalid> {
    let pb::AccessPage { limit, cursor } = page;
    let limit = match usize::try_from(*limit) {
        Ok(0) => DEFAULT_GROUPS,
        Ok(limit) if limit <= MAX_GROUPS => limit,
        _ => return Err(Invalid::value("page.limit", format!("{limit} is more than {MAX_GROUPS}"))),
    };
    Ok(AccessPage { cursor, limit, request })
}

/// A preview's request without its page.
pub fn preview_fingerprint(
    request: &mut pb::PreviewRequest,
    key: &[u8; 32],
) -> (Fingerprint, pb::AccessPage) {
    let (page, consistency) = (request.page.take().unwrap_or_default(), request.consistency.take());
    let fingerprint = lookup::fingerprint("Preview", request, key);
    request.consistency = consistency;
    (fingerprint, page)
}

/// A comparison's request without its page.
pub fn compare_fingerprint(
    request: &mut pb::CompareRequest,
    key: &[u8; 32],
) -> (Fingerprint, pb::AccessPage) {
    let page = request.page.take().unwrap_or_default();
    (lookup::fingerprint("Compare", request, key), page)
}

/// An answer in the parts that previews and comparisons have in common.
pub struct Parts {
    pub summary: pb::AccessSummary,
    pub groups: Option<pb::AccessGroups>,
    pub members: Option<pb::AccessMembers>,
}

/// An answer; `to` is left out in a preview, whose policy isn't there yet.
pub fn parts(answer: AccessAnswer, is_preview: bool) -> Parts {
    let AccessAnswer { before, after, totals, groups, changed_objects, part, incomplete } = answer;
    let Blocks { gained, lost, attributes, blocks: _ } = totals;
    let names = Names::or(&after, &before);
    let summary = pb::AccessSummary {
        from: Some(before.revision().into()),
        to: (!is_preview).then(|| after.revision().into()),
        gained,
        lost,
        attributes: attributes.iter().map(|it| attribute(it, &names)).collect(),
        groups: groups as u64,
        changed_objects: changed_objects as u64,
        incomplete_directories: incomplete.into_iter().map(Into::into).collect(),
    };
    let next_cursor = |next: Option<Cursor>| next.map(Cursor::text).unwrap_or_default();
    match part {
        AccessPart::Groups { groups, next } => {
            let groups = groups.into_iter().map(|it| group(it, &names)).collect();
            let groups = pb::AccessGroups { groups, next_cursor: next_cursor(next) };
            Parts { summary, groups: Some(groups), members: None }
        }
        AccessPart::Principals { persons, next } => {
            let principals = persons.into_iter().map(|it| person(it, &names)).collect();
            let members =
                pb::AccessMembers { principals, targets: Vec::new(), next_cursor: next_cursor(next) };
            Parts { summary, groups: None, members: Some(members) }
        }
        AccessPart::Targets { targets, next } => {
            let targets = targets.into_iter().filter_map(|it| names.target(it)).collect();
            let members =
                pb::AccessMembers { principals: Vec::new(), targets, next_cursor: next_cursor(next) };
            Parts { summary, groups: None, members: Some(members) }
        }
    }
}

fn attribute(totals: &AttributeTotals, names: &Names<'_>) -> pb::AttributeAccess {
    let AttributeTotals { attribute, gained, lost } = totals;
    pb::AttributeAccess {
        attribute: names.attribute(*attribute),
        gained: gained.accesses,
        lost: lost.accesses,
        people_gaining: gained.people,
        people_losing: lost.people,
        targets_gaining: gained.targets,
        targets_losing: lost.targets,
    }
}

fn group(group: AccessGroup, names: &Names<'_>) -> pb::AccessGroup {
    let AccessGroup { block, targets, first_persons, common, persons_cursor, targets_cursor } = group;
    let Block { direction, attributes, people, targets: first_targets } = block;
    let direction = match direction {
        Direction::Gained => pb::AccessDirection::Gained,
        Direction::Lost => pb::AccessDirection::Lost,
    };
    pb::AccessGroup {
        direction: direction.into(),
        attributes: attributes.into_iter().map(|id| names.attribute(id)).collect(),
        people: people.people,
        others: people.others,
        targets: count(targets).into(),
        common: common.map(|common| names.grantee(common.principal)),
        all_of_common: common.is_some_and(|common| common.all),
        first_principals: first_persons.into_iter().map(|it| person(it, names)).collect(),
        first_targets: first_targets.into_iter().filter_map(|it| names.target(it)).collect(),
        principals_cursor: persons_cursor.text(),
        targets_cursor: targets_cursor.text(),
    }
}

fn person(person: Person, names: &Names<'_>) -> pb::AccessPrincipal {
    use pb::access_principal::{Kind, Unknown};
    let principal = match person {
        Person::Unknown => {
            return pb::AccessPrincipal { kind: Some(Kind::Unknown(Unknown {})) };
        }
        Person::Anonymous => Principal::Anonymous,
        Person::SignedIn(directory) => Principal::AuthenticatedBy(directory),
        Person::Member { group, .. } => Principal::Group(group),
        Person::User { user, .. } => Principal::User(user),
    };
    pb::AccessPrincipal { kind: Some(Kind::Principal(names.grantee(principal))) }
}
