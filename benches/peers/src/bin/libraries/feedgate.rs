//! feedgate's engine, asked as its service does, without the protocol.

use std::{collections::HashMap, sync::Arc};

use feedgate::{
    directory::{Connections, Identity, Lookup, Resolved, resolve},
    engine::{Demand, Index, Principals, Target, decide},
    model::{
        Attribute, DirectoryId, Effect, Feed, FeedGroup, FeedGroupId, FeedId, Grant, GrantId, Group, GroupId,
        Name, NameKey, Object, Policy, Principal, Revision, Scope, StoreId, Task, TaskAttributes, TaskId,
        User, UserId, attribute,
    },
};
use feedgate_peers::{
    decisions::{Asked, Bench, Row},
    model::{self, World, names},
};

/// Objects of the model come behind those that a new store has.
const FIRST: u32 = 10;

pub fn run(world: &World, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let index = Index::build(Revision { store: StoreId(1), number: 0 }, policy(world)?)?;
    let nobody_else = Connections::none();
    let row = bench.run("feedgate", "engine", |asked| is_allowed(&index, &nobody_else, asked))?;
    Ok(vec![row])
}

fn is_allowed(index: &Index, nobody_else: &Connections, asked: &Asked) -> bool {
    let found = resolve(index, nobody_else, None, Identity::Name(&asked.user));
    let Ok(Lookup { resolved: Resolved::BuiltIn(member), .. }) = found else { return false };
    let who = Principals::of_member(index, DirectoryId::BUILT_IN, member);
    let (Ok(feed), Some(attribute)) = (NameKey::new(&asked.feed), index.attribute_named(asked.attribute))
    else {
        return false;
    };
    let target = index.feed_id_named(&feed).map_or(Target::UnknownFeed, Target::Feed);
    decide(index, &who, Demand { attribute: attribute.id, target }).allowed()
}

fn policy(world: &World) -> anyhow::Result<Policy> {
    let mut policy = Policy::initial()?;
    let built_in: HashMap<String, Attribute> =
        attribute::built_in().map(|attribute| (attribute.name.to_string(), attribute)).collect();
    for (id, attributes) in (FIRST..).zip(&world.tasks) {
        let ids = attributes.iter().map(|number| built_in[names::attribute(*number)].id);
        policy.put(Object::Task(Arc::new(Task {
            id: TaskId(id),
            name: Name::new(&names::task(id - FIRST))?,
            description: "".into(),
            attributes: TaskAttributes::from_ids(ids),
            revision: 0,
        })));
    }
    for number in 0..world.dimensions.groups {
        policy.put(Object::Group(Arc::new(Group {
            id: GroupId(FIRST + number),
            directory: DirectoryId::BUILT_IN,
            name: Name::new(&names::group(number))?,
            external_id: None,
            description: "".into(),
            groups: Vec::new(),
            revision: 0,
        })));
    }
    for (number, groups) in (0..).zip(&world.members) {
        policy.put(Object::User(Arc::new(User {
            id: UserId(FIRST + number),
            directory: DirectoryId::BUILT_IN,
            name: Name::new(&names::user(number))?,
            external_id: None,
            display_name: format!("User Number {number}").into(),
            email: "".into(),
            disabled: false,
            groups: groups.iter().map(|group| GroupId(FIRST + group)).collect(),
            revision: 0,
        })));
    }
    for number in 0..world.dimensions.feed_groups {
        policy.put(Object::FeedGroup(Arc::new(FeedGroup {
            id: FeedGroupId(FIRST + number),
            name: Name::new(&names::feed_group(number))?,
            description: "".into(),
            revision: 0,
        })));
    }
    for (number, group) in (0..).zip(&world.feed_groups) {
        policy.put(Object::Feed(Arc::new(Feed {
            id: FeedId(FIRST + number),
            name: Name::new(&names::feed(number))?,
            feed_type: "nuget".into(),
            alternate_names: Vec::new(),
            group: Some(FeedGroupId(FIRST + group)),
            promote_to: None,
            revision: 0,
        })));
    }
    for (id, grant) in (u64::from(FIRST)..).zip(&world.grants) {
        policy.put(Object::Grant(Grant {
            id: GrantId(id),
            effect: if grant.restrict { Effect::Restrict } else { Effect::Permit },
            principal: match grant.to {
                model::Principal::User(number) => Principal::User(UserId(FIRST + number)),
                model::Principal::Group(number) => Principal::Group(GroupId(FIRST + number)),
            },
            task: TaskId(FIRST + grant.task),
            scope: match grant.scope {
                model::Scope::Feed(number) => Scope::Feed(FeedId(FIRST + number)),
                model::Scope::FeedGroup(number) => Scope::FeedGroup(FeedGroupId(FIRST + number)),
                model::Scope::AllFeeds => Scope::AllFeeds,
            },
            comment: None,
            revision: 0,
        }));
    }
    Ok(policy)
}
