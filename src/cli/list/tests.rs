//! Filters, and how a list looks.

use anstream::adapter::strip_str;

use super::*;
use crate::{
    cli::args::{Cli, Command},
    grpc::pb::{principal, scope},
};

fn filter(line: &str) -> pb::ListGrantsRequest {
    let words = ["feedgate", "list", "grants"].into_iter().chain(line.split_whitespace());
    match Cli::read(words).expect(line).command {
        Command::List(List::Grants(filter)) => grants(filter),
        other => panic!("{other:?}"),
    }
}

#[test]
fn filters_of_grants() {
    let principal = |kind| Some(pb::Principal { kind: Some(kind) });
    let scope = |kind| Some(pb::Scope { kind: Some(kind) });
    let named = |directory: &str, name: &str| pb::PrincipalName {
        directory: directory.into(),
        name: name.into(),
        id: 0,
        unbound: false,
    };
    for (line, expected) in [
        ("", pb::ListGrantsRequest::default()),
        (
            "--user ann --directory corp --feed npm",
            pb::ListGrantsRequest {
                principal: principal(principal::Kind::User(named("corp", "ann"))),
                scope: scope(scope::Kind::Feed("npm".into())),
                ..Default::default()
            },
        ),
        (
            "--group devs --feed-group live --task T --effect restrict",
            pb::ListGrantsRequest {
                principal: principal(principal::Kind::Group(named("", "devs"))),
                scope: scope(scope::Kind::FeedGroup("live".into())),
                task: "T".into(),
                effect: pb::Effect::Restrict.into(),
                page: None,
            },
        ),
        (
            "--authenticated --directory corp --all-feeds --effect permit",
            pb::ListGrantsRequest {
                principal: principal(principal::Kind::Authenticated(principal::Authenticated {
                    directory: "corp".into(),
                })),
                scope: scope(scope::Kind::AllFeeds(scope::AllFeeds {})),
                effect: pb::Effect::Permit.into(),
                ..Default::default()
            },
        ),
        (
            "--everyone",
            pb::ListGrantsRequest {
                principal: principal(principal::Kind::Everyone(principal::Everyone {})),
                ..Default::default()
            },
        ),
    ] {
        assert_eq!(filter(line), expected, "{line}");
    }
}

#[test]
fn tables() {
    let users = [
        pb::User {
            name: "jDoe".into(),
            display_name: "John Doe".into(),
            groups: vec![pb::PrincipalName {
                directory: "built-in".into(),
                name: "Developers".into(),
                id: 1,
                unbound: false,
            }],
            disabled: true,
            ..Default::default()
        },
        pb::User { directory: "corp".into(), name: "ann".into(), ..Default::default() },
    ];
    let shown = strip_str(&tables::users(&users)).to_string();
    let (table, meaning) = shown.rsplit_once('\n').unwrap();
    assert_eq!(
        table,
        "\
USER  DIRECTORY  DISPLAY NAME  EMAIL  GROUPS
jDoe  built-in   John Doe             Developers  disabled
ann   corp                                        unbound"
    );
    assert!(meaning.starts_with("unbound: "), "{meaning}");
    let bound = [pb::User { external_id: "7".into(), ..users[1].clone() }];
    assert!(!tables::users(&bound).contains("unbound"));
    let devs = pb::Group { directory: "corp".into(), name: "devs".into(), ..Default::default() };
    let shown = strip_str(&tables::groups(&[devs])).to_string();
    assert!(shown.contains("\ndevs   corp                        unbound\nunbound: "), "{shown}");
    let group = pb::PrincipalName { directory: "corp".into(), name: "devs".into(), id: 3, unbound: true };
    let grant = pb::Grant {
        principal: Some(pb::Principal { kind: Some(principal::Kind::Group(group)) }),
        ..Default::default()
    };
    let shown = strip_str(&tables::grants(&[grant])).to_string();
    assert!(shown.contains("group devs (corp, unbound)") && shown.contains("\nunbound: "), "{shown}");
    assert_eq!(strip_str(&tables::feed_groups(&[])).to_string(), "FEED GROUP  DESCRIPTION");
}
