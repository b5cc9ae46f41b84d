//! Edits in few words.

use feedgate::model::{
    Effect, Name,
    attribute::AttributeName,
    edit::{
        AttributeSpec, AttributesRef, Edit, FeedGroupSpec, FeedSpec, GrantSpec, GroupSpec, Member,
        Membership, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, Spec, Step, TaskSpec, UserSpec,
    },
};

pub fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

pub fn built_in(principal: &str) -> PrincipalName {
    PrincipalName::built_in(name(principal))
}

pub fn step(edit: Edit) -> Step {
    Step { edit, expected_revision: None }
}

pub fn user(user: &str) -> Spec {
    Spec::User(UserSpec {
        user: built_in(user),
        display_name: None,
        email: None,
        disabled: None,
        external_id: None,
    })
}

pub fn group(group: &str) -> Spec {
    Spec::Group(GroupSpec { group: built_in(group), description: None, external_id: None })
}

pub fn membership(group: &str, user: &str) -> Membership {
    Membership { group: built_in(group), member: Member::User(built_in(user)) }
}

pub fn feed(feed: &str) -> Spec {
    Spec::Feed(FeedSpec {
        name: name(feed),
        feed_type: None,
        alternate_names: None,
        group: None,
        promote_to: None,
    })
}

pub fn feed_in(name: &str, group: &str) -> Spec {
    let Spec::Feed(spec) = feed(name) else { unreachable!() };
    Spec::Feed(FeedSpec { group: Some(Some(self::name(group))), ..spec })
}

pub fn feed_group(group: &str) -> Spec {
    Spec::FeedGroup(FeedGroupSpec { name: name(group), description: None })
}

pub fn task(task: &str, attributes: &[&str]) -> Spec {
    let attributes = attributes.iter().map(|name| AttributeName::new(name).unwrap()).collect();
    Spec::Task(TaskSpec {
        name: name(task),
        description: None,
        attributes: Some(AttributesRef::These(attributes)),
    })
}

pub fn attribute(attribute: &str) -> Spec {
    Spec::Attribute(AttributeSpec {
        name: AttributeName::new(attribute).unwrap(),
        label: None,
        category: None,
        feed_scopable: Some(true),
        description: None,
    })
}

/// To a group, on a feed or on all.
pub fn permit(task: &str, group: &str, feed: Option<&str>) -> Spec {
    Spec::Grant(GrantSpec {
        id: None,
        effect: Effect::Permit,
        principal: PrincipalRef::Group(built_in(group)),
        task: name(task),
        scope: feed.map_or(ScopeRef::AllFeeds, |feed| ScopeRef::Feed(name(feed))),
        comment: None,
    })
}

/// To a group, on a feed group.
pub fn permit_on_group(task: &str, group: &str, feed_group: &str) -> Spec {
    let Spec::Grant(spec) = permit(task, group, None) else { unreachable!() };
    Spec::Grant(GrantSpec { scope: ScopeRef::FeedGroup(name(feed_group)), ..spec })
}

pub fn delete(object: ObjectRef, cascade: bool) -> Edit {
    Edit::Delete { object, cascade, missing_ok: false }
}
