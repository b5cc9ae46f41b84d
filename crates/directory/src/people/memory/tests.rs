//! How much is remembered, by number and by memory.

use std::time::SystemTime;

use tokio::time::Instant;

use super::*;
use crate::{Account, ExternalGroup, Key, Person, people::key};

/// So many groups with ids of a kilobyte.
fn groups(number: usize) -> Vec<ExternalGroup> {
    let group = |number| ExternalGroup {
        id: format!("{number:01000}").into(),
        name: Some(format!("{number:036}").into()),
    };
    (0..number).map(group).collect()
}

fn known(name: &str, groups: usize) -> Arc<Known> {
    let person = Person {
        id: format!("id of {name}").into(),
        name: name.into(),
        display_name: "".into(),
        email: "".into(),
        account: Account::Enabled,
        groups: self::groups(groups),
    };
    Arc::new(Known::new(person).unwrap())
}

fn put(memory: &Memory, name: &str, groups: Option<usize>) {
    let who = groups.map(|groups| known(name, groups));
    let sighting = Sighting::now(who, Instant::now(), SystemTime::now());
    let key = OwnedKey::Name(name.into());
    memory.put(&key::bytes(key.as_key()), &key, Arc::new(sighting));
}

fn has(memory: &Memory, name: &str) -> bool {
    memory.look(&key::bytes(Key::Name(name))).is_some()
}

/// The size as it would be counted anew.
fn counted(memory: &Memory) -> usize {
    let shards = memory.shards.iter().map(|shard| shard.entries.get());
    shards.map(|entries| entries.iter().map(|(key, it)| size(key, &it.sighting.peek())).sum::<usize>()).sum()
}

#[test]
fn memory_stays_within_its_bytes() {
    const MAX: usize = 8 << 20;
    let memory = Memory::new(100_000, MAX);
    for number in 0..100 {
        let name = format!("user{number}");
        put(&memory, &name, Some(1_000));
        assert!(memory.size() <= MAX, "{}", memory.size());
        assert!(has(&memory, &name), "what has just been asked is there to be looked at");
    }
    assert_eq!(memory.size(), counted(&memory));
    // Two kilobytes a group, about: three users fit.
    assert_eq!(memory.len(), 3);
}

#[test]
fn size_follows_what_is_replaced_and_forgotten() {
    let memory = Memory::new(100_000, usize::MAX);
    put(&memory, "ann", Some(100));
    let with_groups = memory.size();
    assert!(with_groups > 200_000, "{with_groups}");
    put(&memory, "ann", None);
    assert!(memory.size() < 1_000, "{}", memory.size());
    put(&memory, "ann", Some(100));
    assert_eq!(memory.size(), with_groups);
    let hour = Duration::from_hours(1);
    assert_eq!(memory.shards.iter().map(|shard| shard.forget_older_than(hour)).sum::<usize>(), 0);
    let freed: usize = memory.shards.iter().map(|shard| shard.forget_older_than(Duration::ZERO)).sum();
    assert_eq!(freed, with_groups);
}

/// Room is made from invented names first.
#[test]
fn size_follows_what_gives_way_to_others() {
    let memory = Memory::new(SHARDS, usize::MAX);
    for number in 0..2_000 {
        put(&memory, &format!("user{number}"), (number % 2 == 0).then_some(1));
    }
    assert_eq!(memory.size(), counted(&memory));
    assert!(memory.len() <= SHARDS);
}

#[test]
fn what_is_too_long_is_an_error() {
    let person = |name: usize, group: usize, id: usize| Person {
        name: "n".repeat(name).into(),
        groups: vec![ExternalGroup { id: "i".repeat(id).into(), name: Some("g".repeat(group).into()) }],
        ..known("ann", 0).person.clone()
    };
    Known::new(person(1_024, 1_024, 1_024)).unwrap();
    for too_long in [person(1_025, 1, 1), person(1, 1_025, 1), person(1, 1, 1_025)] {
        Known::new(too_long).unwrap_err();
    }
    let error = Known::new(Person { groups: groups(9_000), ..person(1, 1, 1) }).unwrap_err();
    assert!(error.to_string().contains("take more than 16 MiB"), "{error}");
}
