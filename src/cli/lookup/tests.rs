//! Answers to questions the other way round, word for word.

use anstream::adapter::strip_str;

use super::*;
use crate::{
    cli::args::{
        lookup::{Feeds, Promotion, WhoCan},
        question::Place,
    },
    grpc::pb::{PromotionRequirementKind, principal},
};

#[track_caller]
fn check(found: &str, expected: &str) {
    assert_eq!(strip_str(found).to_string(), expected);
}

fn revision() -> Option<pb::Revision> {
    Some(pb::Revision { store: 1, number: 8 })
}

fn jdoe() -> Who {
    Who::User { name: "jdoe".into(), directory: None }
}

fn resolved() -> Option<pb::ResolvedUser> {
    Some(pb::ResolvedUser { directory: "built-in".into(), id: "2".into(), name: "jDoe".into() })
}

#[test]
fn who_can() {
    let found = |kind: principal::Kind, as_known_here: bool| pb::FoundPrincipal {
        principal: Some(pb::Principal { kind: Some(kind) }),
        as_known_here,
    };
    let name = |directory: &str, name: &str| pb::PrincipalName {
        directory: directory.into(),
        name: name.into(),
        id: 1,
        unbound: false,
    };
    let mut asked = WhoCan {
        attribute: "Feeds_ViewFeed".into(),
        place: Place::Feed("it's here".into()),
        slice: Slice { limit: Some(4), cursor: None },
    };
    let mut answer = pb::LookupPrincipalsResponse {
        principals: vec![
            found(principal::Kind::Everyone(principal::Everyone {}), false),
            found(
                principal::Kind::Authenticated(principal::Authenticated { directory: "corp".into() }),
                false,
            ),
            found(principal::Kind::Group(name("corp", "Staff")), true),
            found(principal::Kind::User(name("built-in", "jDoe")), false),
        ],
        next_cursor: "c1".into(),
        revision: revision(),
        feed_unknown: false,
        incomplete_directories: vec!["corp".into(), "ldap".into()],
    };
    check(
        &principals::render(&asked, &answer),
        "\
who may Feeds_ViewFeed on feed it's here (revision 8)
KIND     NAME           DIRECTORY
virtual  Everyone
virtual  Authenticated  corp
group    Staff          corp       by what is known here
user     jDoe           built-in
not complete: people of corp and ldap whom the policy doesn't name can't be listed
there are more: feedgate who-can Feeds_ViewFeed --feed 'it'\\''s here' --limit 4 --cursor c1",
    );
    answer = pb::LookupPrincipalsResponse { feed_unknown: true, revision: revision(), ..Default::default() };
    asked.place = Place::Feed("nowhere".into());
    check(
        &principals::render(&asked, &answer),
        "\
nobody may Feeds_ViewFeed on feed nowhere (revision 8)
  feed nowhere isn't registered: `feedgate list feeds` shows those that are",
    );
}

#[test]
fn feeds_of_somebody() {
    let mut asked = Feeds {
        who: Who::User { name: "jdoe".into(), directory: Some("my corp".into()) },
        attribute: "Feeds_AddPackage".into(),
        slice: Slice::default(),
    };
    let feed = |name: &str| pb::FoundFeed { name: name.into(), id: 1 };
    let answer = pb::LookupFeedsResponse {
        feeds: vec![feed("npm"), feed("nuget")],
        next_cursor: "c".into(),
        revision: revision(),
        subject: resolved(),
        subject_unknown: false,
        knowledge: None,
    };
    check(
        &feeds::render(&asked, &answer),
        "\
feeds on which jDoe may Feeds_AddPackage (revision 8)
FEED
npm
nuget
there are more: feedgate feeds --directory 'my corp' jdoe Feeds_AddPackage --cursor c",
    );
    asked.who = jdoe();
    let nothing =
        pb::LookupFeedsResponse { revision: revision(), subject_unknown: true, ..Default::default() };
    check(
        &feeds::render(&asked, &nothing),
        "jdoe may Feeds_AddPackage on no feed (revision 8)\n  no directory knows jdoe",
    );
}

#[test]
fn a_promotion() {
    let requirement =
        |kind: PromotionRequirementKind, met: bool, grant_id: u64, detail: &str| pb::PromotionRequirement {
            kind: kind.into(),
            met,
            grant_id,
            detail: detail.into(),
            ..Default::default()
        };
    let denied = |kind, reason: pb::Reason, grant_id| pb::PromotionRequirement {
        reason: reason.into(),
        ..requirement(kind, false, grant_id, "it is denied")
    };
    let answer = pb::CheckPromotionResponse {
        allowed: false,
        requirements: vec![
            requirement(PromotionRequirementKind::SourceRegistered, true, 0, "the feed is registered"),
            requirement(PromotionRequirementKind::SameType, true, 0, "both are of type nuget"),
            denied(PromotionRequirementKind::DownloadSource, pb::Reason::Restricted, 4),
            denied(PromotionRequirementKind::AcceptOnTarget, pb::Reason::NotGranted, 0),
        ],
        subject: resolved(),
        revision: revision(),
        ..Default::default()
    };
    let asked = Promotion { who: jdoe(), source: "raw".into(), target: "good".into() };
    check(
        &promotion::render(&asked, &answer),
        "\
denied: jDoe may not promote from raw to good (revision 8)
   REQUIREMENT                            DETAIL                  GRANT
✓  raw is registered                      the feed is registered
✓  both have one type                     both are of type nuget
✗  Feeds_DownloadPackage on raw           restricted by grant 4   4
✗  Feeds_AcceptPackagePromotions on good  nothing permits it
why: feedgate explain jdoe Feeds_DownloadPackage --feed raw",
    );
    let nowhere = pb::CheckPromotionResponse {
        requirements: vec![
            requirement(PromotionRequirementKind::SourceRegistered, false, 0, "it isn't"),
            requirement(PromotionRequirementKind::PromoteTo, false, 0, "who knows"),
            denied(PromotionRequirementKind::ViewSource, pb::Reason::FeedUnknown, 0),
            denied(PromotionRequirementKind::AcceptOnTarget, pb::Reason::NotGranted, 0),
        ],
        ..answer
    };
    let who = Who::User { name: "jdoe".into(), directory: Some("my corp".into()) };
    check(
        &promotion::render(&Promotion { who, ..asked }, &nowhere),
        "\
denied: jDoe may not promote from raw to good (revision 8)
   REQUIREMENT                            DETAIL                                                   GRANT
✗  raw is registered                      it isn't
?  raw promotes to good                   who knows
?  Feeds_ViewFeed on raw                  this can't be told as long as the feed isn't registered
✗  Feeds_AcceptPackagePromotions on good  nothing permits it
why: feedgate explain --directory 'my corp' jdoe Feeds_AcceptPackagePromotions --feed good",
    );
}
