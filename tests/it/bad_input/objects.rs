//! Changes to objects that aren't there, are there already, or are in use.

use feedgate::grpc::pb::{self, Effect, object::Kind, object_ref::Kind as Ref, principal, scope};
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound};

use super::{grant, in_scope, refuse, world};
use crate::support::write::{self, create, delete, rename, update};

#[tokio::test]
async fn what_is_not_there() {
    let server = world().await;
    let nobody = || write::name("nobody");
    let group = |name| Some(pb::Principal { kind: Some(principal::Kind::Group(name)) });
    let membership = pb::Membership { group: Some(write::name("devs")), member: group(nobody()) };
    let in_group = pb::Feed { name: "g".into(), feed_group: "none".into(), ..Default::default() };
    let promoting = pb::Feed { name: "g".into(), promote_to: "none".into(), ..Default::default() };
    let elsewhere = pb::User { name: "u".into(), directory: "none".into(), ..Default::default() };
    let none = || String::from("none");
    let changes = vec![
        ("attribute of a task", create(write::task("U", &["Nope"])), InvalidArgument, "UNKNOWN_ATTRIBUTE"),
        (
            "attribute, other case",
            create(write::task("U", &["feeds_viewfeed"])),
            InvalidArgument,
            "UNKNOWN_ATTRIBUTE",
        ),
        ("task of a grant", grant(|it| it.task = none()), NotFound, "NOT_FOUND"),
        (
            "user of a grant",
            create(Kind::Grant(write::grant(Effect::Permit, "nobody", "T"))),
            NotFound,
            "NOT_FOUND",
        ),
        ("group of a grant", grant(|it| it.principal = group(nobody())), NotFound, "NOT_FOUND"),
        ("feed of a grant", create(Kind::Grant(in_scope(scope::Kind::Feed(none())))), NotFound, "NOT_FOUND"),
        (
            "feed group of a grant",
            create(Kind::Grant(in_scope(scope::Kind::FeedGroup(none())))),
            NotFound,
            "NOT_FOUND",
        ),
        ("member of a group", create(Kind::Membership(membership)), NotFound, "NOT_FOUND"),
        ("feed group of a feed", create(Kind::Feed(in_group)), NotFound, "NOT_FOUND"),
        ("promotion of a feed", create(Kind::Feed(promoting)), NotFound, "NOT_FOUND"),
        ("directory of a user", create(Kind::User(elsewhere)), NotFound, "NOT_FOUND"),
        ("update", update(write::feed("none")), NotFound, "NOT_FOUND"),
        ("rename", rename(Ref::Task(none()), "U"), NotFound, "NOT_FOUND"),
        ("delete", delete(Ref::Feed(none())), NotFound, "NOT_FOUND"),
        ("delete a grant", delete(Ref::GrantId(999)), NotFound, "NOT_FOUND"),
        ("delete an attribute", delete(Ref::Attribute("Nope".into())), NotFound, "NOT_FOUND"),
    ];
    refuse(&server, changes).await;
}

#[tokio::test]
async fn what_is_there_already_or_in_use() {
    let server = world().await;
    let also = pb::Feed { name: "g".into(), alternate_names: vec!["F".into()], ..Default::default() };
    let ann = pb::Grant { comment: "again".into(), ..write::grant(Effect::Permit, "ANN", "t") };
    let unscoped = pb::Attribute { name: "Custom_1".into(), feed_scopable: false, ..Default::default() };
    let changes = vec![
        ("user", create(write::user("ANN")), AlreadyExists, "ALREADY_EXISTS"),
        ("feed", create(write::feed("F")), AlreadyExists, "ALREADY_EXISTS"),
        ("feed by its alternate name", create(write::feed("Also-F")), AlreadyExists, "ALREADY_EXISTS"),
        ("alternate name", create(Kind::Feed(also)), AlreadyExists, "ALREADY_EXISTS"),
        ("grant", create(Kind::Grant(ann)), AlreadyExists, "ALREADY_EXISTS"),
        ("attribute", create(write::attribute("Feeds_ViewFeed")), AlreadyExists, "ALREADY_EXISTS"),
        ("new name", rename(Ref::Task("T".into()), "administer"), AlreadyExists, "ALREADY_EXISTS"),
        ("delete a user", delete(Ref::User(write::name("ann"))), FailedPrecondition, "STILL_REFERENCED"),
        ("delete a group", delete(Ref::Group(write::name("devs"))), FailedPrecondition, "STILL_REFERENCED"),
        ("delete a task", delete(Ref::Task("T".into())), FailedPrecondition, "STILL_REFERENCED"),
        ("delete a feed", delete(Ref::Feed("also-f".into())), FailedPrecondition, "STILL_REFERENCED"),
        (
            "delete a feed group",
            delete(Ref::FeedGroup("live".into())),
            FailedPrecondition,
            "STILL_REFERENCED",
        ),
        (
            "delete an attribute",
            delete(Ref::Attribute("Custom_1".into())),
            FailedPrecondition,
            "STILL_REFERENCED",
        ),
        (
            "built-in attribute",
            delete(Ref::Attribute("Feeds_ViewFeed".into())),
            FailedPrecondition,
            "IMMUTABLE",
        ),
        ("built-in directory", delete(Ref::Directory("built-in".into())), FailedPrecondition, "IMMUTABLE"),
        ("another kind of attribute", update(Kind::Attribute(unscoped)), FailedPrecondition, "IMMUTABLE"),
    ];
    refuse(&server, changes).await;
}
