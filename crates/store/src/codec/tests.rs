//! Everything that can be wrong with records is named, in words, and none of it loads.

use std::{collections::BTreeMap, sync::Arc};

use super::{super::Head, *};
use crate::{
    Commit, Problems,
    conformance::{change_set, changes, created, objects},
};
use feedgate_model::*;

type Store = BTreeMap<Vec<u8>, Vec<u8>>;

/// Parts are short, so that records have several.
const LIMIT: usize = 40;

fn write(store: &mut Store, plan: Plan) -> State {
    for (key, value) in plan.writes {
        match value {
            Some(value) => drop(store.insert(key, value)),
            None => drop(store.remove(&key)),
        }
    }
    plan.state
}

/// Three change sets, two credentials, and a few of everything.
fn filled() -> (Store, State) {
    let mut store = Store::new();
    let mut state = write(&mut store, initial(StoreId(7), &Policy::initial().unwrap(), LIMIT).unwrap());
    for revision in 1..=3 {
        let mut all = created(revision * 100..revision * 100 + 3, revision);
        if revision == 1 {
            all.extend(objects(1).into_iter().map(Change::Created));
        }
        let secret = Secret::Argon2id("hash".into());
        let user = UserId(revision as u32 % 2 + 1);
        let commit = Commit {
            credentials: vec![(user, Some(Credential { user, secret, must_change: false }))],
            ..changes(vec![change_set(revision, all)])
        };
        let plan = super::commit(&state, revision - 1, &commit, &store, LIMIT).unwrap();
        state = write(&mut store, plan);
    }
    (store, state)
}

fn parts(store: &Store) -> impl Iterator<Item = Result<(&Vec<u8>, &Vec<u8>), StoreError>> {
    store.iter().map(Ok)
}

fn named(store: &Store) -> Vec<String> {
    let mut problems = Problems::default();
    let (_, contents) = examine(parts(store), &mut problems).unwrap();
    assert_eq!(contents.is_some(), problems.is_empty());
    let loaded = load(parts(store));
    assert_eq!(loaded.is_ok(), problems.is_empty(), "a load is as strict");
    if let Err(error) = loaded {
        // What only a deep look sees may come first.
        let error = error.to_string();
        assert!(
            problems.listed().iter().any(|named| error.contains(named.as_str())),
            "{error}: {problems:?}"
        );
    }
    problems.listed().to_vec()
}

#[test]
fn nothing_is_wrong() {
    let (store, state) = filled();
    let mut problems = Problems::default();
    let (counts, contents) = examine(parts(&store), &mut problems).unwrap();
    let contents = contents.unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((contents.state, contents.credentials), (state, vec![UserId(1), UserId(2)]));
    assert_eq!((counts.parts, counts.credentials, counts.change_sets), (store.len() as u64, 2, 3));
    assert_eq!(counts.objects, contents.policy.objects().count() as u64);
}

/// Damages a store, and expects these problems, in the beginnings of their words.
#[track_caller]
fn check(damage: impl FnOnce(&mut Store, &State), expected: &[&str]) {
    let (mut store, state) = filled();
    damage(&mut store, &state);
    let named = named(&store);
    assert_eq!(named.len(), expected.len(), "{named:#?}");
    for (named, expected) in named.iter().zip(expected) {
        assert!(named.starts_with(expected), "{named:?}: not {expected:?}");
    }
}

fn flip(store: &mut Store, key: RecordKey, part: u32) {
    let value = store.get_mut(&key.part(part)).unwrap();
    let at = value.len() / 2;
    value[at] ^= 1;
}

fn remove(store: &mut Store, key: RecordKey) {
    for part in 0.. {
        if store.remove(&key.part(part)).is_none() {
            break;
        }
    }
}

/// Seals a record anew, as somebody with a plan would.
fn put(store: &mut Store, key: RecordKey, payload: &[u8]) {
    remove(store, key);
    record::cut(key, payload, LIMIT, |key, value| drop(store.insert(key, value)));
}

fn payload(store: &Store, key: RecordKey) -> Vec<u8> {
    read(store, key).unwrap().unwrap().payload
}

fn put_state(store: &mut Store, state: &State) {
    put(store, RecordKey::State, &state.encode().unwrap());
}

const GRANTS: RecordKey = RecordKey::Page { kind: Kind::Grant, page: 1 };
const SET: fn(u64) -> RecordKey = RecordKey::ChangeSet;

#[test]
fn every_broken_record_is_named() {
    check(|store, _| flip(store, RecordKey::Format, 0), &["the record of the format: its checksum is wrong"]);
    check(|store, _| flip(store, RecordKey::State, 1), &["the record of the state: its checksum is wrong"]);
    check(
        |store, _| {
            flip(store, GRANTS, 0);
            flip(store, RecordKey::Credential(UserId(2)), 0);
            flip(store, SET(1), 2);
            flip(store, SET(3), 0);
        },
        &[
            "page 1 of kind grant: its checksum is wrong",
            "the credential of user 2: its checksum is wrong",
            "change set 1: its checksum is wrong",
            "change set 3: its checksum is wrong",
        ],
    );
}

#[test]
fn every_missing_record_is_named() {
    let objects = "the records of objects aren't those that were written";
    let sets = "the records of change sets aren't those that were written";
    check(|store, _| remove(store, RecordKey::Format), &["the record of the format: it is missing"]);
    check(|store, _| remove(store, RecordKey::State), &["the record of the state: it is missing"]);
    check(|store, _| remove(store, GRANTS), &[objects]);
    check(
        |store, _| remove(store, RecordKey::Credential(UserId(1))),
        &["the records of credentials aren't those that were written"],
    );
    check(|store, _| remove(store, SET(2)), &["change set 3: it comes behind change set 1", sets]);
    check(|store, _| remove(store, SET(1)), &["change set 2: it comes behind change set 0", sets]);
    check(|store, _| remove(store, SET(3)), &[sets, "the change log ends at revision 2, the head is 3"]);
    check(|store, _| drop(store.remove(&SET(1).part(2))), &["change set 1: part 2 of", sets]);
    check(
        |store, _| drop(store.remove(&SET(1).part(0))),
        &["change set 1: part 1 doesn't follow the one before it", sets],
    );
    check(
        |store, _| store.clear(),
        &["the record of the format: it is missing", "the record of the state: it is missing"],
    );
}

#[test]
fn what_is_well_sealed_and_wrong_is_named() {
    check(|store, _| drop(store.insert(vec![9], vec![])), &["nothing has a key like [09]"]);
    check(
        |store, _| put(store, GRANTS, &payload(store, RecordKey::Page { kind: Kind::Grant, page: 3 })),
        &["the records of objects aren't those that were written: as many are there, but one of them"],
    );
    check(
        |store, _| put(store, RecordKey::Page { kind: Kind::Feed, page: 0 }, b"\x01"),
        &["page 0 of kind feed: "],
    );
    check(
        |store, _| {
            put(store, RecordKey::Credential(UserId(1)), &payload(store, RecordKey::Credential(UserId(2))))
        },
        &["the credential of user 1: it belongs to another user"],
    );
    // The bytes of a change set are followed by more: its own digest fits, and that of the next one, too.
    check(
        |store, state| {
            let mut long = payload(store, SET(3));
            long.push(0);
            let before = log::digest_of(2, &payload(store, SET(2))).unwrap();
            let digest: [u8; 32] =
                blake3::Hasher::new().update(&before).update(&long[32..]).finalize().into();
            long[..32].copy_from_slice(&digest);
            put(store, SET(3), &long);
            let head = Head { digest, ..state.head };
            put_state(store, &State { head, ..state.clone() });
        },
        &["change set 3: something follows it", "the records of change sets aren't those"],
    );
    check(
        |store, state| {
            let head = Head { digest: [7; 32], ..state.head };
            put_state(store, &State { head, ..state.clone() });
        },
        &["the head at revision 3 isn't where the change log leads"],
    );
    check(
        |store, state| put_state(store, &State { next: NextIds::default(), ..state.clone() }),
        &["the record of the state: a "; 10],
    );
}

#[test]
fn the_chain_is_looked_at_behind_a_break() {
    // Another change set 1: what follows it fits it no more.
    check(
        |store, _| {
            let (other, _) = log::encode(&genesis(StoreId(7)), &change_set(1, vec![])).unwrap();
            put(store, SET(1), &other);
        },
        &["change set 2: it doesn't follow the one before it", "the records of change sets aren't those"],
    );
}

#[test]
fn a_newer_format_is_no_damage() {
    let (mut store, _) = filled();
    put(&mut store, RecordKey::Format, &3_u32.to_le_bytes());
    let newer = |error| matches!(error, StoreError::NewerFormat { found: 3, known: 2 });
    assert!(newer(load(parts(&store)).unwrap_err()));
    assert!(newer(examine(parts(&store), &mut Problems::default()).unwrap_err()));
}

#[test]
fn reading_that_fails_is_named_once() {
    let (store, _) = filled();
    let broken = || StoreError::Corrupt("can't read".to_owned());
    let mut problems = Problems::default();
    let some = parts(&store).take(store.len() / 2).chain(std::iter::repeat_with(|| Err(broken())));
    assert!(examine(some, &mut problems).unwrap().1.is_none());
    assert!(problems.listed().contains(&"can't read".to_owned()), "{problems:?}");
    assert!(problems.listed().len() <= 2, "{problems:?}");
}

#[test]
fn everything_written_anew_is_the_same() {
    let (store, state) = filled();
    let policy = load(parts(&store)).unwrap().policy;
    let credentials: Vec<_> =
        [1, 2].map(|user| credential(&store, UserId(user)).unwrap().unwrap()).into_iter().collect();
    let log: Vec<_> = (1..=3).map(|revision| super::change_set(&store, revision).unwrap()).collect();
    let everything = Everything {
        head: state.head,
        log_digest: state.log_digest,
        policy: &policy,
        credentials: credentials.iter().collect(),
        log: log.iter().collect(),
    };
    let mut again = Store::new();
    let written = write(&mut again, super::everything(&everything, LIMIT).unwrap());
    put_state(&mut again, &State { commits: state.commits, ..written });
    assert_eq!(again, store);
    // And as another store: only its state is another.
    let other = write(&mut again, reincarnation(&state, StoreId(8), LIMIT).unwrap());
    assert_eq!(other.head, Head { store: StoreId(8), ..state.head });
    put_state(&mut again, &state);
    assert_eq!(again, store);
}

/// A store as a feedgate of format 1 has left it.
fn of_format_1() -> (Store, State) {
    let (mut store, mut state) = filled();
    let settings = RecordKey::Page { kind: Kind::Settings, page: 0 };
    let mut rewrite = |key: RecordKey, area: fn(&mut State) -> &mut record::Tally, cut_off: usize| {
        let whole = read(&store, key).unwrap().unwrap();
        *area(&mut state) -= whole.tally;
        let payload = &whole.payload[..whole.payload.len() - cut_off];
        *area(&mut state) += record::cut_in(1, key, payload, LIMIT, |key, value| {
            store.insert(key, value);
        });
    };
    // They are the defaults, all zeros, and end so.
    rewrite(settings, |state| &mut state.objects, 1);
    for revision in 1..=3 {
        rewrite(SET(revision), |state| &mut state.log, 0);
    }
    put_state(&mut store, &state);
    put(&mut store, RecordKey::Format, &1_u32.to_le_bytes());
    (store, state)
}

#[test]
fn an_older_format_is_read_and_left_with_the_first_commit() {
    let (mut store, state) = of_format_1();
    assert!(named(&store).is_empty());
    let (new, _) = filled();
    assert_eq!(load(parts(&store)).unwrap().policy, load(parts(&new)).unwrap().policy);
    assert_eq!(super::change_set(&store, 1).unwrap(), super::change_set(&new, 1).unwrap());

    let before = load(parts(&store)).unwrap().policy.settings;
    let after = Settings { sign_in: SignInOrder::FirstHolder, revision: 4, ..Settings::clone(&before) };
    let both = (Object::Settings(before), Object::Settings(Arc::new(after)));
    let changed = change_set(4, vec![Change::Updated(Box::new(both))]);
    let plan = super::commit(&state, 3, &changes(vec![changed]), &store, LIMIT).unwrap();
    write(&mut store, plan);
    assert_eq!(payload(&store, RecordKey::Format), 2_u32.to_le_bytes());
    assert!(named(&store).is_empty());
    let settings = load(parts(&store)).unwrap().policy.settings;
    assert_eq!((settings.sign_in, settings.revision), (SignInOrder::FirstHolder, 4));
    // A commit of a password alone is enough.
    let (store, state) = of_format_1();
    let commit = Commit { credentials: vec![(UserId(1), None)], ..Commit::default() };
    let plan = super::commit(&state, 3, &commit, &store, LIMIT).unwrap();
    assert!(plan.writes.iter().any(|(key, _)| *key == RecordKey::Format.part(0)));
}

#[test]
fn versions_are_not_mixed_within_a_record() {
    check(
        |store, _| {
            let first = payload(store, SET(1));
            let mut parts = Vec::new();
            record::cut_in(1, SET(1), &first, LIMIT, |key, value| parts.push((key, value)));
            store.extend(parts.into_iter().skip(1).take(1));
        },
        &["change set 1: its parts are of several versions"],
    );
}
