//! Whose access changes, word for word.

use anstream::adapter::strip_str;

use super::*;
use crate::grpc::pb::{AccessDirection, access_principal, principal, target};

fn name(directory: &str, name: &str) -> pb::PrincipalName {
    pb::PrincipalName { directory: directory.into(), name: name.into(), id: 1, unbound: false }
}

fn found(kind: principal::Kind) -> pb::AccessPrincipal {
    let principal = pb::Principal { kind: Some(kind) };
    pb::AccessPrincipal { kind: Some(access_principal::Kind::Principal(principal)) }
}

fn users(names: &[&str]) -> Vec<pb::AccessPrincipal> {
    names.iter().map(|user| found(principal::Kind::User(name("built-in", user)))).collect()
}

fn feeds(names: &[&str]) -> Vec<pb::Target> {
    names.iter().map(|feed| pb::Target { kind: Some(target::Kind::Feed((*feed).into())) }).collect()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(Into::into).collect()
}

fn in_group(group: &str) -> Option<pb::Principal> {
    Some(pb::Principal { kind: Some(principal::Kind::Group(name("built-in", group))) })
}

fn twelve() -> pb::AccessGroup {
    pb::AccessGroup {
        direction: AccessDirection::Gained.into(),
        attributes: strings(&["Feeds_OverwritePackage"]),
        people: 12,
        targets: 3,
        common: in_group("Developers"),
        first_principals: users(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]),
        first_targets: feeds(&["npm", "nuget", "pypi"]),
        principals_cursor: "p".into(),
        targets_cursor: "t".into(),
        ..Default::default()
    }
}

#[test]
fn groups_are_sentences() {
    let others = [
        found(principal::Kind::Anonymous(principal::Anonymous {})),
        found(principal::Kind::Group(name("mycompany.corp", "X"))),
        pb::AccessPrincipal { kind: Some(access_principal::Kind::Unknown(pb::access_principal::Unknown {})) },
        found(principal::Kind::Authenticated(principal::Authenticated { directory: String::new() })),
    ];
    let of = |directory: &str| {
        found(principal::Kind::Authenticated(principal::Authenticated { directory: directory.into() }))
    };
    let everyone = || Some(pb::Principal { kind: Some(principal::Kind::Everyone(principal::Everyone {})) });
    let everything = pb::Target { kind: Some(target::Kind::System(target::System {})) };
    let live = pb::Target { kind: Some(target::Kind::FeedGroup("live".into())) };
    for (group, expected) in [
        (twelve(), "12 people in Developers gain Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)"),
        (
            pb::AccessGroup { all_of_common: true, direction: AccessDirection::Lost.into(), ..twelve() },
            "all 12 people in Developers lose Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)",
        ),
        (
            pb::AccessGroup {
                people: 2,
                first_principals: users(&["jDoe", "cWu"]),
                targets: 1,
                first_targets: feeds(&["npm"]),
                attributes: strings(&["A", "B", "C"]),
                ..twelve()
            },
            "2 people in Developers (jDoe, cWu) gain A, B and C on feed npm",
        ),
        (
            pb::AccessGroup { people: 1, first_principals: users(&["jDoe"]), common: None, ..twelve() },
            "jDoe gains Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)",
        ),
        (
            pb::AccessGroup {
                people: 2,
                others: 4,
                first_principals: [users(&["jDoe", "cWu"]), others.to_vec()].concat(),
                common: everyone(),
                all_of_common: true,
                targets: 4,
                first_targets: [feeds(&["a", "b"]), vec![live, everything]].concat(),
                ..twelve()
            },
            "everyone (2 people, and visitors, members of group X (mycompany.corp), people whom no directory \
             knows and whoever is signed in and in no group) gains Feeds_OverwritePackage on 2 feeds (a, b), \
             feed group live and the system",
        ),
        (
            pb::AccessGroup {
                people: 4,
                others: 1,
                first_principals: [users(&["a", "b", "c", "d"]), others[..1].to_vec()].concat(),
                common: everyone(),
                all_of_common: true,
                ..twelve()
            },
            "everyone (4 people, and visitors) gains Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)",
        ),
        (
            pb::AccessGroup {
                people: 2,
                others: 2,
                first_principals: [users(&["jDoe", "cWu"]), vec![of("built-in"), of("corp")]].concat(),
                common: everyone(),
                all_of_common: true,
                ..twelve()
            },
            "both people (jDoe, cWu), users in no group and whoever is signed in by corp and in no group gain \
             Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)",
        ),
        (
            pb::AccessGroup {
                people: 0,
                others: 1,
                first_principals: others[..1].to_vec(),
                targets: 1_003,
                ..twelve()
            },
            "visitors who are not signed in gain Feeds_OverwritePackage on 1,003 places (feed npm, feed nuget, \
             feed pypi and 1000 more)",
        ),
        (
            pb::AccessGroup { people: 100, others: 20, ..twelve() },
            "100 people in Developers and 20 others gain Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)",
        ),
    ] {
        assert_eq!(sentence::group(&group), expected);
    }
}

#[track_caller]
fn check(access: &Access, expected: &str) {
    assert_eq!(strip_str(&access.render(Format::Table).unwrap()).to_string(), expected);
}

fn access() -> Access {
    let revision = |number| Some(pb::Revision { store: 1, number });
    Access {
        summary: Some(pb::AccessSummary {
            from: revision(7),
            to: revision(8),
            gained: 36,
            lost: 1,
            attributes: vec![pb::AttributeAccess {
                attribute: "Feeds_OverwritePackage".into(),
                gained: 36,
                lost: 1,
                people_gaining: 12,
                people_losing: 1,
                targets_gaining: 3,
                targets_losing: 1,
            }],
            groups: 2,
            changed_objects: 1,
            incomplete_directories: strings(&["corp"]),
        }),
        groups: pb::AccessGroups { groups: vec![twelve()], next_cursor: "n".into() },
        members: None,
    }
}

#[test]
fn a_comparison() {
    check(
        &access(),
        "\
from revision 7 to 8: 36 accesses gained, 1 access lost (1 object changed)
ATTRIBUTE               GAINED                            LOST
Feeds_OverwritePackage  36      by 12 people in 3 places  1     by 1 person in 1 place

+ 12 people in Developers gain Feeds_OverwritePackage on 3 feeds (npm, nuget, pypi)
    all of the people: --members p
2 groups in all: more with --groups, or from here on with --members n
people of corp count only where the policy names them",
    );
}

#[test]
fn what_does_not_multiply_out_is_explained() {
    let mut access = access();
    access.groups = pb::AccessGroups::default();
    let summary = access.summary.as_mut().unwrap();
    summary.attributes[0].gained = 38;
    summary.incomplete_directories.clear();
    check(
        &access,
        "\
from revision 7 to 8: 36 accesses gained, 1 access lost (1 object changed)
ATTRIBUTE               GAINED                            LOST
Feeds_OverwritePackage  38      by 12 people in 3 places  1     by 1 person in 1 place
accesses also count visitors, unknown names and users in no group",
    );
}

#[test]
fn a_preview() {
    let from = Some(pb::Revision { store: 1, number: 8 });
    let summary = pb::AccessSummary { from, changed_objects: 2, ..Default::default() };
    let nothing = Access { summary: Some(summary), ..Access::default() };
    check(
        &nothing,
        "preview, nothing was changed: nobody's access changes (2 objects would change; now at revision 8)",
    );
    let mut some = access();
    some.summary = some.summary.map(|summary| pb::AccessSummary { to: None, ..summary });
    some.members = Some(pb::AccessMembers {
        principals: users(&["ann", "bob"]),
        targets: Vec::new(),
        next_cursor: "m".into(),
    });
    check(
        &some,
        "\
preview, nothing was changed: 36 accesses gained, 1 access lost (1 object would change; now at revision 7)
  ann
  bob
there are more: --members m",
    );
}

#[test]
fn json_has_what_was_asked_for() {
    let json = |access: &Access| -> serde_json::Value {
        serde_json::from_str(&access.render(Format::Json).unwrap()).unwrap()
    };
    let groups = json(&access());
    assert_eq!(groups["summary"]["gained"], "36");
    assert_eq!(groups["groups"]["groups"][0]["principals_cursor"], "p");
    assert!(groups["members"].is_null());
    let members = json(&Access { members: Some(pb::AccessMembers::default()), ..access() });
    assert!(members["groups"].is_null() && members["members"].is_object());
}

#[test]
fn parts_come_together() {
    let bar = ProgressBar::hidden();
    let mut whole = Access::default();
    let groups = |cursor: &str| pb::AccessGroups { groups: vec![twelve()], next_cursor: cursor.into() };
    whole.take(Some(preview_response::Part::Progress(pb::Progress { done: 1, total: 2 })), &bar);
    whole.take(Some(preview_response::Part::Summary(access().summary.unwrap())), &bar);
    whole.take(Some(compare_response::Part::Groups(groups("a"))), &bar);
    whole.take(Some(compare_response::Part::Groups(groups(""))), &bar);
    whole.take(None::<preview_response::Part>, &bar);
    assert_eq!((whole.groups.groups.len(), whole.groups.next_cursor.as_str()), (2, ""));
    assert_eq!((bar.position(), whole.summary.unwrap().gained), (1, 36));
}

#[test]
fn a_preview_has_its_limits() {
    assert_eq!(
        too_many(12_345, 10_000),
        "that makes 12,345 changes, and a preview takes at most 10,000 changes: preview a part of the file, or \
         see with `--dry-run` which objects would change"
    );
}
