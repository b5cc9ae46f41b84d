//! Explanations, word for word.

use anstream::adapter::strip_str;

use super::*;
use crate::{
    cli::args::question::{Place, Who},
    grpc::pb::{Effect, Lack, PrincipalRank, ProxyKind, Reason, Rule, ScopeRank, scope, target},
};

fn question(name: &str, attribute: &str, place: Place) -> Question {
    let who = match name {
        "" => Who::Anonymous,
        name => Who::User { name: name.into(), directory: None },
    };
    Question { who, attribute: attribute.into(), place }
}

fn name(name: &str) -> pb::PrincipalName {
    pb::PrincipalName { directory: "built-in".into(), name: name.into(), id: 1, unbound: false }
}

fn to_user(user: &str) -> principal::Kind {
    principal::Kind::User(name(user))
}

fn to_group(group: &str) -> principal::Kind {
    principal::Kind::Group(name(group))
}

fn candidate(id: u64, effect: Effect, to: principal::Kind, on: &str, path: &[&str]) -> pb::Candidate {
    let (scope, scope_rank) = match on.split_once(' ') {
        Some(("feed", feed)) => (scope::Kind::Feed(feed.into()), ScopeRank::Feed),
        Some(("group", group)) => (scope::Kind::FeedGroup(group.into()), ScopeRank::FeedGroup),
        _ => (scope::Kind::AllFeeds(scope::AllFeeds {}), ScopeRank::AllFeeds),
    };
    let user = matches!(to, principal::Kind::User(_));
    pb::Candidate {
        grant: Some(pb::Grant {
            id,
            effect: effect.into(),
            principal: Some(pb::Principal { kind: Some(to) }),
            task: "View & Download Packages".into(),
            scope: Some(pb::Scope { kind: Some(scope) }),
            ..Default::default()
        }),
        principal_rank: if user { PrincipalRank::User } else { PrincipalRank::Group }.into(),
        scope_rank: scope_rank.into(),
        path: path.iter().copied().map(name).collect(),
        counts: true,
        decides: false,
    }
}

/// The answer for `jDoe` that the first of the candidates decides.
fn explanation(reason: Reason, mut candidates: Vec<pb::Candidate>) -> pb::ExplainResponse {
    if let Some(first) = candidates.first_mut() {
        first.decides = true;
    }
    pb::ExplainResponse {
        allowed: reason == Reason::Permitted,
        reason: reason.into(),
        subject: Some(pb::ResolvedUser { directory: "built-in".into(), id: "2".into(), name: "jDoe".into() }),
        candidates,
        scope_precedence: pb::ScopePrecedence::FeedOverGroup.into(),
        rule: Rule::Unopposed.into(),
        ..Default::default()
    }
}

/// The same, when it won over one of the other effect.
fn won(
    reason: Reason,
    rule: Rule,
    over_grant_id: u64,
    candidates: Vec<pb::Candidate>,
) -> pb::ExplainResponse {
    pb::ExplainResponse { rule: rule.into(), over_grant_id, ..explanation(reason, candidates) }
}

#[track_caller]
fn check(question: &Question, explanation: &pb::ExplainResponse, expected: &str) {
    assert_eq!(strip_str(&render(question, explanation)).to_string(), expected);
}

fn download(feed: &str) -> Question {
    question("jdoe", "Feeds_DownloadPackage", Place::Feed(feed.into()))
}

#[test]
fn a_restriction_wins_at_the_same_rank() {
    let mut restriction =
        candidate(7, Effect::Restrict, to_group("Developers"), "feed unapproved-nuget", &["Developers"]);
    restriction.grant.as_mut().unwrap().comment = "not before approval".into();
    let permission =
        candidate(5, Effect::Permit, to_group("Staff"), "feed unapproved-nuget", &["Developers", "Staff"]);
    check(
        &download("unapproved-nuget"),
        &won(Reason::Restricted, Rule::Effect, 5, vec![restriction, permission]),
        "\
denied: jDoe may not Feeds_DownloadPackage on feed unapproved-nuget
  grant 7 restricts group Developers (\"View & Download Packages\") on this feed; a restriction wins
    over grant 5, which permits \"View & Download Packages\" to group Staff on this feed, at the same
    rank
  comment on grant 7: not before approval

   GRANT  EFFECT    TASK                      TO                ON                     BECAUSE
→  7      restrict  View & Download Packages  group Developers  feed unapproved-nuget  jDoe → Developers
   5      permit    View & Download Packages  group Staff       feed unapproved-nuget  jDoe → Developers → Staff",
    );
}

#[test]
fn a_permission_to_the_user_wins_over_any_group() {
    check(
        &download("prod"),
        &won(
            Reason::Permitted,
            Rule::Principal,
            7,
            vec![
                candidate(9, Effect::Permit, to_user("jDoe"), "all", &[]),
                candidate(7, Effect::Restrict, to_group("Developers"), "feed prod", &["Developers"]),
            ],
        ),
        "\
allowed: jDoe may Feeds_DownloadPackage on feed prod
  grant 9 permits \"View & Download Packages\" to user jDoe on all feeds; a grant to the user itself
    wins over one to a group or to everyone: over grant 7, which restricts group Developers (\"View &
    Download Packages\") on this feed

   GRANT  EFFECT    TASK                      TO                ON         BECAUSE
→  9      permit    View & Download Packages  user jDoe         all feeds  jDoe
   7      restrict  View & Download Packages  group Developers  feed prod  jDoe → Developers",
    );
}

#[test]
fn the_narrower_scope_wins() {
    let everyone = || principal::Kind::Everyone(principal::Everyone {});
    check(
        &download("prod"),
        &won(
            Reason::Restricted,
            Rule::Scope,
            1,
            vec![
                candidate(7, Effect::Restrict, to_group("Developers"), "group live", &["Developers"]),
                candidate(1, Effect::Permit, everyone(), "all", &[]),
            ],
        ),
        "\
denied: jDoe may not Feeds_DownloadPackage on feed prod
  grant 7 restricts group Developers (\"View & Download Packages\") on its feed group live; a grant on
    its feed group wins over one on all feeds: over grant 1, which permits \"View & Download
    Packages\" to Everyone on all feeds

   GRANT  EFFECT    TASK                      TO                ON               BECAUSE
→  7      restrict  View & Download Packages  group Developers  feed group live  jDoe → Developers
   1      permit    View & Download Packages  Everyone          all feeds        is for everyone",
    );
}

#[test]
fn the_setting_can_make_feeds_and_groups_equal() {
    let mut explanation = won(
        Reason::Restricted,
        Rule::Effect,
        8,
        vec![
            candidate(7, Effect::Restrict, to_group("Developers"), "group live", &["Developers"]),
            candidate(8, Effect::Permit, to_group("Developers"), "feed prod", &["Developers"]),
        ],
    );
    explanation.scope_precedence = pb::ScopePrecedence::FeedAndGroupEqual.into();
    assert_eq!(
        sentence::why(&download("prod"), &explanation),
        [
            "grant 7 restricts group Developers (\"View & Download Packages\") on its feed group live; a restriction \
          wins over grant 8, which permits \"View & Download Packages\" to group Developers on this feed, at the \
          same rank (the setting `scope_precedence` weighs feeds and feed groups equally)"
        ]
    );
}

#[test]
fn nothing_permits_it() {
    check(
        &download("npm"),
        &explanation(Reason::NotGranted, vec![]),
        "\
denied: jDoe may not Feeds_DownloadPackage on feed npm
  nothing permits it: no permission with Feeds_DownloadPackage on feed npm is for jDoe
  it would take a permission to jDoe, to a group that jDoe is in, to Authenticated or to Everyone,
    on this feed, its feed group or all feeds, for a task that has Feeds_DownloadPackage",
    );
    check(
        &question("", "Admin_ConfigureProGet", Place::Feed("npm".into())),
        &pb::ExplainResponse { reason: Reason::NotGranted.into(), ..Default::default() },
        "\
denied: anonymous may not Admin_ConfigureProGet on feed npm
  nothing permits it: no permission with Admin_ConfigureProGet on feed npm is for anonymous
  it would take a permission to Everyone or Anonymous, on all feeds, for a task that has
    Admin_ConfigureProGet
  Admin_ConfigureProGet is for the whole system: a grant on a feed or feed group never gives it",
    );
}

#[test]
fn ways_around_a_denial() {
    let on = |feed: &str| Some(pb::Target { kind: Some(target::Kind::Feed(feed.into())) });
    let system = Some(pb::Target { kind: Some(target::Kind::System(target::System {})) });
    for (kind, attributes, target, connectors, expected) in [
        (
            ProxyKind::ConfigureSystem,
            &[][..],
            system.clone(),
            &[][..],
            "configure the system, which amounts to everything",
        ),
        (ProxyKind::ManageFeed, &[], on("npm"), &[], "manage feed npm, which amounts to everything on it"),
        (
            ProxyKind::DeleteAndAdd,
            &[],
            on("npm"),
            &[],
            "delete and add packages there, which amounts to overwriting",
        ),
        (ProxyKind::Overwrite, &[], on("npm"), &[], "overwrite packages there, which amounts to deleting"),
        (
            ProxyKind::ManageCredentials,
            &[],
            system,
            &[],
            "manage credentials, which amounts to seeing their passwords",
        ),
        (
            ProxyKind::SharedConnector,
            &[],
            on("dev"),
            &["npmjs"],
            "manage connectors on feed dev, where the connector npmjs is shared with this feed",
        ),
        (
            ProxyKind::ConnectedFeed,
            &["Feeds_ViewFeed", "Feeds_DownloadPackage"],
            on("dev"),
            &["a", "b"],
            "view and download packages on feed dev, which reads this feed through the connectors a and b",
        ),
        (
            ProxyKind::Unspecified,
            &["New_Thing"],
            on("npm"),
            &[],
            "use New_Thing there, which amounts to the same",
        ),
    ] {
        let names = |names: &[&str]| names.iter().copied().map(Into::into).collect();
        let proxy = pb::Proxy {
            kind: kind.into(),
            attributes: names(attributes),
            target,
            connectors: names(connectors),
        };
        let explanation = explanation(Reason::NotGranted, vec![]);
        let sentence = proxy::sentence(&download("npm"), &explanation, &proxy);
        assert_eq!(sentence, format!("but jDoe can {expected}"));
    }
}

#[test]
fn what_just_missed() {
    let miss = |id: u64, to: principal::Kind, on: &str, lack: Lack| pb::NearMiss {
        grant: candidate(id, Effect::Permit, to, on, &[]).grant,
        lack: lack.into(),
    };
    let mut denial = explanation(Reason::NotGranted, vec![]);
    denial.proxies = vec![pb::Proxy {
        kind: ProxyKind::ManageFeed.into(),
        target: Some((&download("npm").place).into()),
        ..Default::default()
    }];
    denial.near_misses = vec![
        miss(4, to_group("Staff"), "feed npm", Lack::Principal),
        miss(5, to_user("ann"), "all", Lack::Principal),
        miss(6, to_group("Developers"), "feed nuget", Lack::Scope),
        miss(7, to_group("Developers"), "all", Lack::Attribute),
    ];
    check(
        &download("npm"),
        &denial,
        "\
denied: jDoe may not Feeds_DownloadPackage on feed npm
  nothing permits it: no permission with Feeds_DownloadPackage on feed npm is for jDoe
  it would take a permission to jDoe, to a group that jDoe is in, to Authenticated or to Everyone,
    on this feed, its feed group or all feeds, for a task that has Feeds_DownloadPackage
  but jDoe can manage feed npm, which amounts to everything on it

what just missed
GRANT  TASK                      TO                ON          BUT
4      View & Download Packages  group Staff       feed npm    jDoe isn't in group Staff
5      View & Download Packages  user ann          all feeds   is for user ann only
6      View & Download Packages  group Developers  feed nuget  is on feed nuget only
7      View & Download Packages  group Developers  all feeds   its task lacks Feeds_DownloadPackage",
    );
}

#[test]
fn unknown_names_and_disabled_users() {
    let with = |reason: Reason, known: bool| pb::ExplainResponse {
        reason: reason.into(),
        subject_unknown: !known,
        feed_unknown: reason == Reason::FeedUnknown,
        ..Default::default()
    };
    check(
        &download("nope"),
        &with(Reason::FeedUnknown, true),
        "\
denied: jdoe may not Feeds_DownloadPackage on feed nope
  no feed nope is registered, under this name or as an alternate name
  `feedgate list feeds` shows those that are",
    );
    check(
        &question("jdoe", "Admin_ManageFeed", Place::FeedGroup("nope".into())),
        &with(Reason::FeedGroupUnknown, true),
        "\
denied: jdoe may not Admin_ManageFeed on feed group nope
  there is no feed group nope
  `feedgate list feed-groups` shows those that there are",
    );
    check(
        &question("zed", "Licenses_Manage", Place::System),
        &with(Reason::NotGranted, false),
        "\
denied: zed may not Licenses_Manage on the system
  nothing permits it: no permission with Licenses_Manage on the system is for zed
  it would take a permission to Everyone, on all feeds, for a task that has Licenses_Manage
  no directory knows zed: permissions count for Everyone only, restrictions for Everyone,
    Authenticated and Anonymous",
    );
    check(
        &download("npm"),
        &explanation(Reason::SubjectDisabled, vec![]),
        "\
denied: jDoe may not Feeds_DownloadPackage on feed npm
  the user jDoe is disabled, which denies everything",
    );
}

#[test]
fn a_permission_that_only_a_name_matches_says_so() {
    let candidate =
        pb::Candidate { counts: false, ..candidate(7, Effect::Permit, to_user("jDoe"), "npm", &[]) };
    let grant = candidate.grant.clone().unwrap();
    for (is_unknown, expected) in [
        (true, "jDoe; doesn't count for an unknown user"),
        (false, "jDoe; doesn't count: only a name matches, which isn't bound to the same id"),
    ] {
        assert_eq!(super::because("jDoe", &candidate, &grant, is_unknown), expected);
    }
}
