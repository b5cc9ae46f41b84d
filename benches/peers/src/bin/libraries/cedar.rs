//! Cedar: a policy a grant; users are in groups, feeds in feed groups.
//!
//! In Cedar a `forbid` beats every `permit`, so that some answers differ. Of many policies it looks at each: an
//! application can help by giving it only those that name the user or one of the user's groups.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, PolicyId,
    PolicySet, Request,
};
use feedgate_peers::{
    decisions::{Asked, Bench, Row},
    model::{Grant, Principal, Scope, World, names},
};

/// The names of types, parsed once.
struct Types {
    user: EntityTypeName,
    group: EntityTypeName,
    feed: EntityTypeName,
    feed_group: EntityTypeName,
    action: EntityTypeName,
}

fn uid(of: &EntityTypeName, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(name))
}

pub fn run(world: &World, bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let types = Types {
        user: "User".parse()?,
        group: "Group".parse()?,
        feed: "Feed".parse()?,
        feed_group: "FeedGroup".parse()?,
        action: "Action".parse()?,
    };
    let entities = entities(world, &types)?;
    let policies: Vec<Policy> = (0..).zip(&world.grants).map(policy).collect::<anyhow::Result<_>>()?;
    let authorizer = Authorizer::new();
    let decide = |policies: &PolicySet, asked: &Asked| {
        let (user, feed) = (uid(&types.user, &asked.user), uid(&types.feed, &asked.feed));
        let action = uid(&types.action, asked.attribute);
        let request = Request::new(user, action, feed, Context::empty(), None).expect("there is no schema");
        authorizer.is_authorized(&request, policies, &entities).decision() == Decision::Allow
    };

    let all = PolicySet::from_policies(policies.iter().cloned())?;
    let first = bench.run("cedar", "all policies", |asked| decide(&all, asked))?;

    let mut of_principals: HashMap<Principal, Vec<&Policy>> = HashMap::new();
    for (grant, policy) in world.grants.iter().zip(&policies) {
        of_principals.entry(grant.to).or_default().push(policy);
    }
    let slice = |user: u32| {
        let groups = world.members[user as usize].iter().map(|group| Principal::Group(*group));
        let principals = groups.chain([Principal::User(user)]);
        let found = principals.filter_map(|principal| of_principals.get(&principal)).flatten();
        PolicySet::from_policies(found.map(|policy| Policy::clone(policy))).expect("their ids differ")
    };
    let second = bench.run("cedar", "the user's policies, gathered for each decision", |asked| {
        decide(&slice(asked.question.user), asked)
    })?;

    let slices: Vec<PolicySet> = (0..world.dimensions.users).map(slice).collect();
    let third = bench.run("cedar", "the user's policies, gathered before", |asked| {
        decide(&slices[asked.question.user as usize], asked)
    })?;
    Ok(vec![first, second, third])
}

fn policy((number, grant): (u32, &Grant)) -> anyhow::Result<Policy> {
    let effect = if grant.restrict { "forbid" } else { "permit" };
    let principal = match grant.to {
        Principal::User(_) => format!("principal == User::\"{}\"", grant.to.name()),
        Principal::Group(_) => format!("principal in Group::\"{}\"", grant.to.name()),
    };
    let resource = match grant.scope {
        Scope::Feed(_) => format!("resource == Feed::\"{}\"", grant.scope.name()),
        Scope::FeedGroup(_) => format!("resource in FeedGroup::\"{}\"", grant.scope.name()),
        Scope::AllFeeds => "resource".into(),
    };
    // In the small models a task is one attribute.
    let attribute = names::attribute(grant.task);
    let text = format!("{effect}({principal}, action == Action::\"{attribute}\", {resource});");
    Ok(Policy::parse(Some(PolicyId::new(format!("grant-{number}"))), text)?)
}

fn entities(world: &World, types: &Types) -> anyhow::Result<Entities> {
    let dimensions = &world.dimensions;
    let mut entities = Vec::new();
    for number in 0..dimensions.groups {
        entities.push(Entity::new_no_attrs(uid(&types.group, &names::group(number)), HashSet::new()));
    }
    for number in 0..dimensions.feed_groups {
        entities
            .push(Entity::new_no_attrs(uid(&types.feed_group, &names::feed_group(number)), HashSet::new()));
    }
    for (number, groups) in (0..).zip(&world.members) {
        let parents = groups.iter().map(|group| uid(&types.group, &names::group(*group))).collect();
        entities.push(Entity::new_no_attrs(uid(&types.user, &names::user(number)), parents));
    }
    for (number, group) in (0..).zip(&world.feed_groups) {
        let parent = uid(&types.feed_group, &names::feed_group(*group));
        entities.push(Entity::new_no_attrs(uid(&types.feed, &names::feed(number)), [parent].into()));
    }
    Ok(Entities::from_entities(entities, None)?)
}
