//! Whose access changes, for people: the sum, a line an attribute, then the groups as sentences.

use super::{Access, sentence};
use crate::{
    cli::{
        output::{self, BAD, BOLD, DIM, GOOD, paint},
        table::Table,
        words::{self, count},
    },
    grpc::pb::{self, AccessDirection},
};

pub(super) fn render(access: &Access) -> String {
    let Access { summary, groups, members } = access;
    let mut lines: Vec<_> = summary.iter().map(heading).collect();
    if let Some(members) = members {
        lines.extend(self::members(members));
        return lines.join("\n");
    }
    let unsaid = pb::AccessSummary::default();
    let summary = summary.as_ref().unwrap_or(&unsaid);
    if !summary.attributes.is_empty() {
        lines.push(attributes(&summary.attributes));
        lines.extend(beside_people(summary));
    }
    if !groups.groups.is_empty() {
        lines.push(String::new());
    }
    for group in &groups.groups {
        let (style, mark) = match group.direction() {
            AccessDirection::Gained => (GOOD, "+"),
            AccessDirection::Lost => (BAD, "-"),
            AccessDirection::Unspecified => (BOLD, "?"),
        };
        let sentence = output::wrap(&sentence::group(group), 2);
        lines.push(format!("{} {}", paint(style, mark), sentence.trim_start()));
        lines.extend(cursors(group));
    }
    if !groups.next_cursor.is_empty() {
        lines.push(paint(
            DIM,
            format!(
                "{} in all: more with --groups, or from here on with --members {}",
                count(summary.groups, "group"),
                groups.next_cursor
            ),
        ));
    }
    if !summary.incomplete_directories.is_empty() {
        lines.push(format!(
            "people of {} count only where the policy names them",
            words::list(&summary.incomplete_directories)
        ));
    }
    lines.join("\n")
}

/// What changes in all.
fn heading(summary: &pb::AccessSummary) -> String {
    let number = |revision: Option<pb::Revision>| revision.unwrap_or_default().number;
    let from = number(summary.from);
    let what = match (summary.gained, summary.lost) {
        (0, 0) => "nobody's access changes".to_owned(),
        (gained, 0) => format!("{} gained, none lost", count(gained, "access")),
        (0, lost) => format!("{} lost, none gained", count(lost, "access")),
        (gained, lost) => format!("{} gained, {} lost", count(gained, "access"), count(lost, "access")),
    };
    let objects = count(summary.changed_objects, "object");
    match summary.to {
        Some(to) => {
            let what = paint(BOLD, format!("from revision {from} to {}: {what}", to.number));
            format!("{what} ({objects} changed)")
        }
        None => {
            let what = paint(BOLD, format!("preview, nothing was changed: {what}"));
            format!("{what} ({objects} would change; now at revision {from})")
        }
    }
}

fn attributes(attributes: &[pb::AttributeAccess]) -> String {
    let mut table = Table::new(["ATTRIBUTE", "GAINED", "", "LOST", ""]);
    for attribute in attributes {
        let by = |accesses: u64, people: u64, targets: u64| match accesses {
            0 => (String::new(), String::new()),
            _ => (
                words::number(accesses),
                format!("by {} in {}", count(people, "person"), count(targets, "place")),
            ),
        };
        let gained = by(attribute.gained, attribute.people_gaining, attribute.targets_gaining);
        let lost = by(attribute.lost, attribute.people_losing, attribute.targets_losing);
        table.row([&attribute.attribute, &gained.0, &gained.1, &lost.0, &lost.1]);
    }
    table.render()
}

/// Who counts beside people, when there are more accesses than people in places could have.
fn beside_people(summary: &pb::AccessSummary) -> Option<String> {
    let more = |accesses: u64, people: u64, targets: u64| accesses > people.saturating_mul(targets);
    let puzzling = summary.attributes.iter().any(|it| {
        more(it.gained, it.people_gaining, it.targets_gaining)
            || more(it.lost, it.people_losing, it.targets_losing)
    });
    let others = if summary.incomplete_directories.is_empty() {
        "visitors, unknown names and users in no group"
    } else {
        "visitors, unknown names, users in no group and groups of external directories"
    };
    puzzling.then(|| paint(DIM, format!("accesses also count {others}")))
}

/// How to see all of a group that has more than it names.
fn cursors(group: &pb::AccessGroup) -> Vec<String> {
    let more = |there: u64, what: &str, cursor: &str| {
        (there > sentence::NAMED && !cursor.is_empty())
            .then(|| paint(DIM, format!("    all of the {what}: --members {cursor}")))
    };
    let principals = more(group.people + group.others, "people", &group.principals_cursor);
    let targets = more(group.targets, "places", &group.targets_cursor);
    principals.into_iter().chain(targets).collect()
}

/// The members of one group, a line each.
fn members(members: &pb::AccessMembers) -> Vec<String> {
    let pb::AccessMembers { principals, targets, next_cursor } = members;
    let principals = principals.iter().map(|principal| format!("  {}", sentence::principal(principal)));
    let targets = targets.iter().map(|target| format!("  {}", words::target(Some(target))));
    let mut lines: Vec<_> = principals.chain(targets).collect();
    if !next_cursor.is_empty() {
        lines.push(paint(DIM, format!("there are more: --members {next_cursor}")));
    }
    lines
}
