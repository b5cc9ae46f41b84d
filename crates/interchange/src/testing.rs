//! What the tests share: a store's policy as specs, and edits applied to it the naive way.

use super::problem::Problem;
use feedgate_model::{
    Attribute, BareNames, BuiltInTask, Effect, Name, ScopePrecedence, SignInOrder, TaskAttributes,
    UnknownFeed, attribute, directory,
    edit::{
        AttributeSpec, AttributesRef, DirectorySpec, Edit, GrantSpec, GroupSpec, Member, Membership, NewName,
        ObjectRef, PrincipalName, PrincipalRef, ScopeRef, SettingsSpec, Spec, TaskSpec, UserSpec,
    },
};

pub(super) fn strings(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

pub(super) fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn built_in(person: &str) -> PrincipalName {
    PrincipalName::built_in(name(person))
}

/// A new store's policy, as it is exported.
pub(super) fn initial() -> Vec<Spec> {
    let catalogue = || attribute::built_in().map(|Attribute { name, id, .. }| (id, name));
    let mut specs = vec![Spec::Settings(SettingsSpec {
        scope_precedence: Some(ScopePrecedence::default()),
        unknown_feed: Some(UnknownFeed::default()),
        bare_names: Some(BareNames::default()),
        sign_in: Some(SignInOrder::default()),
    })];
    specs.extend(attribute::built_in().map(|attribute| {
        Spec::Attribute(AttributeSpec {
            name: attribute.name,
            label: Some(attribute.label),
            category: Some(attribute.category),
            feed_scopable: Some(attribute.feed_scopable),
            description: Some(attribute.description),
        })
    }));
    specs.extend(BuiltInTask::ALL.map(|task| {
        let task = task.task().unwrap();
        let attributes = match task.attributes {
            TaskAttributes::All => AttributesRef::All,
            TaskAttributes::These(ids) => AttributesRef::These(
                catalogue().filter(|(id, _)| ids.contains(id)).map(|(_, name)| name).collect(),
            ),
        };
        Spec::Task(TaskSpec {
            name: task.name,
            description: Some(task.description),
            attributes: Some(attributes),
        })
    }));
    specs.push(Spec::Directory(DirectorySpec {
        name: name(directory::BUILT_IN_NAME),
        domains: Some(vec![]),
        netbios: Some(vec![]),
        enabled: Some(true),
        position: Some(0),
    }));
    specs.push(Spec::User(UserSpec {
        user: built_in("Admin"),
        display_name: Some("Administrator".into()),
        email: Some("".into()),
        disabled: Some(false),
        external_id: None,
    }));
    let group = built_in("Administrators");
    specs.push(Spec::Group(GroupSpec {
        group: group.clone(),
        description: Some("".into()),
        external_id: None,
    }));
    specs
        .push(Spec::Membership(Membership { group: group.clone(), member: Member::User(built_in("Admin")) }));
    specs.push(Spec::Grant(GrantSpec {
        id: None,
        effect: Effect::Permit,
        principal: PrincipalRef::Group(group),
        task: name("Administer"),
        scope: ScopeRef::AllFeeds,
        comment: None,
    }));
    specs
}

/// The specs after edits, each of which must make sense when its turn comes.
pub(super) fn applied(mut specs: Vec<Spec>, edits: &[Edit]) -> Vec<Spec> {
    for edit in edits {
        match edit {
            Edit::Put(put) => match specs.iter_mut().find(|spec| is_same(spec, put)) {
                Some(spec) => merge(spec, put),
                None => specs.push(created(&specs, put)),
            },
            Edit::SetMembers { group, members } => {
                let all: Vec<_> = members.iter().map(|member| (group.clone(), member.clone())).collect();
                let gone = |membership: &Membership| {
                    membership.group == *group && !members.contains(&membership.member)
                };
                set_memberships(&mut specs, all, gone);
            }
            Edit::SetGroups { member, groups } => {
                let all: Vec<_> = groups.iter().map(|group| (group.clone(), member.clone())).collect();
                let gone = |membership: &Membership| {
                    membership.member == *member && !groups.contains(&membership.group)
                };
                set_memberships(&mut specs, all, gone);
            }
            Edit::Delete { object, cascade: false, missing_ok: true } => {
                specs.retain(|spec| !is_object(spec, object));
            }
            Edit::SetPassword(_) => {}
            Edit::Rename { object, to } => {
                let named = specs.iter_mut().find(|spec| is_object(spec, object));
                respell(named.unwrap_or_else(|| panic!("no {object:?}")), to);
            }
            other => panic!("{other:?}"),
        }
    }
    specs
}

/// Gives an object another spelling of its name. What refers to it compares as before.
fn respell(spec: &mut Spec, to: &NewName) {
    match (spec, to) {
        (Spec::Attribute(spec), NewName::Attribute(to)) => spec.name = to.clone(),
        (Spec::Task(spec), NewName::Name(to)) => spec.name = to.clone(),
        (Spec::Directory(spec), NewName::Name(to)) => spec.name = to.clone(),
        (Spec::User(spec), NewName::Name(to)) => spec.user = PrincipalName::built_in(to.clone()),
        (Spec::Group(spec), NewName::Name(to)) => spec.group = PrincipalName::built_in(to.clone()),
        (Spec::FeedGroup(spec), NewName::Name(to)) => spec.name = to.clone(),
        (Spec::Feed(spec), NewName::Name(to)) => spec.name = to.clone(),
        (Spec::Connector(spec), NewName::Name(to)) => spec.name = to.clone(),
        other => panic!("{other:?}"),
    }
}

fn set_memberships(
    specs: &mut Vec<Spec>,
    all: Vec<(PrincipalName, Member)>,
    gone: impl Fn(&Membership) -> bool,
) {
    specs.retain(|spec| !matches!(spec, Spec::Membership(membership) if gone(membership)));
    for (group, member) in all {
        let there = |person: &Spec| match (person, &member) {
            (Spec::User(spec), Member::User(user)) => spec.user == *user,
            (Spec::Group(spec), Member::Group(group)) => spec.group == *group,
            _ => false,
        };
        assert!(specs.iter().any(there), "no {member:?}");
        assert!(
            specs.iter().any(|spec| matches!(spec, Spec::Group(spec) if spec.group == group)),
            "no {group:?}"
        );
        let membership = Spec::Membership(Membership { group, member });
        if !specs.contains(&membership) {
            specs.push(membership);
        }
    }
}

fn is_same(spec: &Spec, put: &Spec) -> bool {
    match (spec, put) {
        (Spec::Settings(_), Spec::Settings(_)) => true,
        (Spec::Attribute(a), Spec::Attribute(b)) => a.name == b.name,
        (Spec::Task(a), Spec::Task(b)) => a.name == b.name,
        (Spec::Directory(a), Spec::Directory(b)) => a.name == b.name,
        (Spec::User(a), Spec::User(b)) => a.user == b.user,
        (Spec::Group(a), Spec::Group(b)) => a.group == b.group,
        (Spec::FeedGroup(a), Spec::FeedGroup(b)) => a.name == b.name,
        (Spec::Feed(a), Spec::Feed(b)) => a.name == b.name,
        (Spec::Connector(a), Spec::Connector(b)) => a.name == b.name,
        (Spec::Grant(a), Spec::Grant(b)) => {
            (&a.effect, &a.principal, &a.task, &a.scope) == (&b.effect, &b.principal, &b.task, &b.scope)
        }
        _ => false,
    }
}

fn is_object(spec: &Spec, object: &ObjectRef) -> bool {
    match (spec, object) {
        (Spec::Attribute(spec), ObjectRef::Attribute(name)) => spec.name == *name,
        (Spec::Task(spec), ObjectRef::Task(name)) => spec.name == *name,
        (Spec::Directory(spec), ObjectRef::Directory(name)) => spec.name == *name,
        (Spec::User(spec), ObjectRef::User(user)) => spec.user == *user,
        (Spec::Group(spec), ObjectRef::Group(group)) => spec.group == *group,
        (Spec::FeedGroup(spec), ObjectRef::FeedGroup(name)) => spec.name == *name,
        (Spec::Feed(spec), ObjectRef::Feed(name)) => spec.name == *name,
        (Spec::Connector(spec), ObjectRef::Connector(name)) => spec.name == *name,
        (Spec::Grant(_), ObjectRef::Grant(grant)) => is_same(spec, &Spec::Grant(grant.clone())),
        _ => false,
    }
}

fn created(specs: &[Spec], put: &Spec) -> Spec {
    let feed_is_there =
        |name: &Name| specs.iter().any(|spec| matches!(spec, Spec::Feed(feed) if feed.name == *name));
    let mut spec = put.clone();
    match &mut spec {
        Spec::Feed(feed) => {
            if let Some(Some(target)) = &feed.promote_to {
                assert!(feed_is_there(target), "no feed {target}");
            }
        }
        Spec::Grant(grant) => {
            if let ScopeRef::Feed(feed) = &grant.scope {
                assert!(feed_is_there(feed), "no feed {feed}");
            }
            assert!(specs.iter().any(|spec| matches!(spec, Spec::Task(task) if task.name == grant.task)));
        }
        Spec::Directory(directory) => {
            let last = specs.iter().filter_map(|spec| match spec {
                Spec::Directory(directory) => directory.position,
                _ => None,
            });
            directory.position = directory.position.or(last.max().map(|last| last + 1));
        }
        _ => {}
    }
    spec
}

fn merge(spec: &mut Spec, put: &Spec) {
    macro_rules! take {
        ($old:ident, $new:ident: $($field:ident),+) => {{
            $(if $new.$field.is_some() { $old.$field = $new.$field.clone(); })+
        }};
    }
    match (spec, put) {
        (Spec::Settings(a), Spec::Settings(b)) => {
            take!(a, b: scope_precedence, unknown_feed, bare_names, sign_in)
        }
        (Spec::Attribute(a), Spec::Attribute(b)) => take!(a, b: label, category, feed_scopable, description),
        (Spec::Task(a), Spec::Task(b)) => take!(a, b: description, attributes),
        (Spec::Directory(a), Spec::Directory(b)) => take!(a, b: domains, netbios, enabled, position),
        (Spec::User(a), Spec::User(b)) => take!(a, b: display_name, email, disabled, external_id),
        (Spec::Group(a), Spec::Group(b)) => take!(a, b: description, external_id),
        (Spec::FeedGroup(a), Spec::FeedGroup(b)) => take!(a, b: description),
        (Spec::Feed(a), Spec::Feed(b)) => take!(a, b: feed_type, alternate_names, group, promote_to),
        (Spec::Connector(a), Spec::Connector(b)) => take!(a, b: source, feeds),
        (Spec::Grant(a), Spec::Grant(b)) => take!(a, b: comment),
        _ => {}
    }
}
