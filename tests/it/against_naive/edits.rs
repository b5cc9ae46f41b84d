//! Random edits of a small world, in which nearly everything has to do with everything.

use feedgate::model::{
    BareNames, Effect, Name, ScopePrecedence, UnknownFeed,
    attribute::AttributeName,
    edit::{
        AttributeSpec, AttributesRef, ConnectorSpec, DirectorySpec, Edit, FeedGroupSpec, FeedSpec, GrantSpec,
        GroupSpec, Member, Membership, NewName, ObjectRef, PrincipalName, PrincipalRef, ScopeRef,
        SettingsSpec, SourceRef, Spec, TaskSpec, UserSpec,
    },
};

use crate::support::random::Random;

const USERS: [&str; 6] = ["ann", "bob", "cyd", "dan", "eve", "fay"];
const GROUPS: [&str; 7] = ["devs", "seniors", "staff", "ops", "guests", "all-of-us", "loop"];
const FEEDS: [&str; 6] = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
const CONNECTORS: [&str; 3] = ["upstream", "mirror", "chain"];
const FEED_GROUPS: [&str; 3] = ["live", "test", "attic"];
const TASKS: [&str; 8] = [
    "View & Download Packages",
    "Publish Packages",
    "Manage Feed",
    "Administer",
    "Look",
    "Take",
    "Sign",
    "Look and Sign",
];
const ATTRIBUTES: [&str; 6] = [
    "Feeds_ViewFeed",
    "Feeds_DownloadPackage",
    "Feeds_AddPackage",
    "Licenses_Manage",
    "Feeds_SignPackage",
    "Audit_Read",
];

/// Attributes that amount to others, or are of no use without others.
const POWERS: [&str; 10] = [
    "Admin_ConfigureProGet",
    "Admin_ManageConnectors",
    "Admin_ManageFeed",
    "Admin_ManageScheduledTasks",
    "Credentials_Manage",
    "Feeds_OverwritePackage",
    "Feeds_DeletePackage",
    "Feeds_PullPackage",
    "Feeds_UnlistPackage",
    "Feeds_AcceptPackagePromotions",
];

/// A name, now and then in another case: that is the same name.
fn name(random: &mut Random, names: &[&str]) -> Name {
    let name = *random.pick(names);
    Name::new(&if random.one_in(5) { name.to_uppercase() } else { name.into() }).unwrap()
}

fn user(random: &mut Random) -> PrincipalName {
    let directory = random.one_in(10).then(corp);
    PrincipalName::Named { directory, name: name(random, &USERS) }
}

fn group(random: &mut Random) -> PrincipalName {
    let directory = random.one_in(8).then(corp);
    PrincipalName::Named { directory, name: name(random, &GROUPS) }
}

/// A directory that is there now and then, and sometimes disabled.
fn corp() -> Name {
    Name::new("corp").unwrap()
}

fn member(random: &mut Random) -> Member {
    if random.one_in(3) { Member::Group(group(random)) } else { Member::User(user(random)) }
}

fn attribute(random: &mut Random) -> AttributeName {
    let names = if random.one_in(3) { &POWERS[..] } else { &ATTRIBUTES };
    AttributeName::new(names[random.below(names.len())]).unwrap()
}

fn grant(random: &mut Random) -> GrantSpec {
    let principal = match random.below(12) {
        0..4 => PrincipalRef::User(user(random)),
        4..8 => PrincipalRef::Group(group(random)),
        8 => PrincipalRef::Everyone,
        9 => PrincipalRef::Authenticated { directory: None },
        10 => PrincipalRef::Authenticated {
            directory: Some(if random.one_in(2) { corp() } else { Name::new("built-in").unwrap() }),
        },
        _ => PrincipalRef::Anonymous,
    };
    let scope = match random.below(4) {
        0 => ScopeRef::AllFeeds,
        1 => ScopeRef::FeedGroup(name(random, &FEED_GROUPS)),
        _ => ScopeRef::Feed(name(random, &FEEDS)),
    };
    let effect = if random.one_in(3) { Effect::Restrict } else { Effect::Permit };
    GrantSpec { id: None, effect, principal, task: name(random, &TASKS), scope, comment: None }
}

fn spec(random: &mut Random) -> Spec {
    match random.below(24) {
        0 | 1 => Spec::User(UserSpec {
            user: user(random),
            display_name: None,
            email: None,
            disabled: Some(random.one_in(6)),
            external_id: None,
        }),
        2 => Spec::Group(GroupSpec { group: group(random), description: None, external_id: None }),
        3..7 => Spec::Membership(Membership { group: group(random), member: member(random) }),
        7 => Spec::FeedGroup(FeedGroupSpec { name: name(random, &FEED_GROUPS), description: None }),
        8 | 9 => Spec::Feed(FeedSpec {
            name: name(random, &FEEDS),
            feed_type: None,
            alternate_names: Some(random.one_in(3).then(|| name(random, &FEEDS)).into_iter().collect()),
            group: Some((!random.one_in(3)).then(|| name(random, &FEED_GROUPS))),
            promote_to: Some(random.one_in(3).then(|| name(random, &FEEDS))),
        }),
        10 => Spec::Task(TaskSpec {
            name: name(random, &TASKS),
            description: None,
            attributes: Some(if random.one_in(12) {
                AttributesRef::All
            } else {
                AttributesRef::These((0..random.below(4)).map(|_| attribute(random)).collect())
            }),
        }),
        11 => {
            let name = attribute(random);
            let feed_scopable = Some(name.as_str().starts_with("Feeds"));
            Spec::Attribute(AttributeSpec {
                name,
                label: None,
                category: None,
                feed_scopable,
                description: None,
            })
        }
        12 => Spec::Settings(SettingsSpec {
            scope_precedence: Some(
                *random.pick(&[ScopePrecedence::FeedOverGroup, ScopePrecedence::FeedAndGroupEqual]),
            ),
            unknown_feed: Some(*random.pick(&[UnknownFeed::Deny, UnknownFeed::AllFeedsGrants])),
            bare_names: Some(*random.pick(&[BareNames::Unique, BareNames::First])),
            // No decision depends on it.
            sign_in: None,
        }),
        13 if random.one_in(4) => Spec::Directory(DirectorySpec {
            name: corp(),
            domains: None,
            netbios: None,
            enabled: Some(!random.one_in(4)),
            position: None,
        }),
        13 => Spec::Connector(ConnectorSpec {
            name: name(random, &CONNECTORS),
            source: Some(if random.one_in(4) {
                SourceRef::Url("https://packages.example".into())
            } else {
                SourceRef::Feed(name(random, &FEEDS))
            }),
            feeds: Some((0..random.below(3)).map(|_| name(random, &FEEDS)).collect()),
        }),
        _ => Spec::Grant(grant(random)),
    }
}

fn object(random: &mut Random) -> ObjectRef {
    match random.below(9) {
        0 => ObjectRef::User(user(random)),
        1 => ObjectRef::Group(group(random)),
        2 => ObjectRef::Feed(name(random, &FEEDS)),
        3 => ObjectRef::FeedGroup(name(random, &FEED_GROUPS)),
        4 => ObjectRef::Task(name(random, &TASKS)),
        5 => ObjectRef::Attribute(attribute(random)),
        6 => ObjectRef::Membership(Membership { group: group(random), member: member(random) }),
        7 => ObjectRef::GrantId(random.below(200) as u64),
        _ => ObjectRef::Grant(grant(random)),
    }
}

/// One edit, often one that can't be made.
pub fn edit(random: &mut Random) -> Edit {
    match random.below(20) {
        0..11 => Edit::Put(spec(random)),
        11..14 => Edit::Create(spec(random)),
        14 => Edit::Update(spec(random)),
        15 | 16 => {
            Edit::Delete { object: object(random), cascade: random.one_in(2), missing_ok: random.one_in(2) }
        }
        17 => {
            let members = (0..random.below(5)).map(|_| member(random)).collect();
            Edit::SetMembers { group: group(random), members }
        }
        18 => {
            let groups = (0..random.below(4)).map(|_| group(random)).collect();
            Edit::SetGroups { member: member(random), groups }
        }
        _ => {
            let (object, names): (_, &[&str]) = match random.below(4) {
                0 => (ObjectRef::User(user(random)), &USERS),
                1 => (ObjectRef::Group(group(random)), &GROUPS),
                2 => (ObjectRef::Feed(name(random, &FEEDS)), &FEEDS),
                _ => (ObjectRef::Task(name(random, &TASKS)), &TASKS),
            };
            Edit::Rename { object, to: NewName::Name(name(random, names)) }
        }
    }
}
