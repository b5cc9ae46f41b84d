//! The bytes of the format, pinned: a record of every kind, read and written.
//!
//! A change that breaks these tests breaks every store out there. Add a version instead.

use std::{fmt::Write as _, sync::Arc};

use super::{
    super::Head,
    record::{Tally, Whole},
    *,
};
use crate::conformance::{change_set, objects};
use feedgate_model::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn unhex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// A page with one object is written so, and read from there.
#[track_caller]
fn check_page(object: Object, golden: &str) {
    let key = RecordKey::page_of(object.key());
    let RecordKey::Page { kind, page } = key else { panic!("{key}") };
    let objects = [object];
    assert_eq!(hex(&page::encode(key, kind, &objects).unwrap()), golden);
    assert_eq!(objects_of(kind, page, key.version(), golden), objects);
}

fn whole(key: RecordKey, version: u8, golden: &str) -> Whole {
    Whole { key, version, payload: unhex(golden), tally: Tally::default() }
}

fn objects_of(kind: Kind, page: u64, version: u8, golden: &str) -> Vec<Object> {
    let mut read = Vec::new();
    let whole = whole(RecordKey::Page { kind, page }, version, golden);
    page::decode(kind, page, &whole, |object| read.push(object)).unwrap();
    read
}

fn example(kind: Kind) -> Object {
    objects(1).into_iter().find(|object| object.key().kind == kind).unwrap()
}

#[test]
fn settings() {
    let unlike_the_defaults = Settings {
        scope_precedence: ScopePrecedence::FeedAndGroupEqual,
        unknown_feed: UnknownFeed::AllFeedsGrants,
        bare_names: BareNames::First,
        sign_in: SignInOrder::FirstHolder,
        revision: 300,
    };
    check_page(Object::Settings(Arc::new(unlike_the_defaults.clone())), "0101010101ac02");
    // Before there was `sign_in`.
    let first = Settings { sign_in: SignInOrder::default(), ..unlike_the_defaults };
    assert_eq!(objects_of(Kind::Settings, 0, 1, "01010101ac02"), [Object::Settings(Arc::new(first))]);
}

#[test]
fn attributes() {
    check_page(
        example(Kind::Attribute),
        "011608437573746f6d5f31076c6162656c20310a63617465676f72792031010d6465736372697074696f6e203101",
    );
}

#[test]
fn tasks() {
    check_page(example(Kind::Task), "0106065461736b20310d6465736372697074696f6e20310102031601");
}

#[test]
fn directories() {
    check_page(
        example(Kind::Directory),
        "01010b4469726563746f72792031010b6578616d706c652e636f6d01074558414d504c45000301",
    );
}

#[test]
fn groups() {
    check_page(
        example(Kind::Group),
        "0102010953747261c39f652031010a65787465726e616c20310d6465736372697074696f6e2031010101",
    );
}

#[test]
fn users() {
    check_page(example(Kind::User), "010201065573657220310009646973706c6179203108652d6d61696c20310102010201");
}

#[test]
fn feed_groups() {
    check_page(example(Kind::FeedGroup), "01010c466565642047726f757020310d6465736372697074696f6e203101");
}

#[test]
fn feeds() {
    check_page(example(Kind::Feed), "010106466565642031056e7567657401074f7468657220310101010101");
}

#[test]
fn connectors() {
    check_page(
        example(Kind::Connector),
        "01010b436f6e6e6563746f722031001e68747470733a2f2f6578616d706c652e636f6d2f696e6465782e6a736f6e010101",
    );
}

#[test]
fn one_grant() {
    check_page(example(Kind::Grant), "0400000000000000d90106010109636f6d6d656e742031");
}

#[test]
fn several_grants() {
    let grants = [
        (Principal::User(UserId(300)), Scope::AllFeeds, None),
        (Principal::Group(GroupId(2)), Scope::Feed(FeedId(1)), None),
        (Principal::Everyone, Scope::FeedGroup(FeedGroupId(1)), Some("why")),
        (Principal::Authenticated, Scope::AllFeeds, None),
        (Principal::Anonymous, Scope::AllFeeds, None),
    ];
    let grants = (65..).zip(grants).map(|(id, (principal, scope, comment))| Grant {
        id: GrantId(id),
        effect: if id == 69 { Effect::Restrict } else { Effect::Permit },
        principal,
        task: TaskId(4),
        scope,
        comment: comment.map(Into::into),
        revision: id / 67,
    });
    let golden = "3e0000000000000000ac020422020401d40401010377687906040b04";
    let grants: Vec<_> = grants.collect();
    assert_eq!(hex(&grants::pack(grants.iter())), golden);
    let mut read = Vec::new();
    grants::unpack(1, &unhex(golden), |grant| read.push(grant)).unwrap();
    assert_eq!(read, grants);
}

#[test]
fn credentials() {
    let proget = Secret::ProGet { hash: vec![1; 20].into(), salt: vec![2; 10].into() };
    for (secret, must_change, golden) in [
        (proget, true, "ac02011401010101010101010101010101010101010101010a0202020202020202020201"),
        (Secret::Argon2id("$argon2id$".into()), false, "ac02000a246172676f6e3269642400"),
    ] {
        let user = UserId(300);
        let credential = Credential { user, secret, must_change };
        assert_eq!(hex(&wire::encode(RecordKey::Credential(user), &credential).unwrap()), golden);
        assert_eq!(decode_credential(user, &unhex(golden)).unwrap(), credential);
    }
}

#[test]
fn change_sets_and_their_digests() {
    let before = genesis(StoreId(0x0123_4567_89ab_cdef));
    assert_eq!(hex(&before), "eef98955c7dde0e2cc11a5c7498931a1d8e2f9f73350dde6fe466c7090e8a81b");
    let (old, new) = (example(Kind::FeedGroup), objects(2).into_iter().nth(5).unwrap());
    let changes = vec![
        Change::Created(example(Kind::Grant)),
        Change::Updated(Box::new((old, new))),
        Change::Deleted(example(Kind::Connector)),
    ];
    let mut change_set = change_set(300, changes);
    change_set.idempotency = Some(Idempotency { key: "key".into(), request: [7; 32] });
    let golden = "2fce0449171779a887d9fb207221d428422ab5edf65b56992d5d269946d55429ac02acd295ffbc310541646d696e01036b65790707070707070707070707070707070707070707070707070707070707070707030009020104010601010109636f6d6d656e742031010106010c466565642047726f757020310d6465736372697074696f6e20310106010c466565642047726f757020320d6465736372697074696f6e2032020208010b436f6e6e6563746f722031001e68747470733a2f2f6578616d706c652e636f6d2f696e6465782e6a736f6e010101";
    let (payload, digest) = log::encode(&before, &change_set).unwrap();
    assert_eq!(hex(&payload), golden);
    assert_eq!(hex(&digest), golden[..64]);
    assert_eq!(next_digest(&before, &change_set).unwrap(), digest);
    assert_eq!(log::verify(&before, 300, &unhex(golden)).unwrap(), digest);
}

#[test]
fn every_kind_in_a_change_set() {
    let changes = objects(1).into_iter().map(Change::Created);
    let settings = Change::Created(Object::Settings(Arc::default()));
    let change_set = change_set(1, changes.chain([settings]).collect());
    let common = "0181d095ffbc310541646d696e000a00011608437573746f6d5f31076c6162656c20310a63617465676f72792031010d6465736372697074696f6e203101000206065461736b20310d6465736372697074696f6e203101020316010003010b4469726563746f72792031010b6578616d706c652e636f6d01074558414d504c45000301000402010953747261c39f652031010a65787465726e616c20310d6465736372697074696f6e203101010100050201065573657220310009646973706c6179203108652d6d61696c203101020102010006010c466565642047726f757020310d6465736372697074696f6e20310100070106466565642031056e7567657401074f74686572203101010101010008010b436f6e6e6563746f722031001e68747470733a2f2f6578616d706c652e636f6d2f696e6465782e6a736f6e0101010009020104010601010109636f6d6d656e742031010000";
    let second =
        format!("fa728d2af92966f0b414f2a67a3cd0e72f9551c8c517ca047fed7d3418948a35{common}0000000000");
    let (payload, digest) = log::encode(&[0; 32], &change_set).unwrap();
    assert_eq!(hex(&payload), second);
    // The settings are the last of it; they had one byte less.
    let first = format!("6c1e7e5df19b266c6edb2b27fe3f98b8138e8fa93da44344aa3b874fd98883ee{common}00000000");
    let key = RecordKey::ChangeSet(1);
    for (version, golden) in [(1, first), (2, second)] {
        assert_eq!(log::decode(1, &whole(key, version, &golden)).unwrap(), change_set);
        assert_eq!(hex(&log::verify(&[0; 32], 1, &unhex(&golden)).unwrap()), golden[..64]);
    }
    assert_eq!(next_digest(&[0; 32], &change_set).unwrap(), digest);
}

#[test]
fn state_and_format() {
    let mut next = NextIds::default();
    for (id, kind) in (1..).zip(Kind::ALL) {
        next.note(kind, id * 100);
    }
    let state = State {
        head: Head {
            store: StoreId(0x0123_4567_89ab_cdef),
            revision: 300,
            digest: [1; 32],
            history_after: 7,
        },
        commits: 301,
        log_digest: [2; 32],
        next,
        unicode: "fold 1 normalization 2".into(),
        objects: Tally { parts: 1, sum: 1 << 100 },
        credentials: Tally { parts: 2, sum: 2 },
        log: Tally { parts: 3, sum: 3 },
    };
    let golden = "ef9bafcdf8acd19101ac020101010101010101010101010101010101010101010101010101010101010101ad020702020202020202020202020202020202020202020202020202020202020202020a006501c90102ad0203910304f50305d90406bd0507a10608850709e90716666f6c642031206e6f726d616c697a6174696f6e20320180808080808080808080808080800402020303";
    assert_eq!(hex(&state.encode().unwrap()), golden);
    assert_eq!(State::decode(&unhex(golden)).unwrap(), state);
    assert_eq!(hex(&state::encode_format()), "02000000");
}

#[test]
fn keys_and_envelopes() {
    let mut parts = Vec::new();
    let key = RecordKey::Page { kind: Kind::Grant, page: 258 };
    record::cut(key, b"abcdef", 4, |key, value| parts.push([hex(&key), hex(&value)]));
    record::cut(RecordKey::Format, b"\x01\0\0\0", 4, |key, value| parts.push([hex(&key), hex(&value)]));
    assert_eq!(
        parts,
        [
            ["0209000000000000010200000000", "010261626364f2967a0ab836a239"],
            ["0209000000000000010200000001", "016566fe3123d0a3ad8a9f"],
            ["010000000000", "010101000000ee6d4f3e9ef5676e"],
        ]
    );
    for (key, hex) in [
        (RecordKey::State, "010100000000"),
        (RecordKey::Credential(UserId(258)), "030000010200000000"),
        (RecordKey::ChangeSet(258), "04000000000000010200000000"),
    ] {
        assert_eq!(key.part(0), unhex(hex));
    }
}
