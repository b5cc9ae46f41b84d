//! A large policy that is the same every time.
//!
//! 5,000 groups, 10 of them a user on average; 500 feed groups, with every feed in one; 40 tasks of one to
//! four of the ten feed-scopable attributes. Of the grants 95 in 100 are to groups and the rest to users; 75 in 100 are on a
//! feed, 2 in 1,000 on all feeds and the rest on a feed group; one in ten restricts.

use std::{collections::HashSet, sync::Arc};

use feedgate::model::{
    Attribute, DirectoryId, Effect, Feed, FeedGroup, FeedGroupId, FeedId, Grant, GrantId, Group, GroupId,
    Name, Object, Policy, Principal, Scope, Task, TaskAttributes, TaskId, User, UserId, attribute,
};

/// Splitmix64, seeded.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound)) as u32
    }
}

/// How much there is of everything. What isn't the user's choice shrinks with the grants.
#[derive(Clone, Copy)]
pub struct Size {
    pub grants: u32,
    pub users: u32,
    pub groups: u32,
    pub feeds: u32,
    pub feed_groups: u32,
    /// How many groups a user is in, if they are all different.
    pub groups_each: u32,
}

pub const TASKS: u32 = 40;
/// Tasks and objects of the world come behind those that a new store has.
pub const FIRST: u32 = 10;

impl Size {
    pub fn of(grants: u32) -> Self {
        let part = |of: u32, least: u64| {
            (u64::from(of) * u64::from(grants) / 1_000_000).clamp(least, u64::from(of)) as u32
        };
        Self {
            grants,
            users: part(100_000, 1_000),
            groups: part(5_000, 100),
            feeds: part(10_000, 200),
            feed_groups: part(500, 20),
            groups_each: 10,
        }
    }
}

pub fn user_name(id: u32) -> String {
    format!("user-{id:06}")
}

pub fn group_name(id: u32) -> String {
    format!("group-{id:04}")
}

pub fn feed_name(id: u32) -> String {
    format!("feed-{id:05}")
}

pub fn feed_group_name(id: u32) -> String {
    format!("feeds-{id:03}")
}

pub fn task_name(id: u32) -> String {
    format!("Task {id:02}")
}

/// One of the ten feed-scopable attributes.
pub fn attribute_of(number: u32) -> Attribute {
    let mut scopable = attribute::built_in().filter(|attribute| attribute.feed_scopable);
    scopable.nth(number as usize).expect("there are ten")
}

fn name(name: &str) -> Name {
    Name::new(name).expect("generated names are valid")
}

/// The whole policy.
pub fn policy(size: Size) -> Policy {
    let mut random = Random(0x1234_5678);
    let mut policy = Policy::initial().expect("the initial policy is valid");
    for id in FIRST..FIRST + TASKS {
        let ids = (0..=random.below(4)).map(|_| attribute_of(random.below(10)).id);
        policy.put(Object::Task(Arc::new(Task {
            id: TaskId(id),
            name: name(&task_name(id)),
            description: "".into(),
            attributes: TaskAttributes::from_ids(ids),
            revision: 0,
        })));
    }
    for id in FIRST..FIRST + size.groups {
        policy.put(Object::Group(Arc::new(Group {
            id: GroupId(id),
            directory: DirectoryId::BUILT_IN,
            name: name(&group_name(id)),
            external_id: None,
            description: "".into(),
            groups: Vec::new(),
            revision: 0,
        })));
    }
    for id in FIRST..FIRST + size.users {
        let mut groups: Vec<_> =
            (0..size.groups_each).map(|_| GroupId(FIRST + random.below(size.groups))).collect();
        groups.sort_unstable();
        groups.dedup();
        policy.put(Object::User(Arc::new(User {
            id: UserId(id),
            directory: DirectoryId::BUILT_IN,
            name: name(&user_name(id)),
            external_id: None,
            display_name: format!("User Number {id}").into(),
            email: "".into(),
            disabled: false,
            groups,
            revision: 0,
        })));
    }
    for id in FIRST..FIRST + size.feed_groups {
        policy.put(Object::FeedGroup(Arc::new(FeedGroup {
            id: FeedGroupId(id),
            name: name(&feed_group_name(id)),
            description: "".into(),
            revision: 0,
        })));
    }
    for id in FIRST..FIRST + size.feeds {
        policy.put(Object::Feed(Arc::new(Feed {
            id: FeedId(id),
            name: name(&feed_name(id)),
            feed_type: "nuget".into(),
            alternate_names: Vec::new(),
            group: Some(FeedGroupId(FIRST + random.below(size.feed_groups))),
            promote_to: None,
            revision: 0,
        })));
    }
    let mut seen = HashSet::with_capacity(size.grants as usize);
    while policy.grants.len() < size.grants as usize {
        let grant = grant(&mut random, size, GrantId(u64::from(FIRST) + policy.grants.len() as u64));
        if seen.insert((grant.effect, grant.principal, grant.task, grant.scope)) {
            policy.put(Object::Grant(grant));
        }
    }
    policy
}

/// A random feed group.
pub fn feed_group(random: &mut Random, size: Size) -> FeedGroupId {
    FeedGroupId(FIRST + random.below(size.feed_groups))
}

/// A random grant; the caller sees to its being new.
pub fn grant(random: &mut Random, size: Size, id: GrantId) -> Grant {
    let principal = if random.below(100) < 95 {
        Principal::Group(GroupId(FIRST + random.below(size.groups)))
    } else {
        Principal::User(UserId(FIRST + random.below(size.users)))
    };
    let scope = match random.below(1000) {
        0..2 => Scope::AllFeeds,
        2..250 => Scope::FeedGroup(feed_group(random, size)),
        _ => Scope::Feed(FeedId(FIRST + random.below(size.feeds))),
    };
    Grant {
        id,
        effect: if random.below(10) == 0 { Effect::Restrict } else { Effect::Permit },
        principal,
        task: TaskId(FIRST + random.below(TASKS)),
        scope,
        comment: None,
        revision: 0,
    }
}
