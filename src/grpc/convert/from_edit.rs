//! Edits to requests: how a client says what it wants changed. The way back of [`step`](super::step).

use prost_types::FieldMask;
use secrecy::ExposeSecret as _;

use super::{catalogue, feeds, grant, people, settings};
use crate::{
    grpc::pb,
    model::{
        Secret,
        edit::{Edit, NewName, NewPassword, ObjectRef, SetPassword, Spec, Step},
    },
};

/// A step of a change set.
///
/// Fails for a password that only the server could have made: the wire takes plain ones and ProGet's.
pub fn change(step: Step) -> Result<pb::Change, UnsendablePassword> {
    let Step { edit, expected_revision } = step;
    Ok(pb::Change { operation: Some(operation(edit)?), expected_object_revision: expected_revision })
}

/// An Argon2id hash can't be sent: whoever could choose one could choose its cost, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password that is an Argon2id hash can't be sent: send the password, or ProGet's hash")]
pub struct UnsendablePassword;

fn operation(edit: Edit) -> Result<pb::change::Operation, UnsendablePassword> {
    use pb::change::Operation;
    Ok(match edit {
        Edit::Create(spec) => Operation::Create(object(spec).0),
        Edit::Put(spec) => {
            let (object, update_mask) = object(spec);
            Operation::Put(pb::PutObject { object: Some(object), update_mask })
        }
        Edit::Update(spec) => {
            let (object, update_mask) = object(spec);
            Operation::Update(pb::UpdateObject { object: Some(object), update_mask })
        }
        Edit::Rename { object, to } => Operation::Rename(pb::RenameObject {
            object: Some(object.into()),
            new_name: match to {
                NewName::Name(name) => name.into(),
                NewName::Attribute(name) => name.into(),
            },
        }),
        Edit::Delete { object, cascade, missing_ok } => {
            Operation::Delete(pb::DeleteObject { object: Some(object.into()), cascade, missing_ok })
        }
        Edit::SetMembers { group, members } => Operation::SetMembers(pb::SetMembers {
            group: Some(group.into()),
            members: members.into_iter().map(Into::into).collect(),
        }),
        Edit::SetGroups { member, groups } => Operation::SetGroups(pb::SetGroups {
            member: Some(member.into()),
            groups: groups.into_iter().map(Into::into).collect(),
        }),
        Edit::SetPassword(set) => Operation::SetPassword(set_password(set)?),
        Edit::RestoreTask(name) => Operation::RestoreTask(pb::RestoreTask { name: name.into() }),
    })
}

/// An object with the fields that the spec gives, and the mask that names them; no mask if it gives all.
pub fn object(spec: Spec) -> (pb::Object, Option<FieldMask>) {
    use pb::object::Kind;
    fn kind<T>((message, mask): (T, Option<FieldMask>), of: fn(T) -> Kind) -> (Kind, Option<FieldMask>) {
        (of(message), mask)
    }
    let (kind, mask) = match spec {
        Spec::Attribute(spec) => kind(catalogue::attribute_request(spec), Kind::Attribute),
        Spec::Task(spec) => kind(catalogue::task_request(spec), Kind::Task),
        Spec::Directory(spec) => kind(people::directory_request(spec), Kind::Directory),
        Spec::User(spec) => kind(people::user_request(spec), Kind::User),
        Spec::Group(spec) => kind(people::group_request(spec), Kind::Group),
        Spec::Membership(membership) => (Kind::Membership(membership.into()), None),
        Spec::FeedGroup(spec) => kind(feeds::feed_group_request(spec), Kind::FeedGroup),
        Spec::Feed(spec) => kind(feeds::feed_request(spec), Kind::Feed),
        Spec::Connector(spec) => kind(feeds::connector_request(spec), Kind::Connector),
        Spec::Grant(spec) => kind(grant::grant_request(spec), Kind::Grant),
        Spec::Settings(spec) => kind(settings::settings_request(spec), Kind::Settings),
    };
    (pb::Object { kind: Some(kind) }, mask)
}

impl From<ObjectRef> for pb::ObjectRef {
    fn from(object: ObjectRef) -> Self {
        use pb::object_ref::Kind;
        let kind = match object {
            ObjectRef::Attribute(name) => Kind::Attribute(name.into()),
            ObjectRef::Task(name) => Kind::Task(name.into()),
            ObjectRef::Directory(name) => Kind::Directory(name.into()),
            ObjectRef::User(user) => Kind::User(user.into()),
            ObjectRef::Group(group) => Kind::Group(group.into()),
            ObjectRef::Membership(membership) => Kind::Membership(membership.into()),
            ObjectRef::FeedGroup(name) => Kind::FeedGroup(name.into()),
            ObjectRef::Feed(name) => Kind::Feed(name.into()),
            ObjectRef::Connector(name) => Kind::Connector(name.into()),
            ObjectRef::GrantId(id) => Kind::GrantId(id),
            ObjectRef::Grant(spec) => Kind::Grant(grant::grant_request(spec).0),
        };
        Self { kind: Some(kind) }
    }
}

fn set_password(set: SetPassword) -> Result<pb::SetPassword, UnsendablePassword> {
    use pb::set_password::{ProGetHash, Secret as Pb};
    let SetPassword { user, password, must_change } = set;
    let secret = match password {
        NewPassword::Plain(password) => Pb::Password(password.expose_secret().into()),
        NewPassword::Hashed(Secret::ProGet { hash, salt }) => {
            Pb::Proget(ProGetHash { hash: hash.into(), salt: salt.into() })
        }
        NewPassword::Hashed(Secret::Argon2id(_)) => return Err(UnsendablePassword),
    };
    Ok(pb::SetPassword { user: Some(user.into()), secret: Some(secret), must_change })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::super::{Mask, spec, step};
    use super::*;
    use crate::model::{
        AttributeName, BareNames, Effect, Name, ScopePrecedence, SignInOrder, UnknownFeed,
        edit::{
            AttributeSpec, AttributesRef, ConnectorSpec, DirectorySpec, FeedGroupSpec, FeedSpec, GrantSpec,
            GroupSpec, Member, Membership, PrincipalName, PrincipalRef, ScopeRef, SettingsSpec, SourceRef,
            TaskSpec, UserSpec,
        },
    };

    fn name(name: &str) -> Name {
        Name::new(name).unwrap()
    }

    fn attribute(name: &str) -> AttributeName {
        AttributeName::new(name).unwrap()
    }

    fn ann() -> PrincipalName {
        PrincipalName::Named { directory: Some(name("corp")), name: name("ann") }
    }

    fn grant(principal: PrincipalRef, scope: ScopeRef) -> GrantSpec {
        GrantSpec {
            id: None,
            effect: Effect::Restrict,
            principal,
            task: name("Manage Feed"),
            scope,
            comment: Some("because\nso".into()),
        }
    }

    /// One of each kind, with every field given.
    fn whole() -> Vec<Spec> {
        let membership = |member| Spec::Membership(Membership { group: PrincipalName::Id(7), member });
        vec![
            Spec::Attribute(AttributeSpec {
                name: attribute("Feeds_Sign"),
                label: Some("Sign".into()),
                category: Some("Feeds".into()),
                feed_scopable: Some(true),
                description: Some("Sign\tpackages".into()),
            }),
            Spec::Task(TaskSpec {
                name: name("All"),
                description: Some("".into()),
                attributes: Some(AttributesRef::All),
            }),
            Spec::Task(TaskSpec {
                name: name("None"),
                description: Some("".into()),
                attributes: Some(AttributesRef::These(vec![attribute("Feeds_Sign")])),
            }),
            Spec::Directory(DirectorySpec {
                name: name("corp"),
                domains: Some(vec![name("corp.example")]),
                netbios: Some(vec![]),
                enabled: Some(false),
                position: Some(3),
            }),
            Spec::User(UserSpec {
                user: ann(),
                display_name: Some("Ann".into()),
                email: Some("ann@example.com".into()),
                disabled: Some(true),
                external_id: Some("4f".into()),
            }),
            Spec::Group(GroupSpec {
                group: PrincipalName::built_in(name("devs")),
                description: Some("".into()),
                external_id: Some("".into()),
            }),
            membership(Member::User(ann())),
            membership(Member::Group(PrincipalName::Id(8))),
            Spec::FeedGroup(FeedGroupSpec { name: name("live"), description: Some("x".into()) }),
            Spec::Feed(FeedSpec {
                name: name("nuget"),
                feed_type: Some("nuget".into()),
                alternate_names: Some(vec![name("n")]),
                group: Some(None),
                promote_to: Some(Some(name("prod"))),
            }),
            Spec::Connector(ConnectorSpec {
                name: name("out"),
                source: Some(SourceRef::Url("https://example.com".into())),
                feeds: Some(vec![name("nuget")]),
            }),
            Spec::Connector(ConnectorSpec {
                name: name("in"),
                source: Some(SourceRef::Feed(name("nuget"))),
                feeds: Some(vec![]),
            }),
            Spec::Grant(grant(PrincipalRef::Everyone, ScopeRef::AllFeeds)),
            Spec::Grant(grant(PrincipalRef::Anonymous, ScopeRef::Feed(name("nuget")))),
            Spec::Grant(grant(PrincipalRef::Group(ann()), ScopeRef::FeedGroup(name("live")))),
            Spec::Grant(grant(
                PrincipalRef::Authenticated { directory: Some(name("corp")) },
                ScopeRef::AllFeeds,
            )),
            Spec::Settings(SettingsSpec {
                scope_precedence: Some(ScopePrecedence::FeedAndGroupEqual),
                unknown_feed: Some(UnknownFeed::AllFeedsGrants),
                bare_names: Some(BareNames::First),
                sign_in: Some(SignInOrder::FirstHolder),
            }),
        ]
    }

    /// Of each kind that has fields to leave alone, one that leaves some alone.
    fn partial() -> Vec<Spec> {
        vec![
            Spec::Attribute(AttributeSpec {
                name: attribute("Feeds_Sign"),
                label: Some("Sign".into()),
                category: None,
                feed_scopable: None,
                description: None,
            }),
            Spec::Task(TaskSpec { name: name("T"), description: Some("d".into()), attributes: None }),
            Spec::Task(TaskSpec { name: name("T"), description: None, attributes: Some(AttributesRef::All) }),
            Spec::Directory(DirectorySpec {
                name: name("corp"),
                domains: None,
                netbios: None,
                enabled: None,
                position: Some(0),
            }),
            Spec::User(UserSpec {
                user: ann(),
                display_name: None,
                email: Some("".into()),
                disabled: None,
                external_id: None,
            }),
            Spec::Group(GroupSpec { group: ann(), description: None, external_id: None }),
            Spec::FeedGroup(FeedGroupSpec { name: name("live"), description: None }),
            Spec::Feed(FeedSpec {
                name: name("nuget"),
                feed_type: None,
                alternate_names: None,
                group: None,
                promote_to: Some(None),
            }),
            Spec::Connector(ConnectorSpec { name: name("out"), source: None, feeds: Some(vec![]) }),
            Spec::Connector(ConnectorSpec {
                name: name("out"),
                source: Some(SourceRef::Url("https://example.com".into())),
                feeds: None,
            }),
            Spec::Grant(GrantSpec { comment: None, ..grant(PrincipalRef::Everyone, ScopeRef::AllFeeds) }),
            Spec::Settings(SettingsSpec { bare_names: Some(BareNames::Unique), ..SettingsSpec::default() }),
        ]
    }

    fn check(edit: Edit) {
        let step_in = Step { edit, expected_revision: Some(4) };
        assert_eq!(step(change(step_in.clone()).unwrap()).unwrap(), step_in);
    }

    #[test]
    fn edits_survive_the_wire() {
        for spec in whole() {
            check(Edit::Create(spec.clone()));
            check(Edit::Put(spec.clone()));
            check(Edit::Update(spec));
        }
        for spec in partial() {
            check(Edit::Put(spec.clone()));
            check(Edit::Update(spec));
        }
        check(Edit::Update(Spec::Grant(GrantSpec {
            id: Some(9),
            comment: None,
            ..grant(PrincipalRef::Everyone, ScopeRef::AllFeeds)
        })));
        check(Edit::SetMembers {
            group: PrincipalName::Id(1),
            members: vec![Member::User(ann()), Member::Group(PrincipalName::Id(2))],
        });
        check(Edit::SetGroups { member: Member::User(ann()), groups: vec![PrincipalName::Id(2)] });
        check(Edit::RestoreTask(name("Manage Feed")));
        for password in [
            NewPassword::Plain(SecretString::from("hunter2")),
            NewPassword::Hashed(Secret::ProGet { hash: [1; 20].into(), salt: [2; 10].into() }),
        ] {
            check(Edit::SetPassword(SetPassword { user: ann(), password, must_change: true }));
        }
    }

    #[test]
    fn references_survive_the_wire() {
        let named = [
            ObjectRef::Task(name("t")),
            ObjectRef::Directory(name("corp")),
            ObjectRef::User(ann()),
            ObjectRef::Group(PrincipalName::Id(3)),
            ObjectRef::FeedGroup(name("live")),
            ObjectRef::Feed(name("nuget")),
            ObjectRef::Connector(name("out")),
        ];
        for object in &named {
            check(Edit::Rename { object: object.clone(), to: NewName::Name(name("other")) });
        }
        let attribute_ref = ObjectRef::Attribute(attribute("Feeds_Sign"));
        check(Edit::Rename { object: attribute_ref.clone(), to: NewName::Attribute(attribute("F2")) });
        let rest = [
            attribute_ref,
            ObjectRef::Membership(Membership { group: ann(), member: Member::User(ann()) }),
            ObjectRef::GrantId(5),
            ObjectRef::Grant(grant(PrincipalRef::User(ann()), ScopeRef::AllFeeds)),
        ];
        for object in named.into_iter().chain(rest) {
            check(Edit::Delete { object, cascade: true, missing_ok: false });
        }
    }

    #[test]
    fn whole_objects_need_no_mask() {
        for whole in whole() {
            let (object, mask) = object(whole.clone());
            assert_eq!(mask, None, "{whole:?}");
            assert_eq!(spec(object, &Mask::ALL).unwrap(), whole);
        }
    }

    #[test]
    fn argon2_hashes_stay_at_home() {
        let password = NewPassword::Hashed(Secret::Argon2id("$argon2id$".into()));
        let edit = Edit::SetPassword(SetPassword { user: ann(), password, must_change: false });
        change(Step { edit, expected_revision: None }).unwrap_err();
    }
}
