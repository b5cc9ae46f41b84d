//! The bytes of a backup, pinned; and that nothing but them is taken for one.

use std::fmt::Write as _;

use super::{super::codec, *};
use crate::{Problems, StoreError};
use feedgate_model::{Policy, StoreId};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// With nothing but settings.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.next.note(feedgate_model::Kind::Settings, 0);
    policy
}

/// A store with nothing in it but what it knows about itself.
fn empty() -> Copied {
    let plan = codec::initial(StoreId(0x0123_4567_89ab_cdef), &policy(), 4096).unwrap();
    let mut parts: Vec<_> = plan.writes.into_iter().map(|(key, value)| (key, value.unwrap())).collect();
    parts.sort();
    // The settings are in every policy.
    assert_eq!(parts.len(), 3);
    Copied::of(&plan.state, 1_700_000_000_000, parts.into_iter().map(Ok::<_, StoreError>)).unwrap()
}

fn file(backup: Backup) -> Vec<u8> {
    let bytes = backup.bytes();
    let file = backup.into_pieces().collect::<Vec<_>>().concat();
    assert_eq!(file.len() as u64, bytes);
    file
}

#[test]
fn the_bytes_of_a_backup() {
    let file = file(empty().verify().unwrap());
    // The versions of Unicode are in the record of the state, and so in its checksum and the hash of all.
    let (header, rest) = file.split_at(44);
    assert_eq!(&header[..16], b"feedgate backup\n");
    assert_eq!(hex(&header[16..]), "000000010123456789abcdef00000000000000000000018bcfe56800");
    let format = ["06", "010000000000", "0000000e", "01010200000020814c8be9c8a668", "06", "010100000000"];
    assert_eq!(hex(&rest[..32]), format.concat());
    let (body, hash) = file.split_at(file.len() - 32);
    assert_eq!(hex(&body[body.len() - 9..]), "000000000000000003");
    assert_eq!(hex(hash), blake3::hash(body).to_string());
}

#[test]
fn a_backup_is_read_back() {
    let backup = empty().verify().unwrap();
    let stamp = backup.stamp();
    let file = file(backup);
    let archive = Archive::read(file.as_slice()).unwrap();
    assert_eq!((archive.stamp(), archive.bytes()), (stamp, file.len() as u64));
    let mut problems = Problems::default();
    let whole = archive.examine(&mut problems).unwrap().whole.unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((whole.head.store, whole.policy), (stamp.revision.store, policy()));
}

#[test]
fn every_byte_counts() {
    let file = file(empty().verify().unwrap());
    for at in 0..file.len() {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        Archive::read(flipped.as_slice()).unwrap_err();
        Archive::read(&file[..at]).unwrap_err();
    }
    let longer = [file.as_slice(), b"\n"].concat();
    assert!(matches!(Archive::read(longer.as_slice()), Err(BackupError::Checksum)));
}

/// A file that somebody made, with the right hash.
fn forged(body: Vec<u8>) -> Vec<u8> {
    let hash = blake3::hash(&body);
    [body.as_slice(), hash.as_bytes()].concat()
}

#[test]
fn what_is_whole_and_no_backup() {
    let stamp = empty().verify().unwrap().stamp();
    let with = |parts: &[(&[u8], &[u8])], end: u64, behind: &[u8]| {
        let mut body = format::header(&stamp);
        for (key, value) in parts {
            format::put_part(&mut body, key, value).unwrap();
        }
        body.extend(format::end(end));
        body.extend(behind);
        forged(body)
    };
    let newer = {
        let mut body = format::header(&stamp);
        body[19] = 2;
        forged(body)
    };
    for (file, said) in [
        (b"PK\x03\x04".to_vec(), "it is not a backup of feedgate's"),
        (newer, "it has format 2, this feedgate knows 1"),
        (with(&[(b"b", b""), (b"a", b"")], 2, b""), "its parts aren't in order"),
        (with(&[(b"a", b""), (b"a", b"")], 2, b""), "its parts aren't in order"),
        (with(&[(b"a", b"")], 2, b""), "it has another number of parts than it says"),
        (with(&[(b"a", b"")], 1, b"x"), "something follows its end"),
        (forged(format::header(&stamp)), "it ends too early"),
    ] {
        let error = Archive::read(file.as_slice()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    format::put_part(&mut Vec::new(), b"", b"").unwrap_err();
    format::put_part(&mut Vec::new(), &[1; 256], b"").unwrap_err();
    let archive = Archive::read(with(&[(b"a", b"")], 1, b"").as_slice()).unwrap();
    let mut problems = Problems::default();
    assert!(archive.examine(&mut problems).unwrap().whole.is_none());
    assert!(!problems.is_empty());
}

#[test]
fn a_damaged_store_gives_no_backup() {
    let plan = codec::initial(StoreId(7), &Policy::initial().unwrap(), 4096).unwrap();
    let mut parts: Vec<_> = plan.writes.into_iter().map(|(key, value)| (key, value.unwrap())).collect();
    parts.sort();
    let copied = |parts: Vec<(Vec<u8>, Vec<u8>)>| {
        Copied::of(&plan.state, 0, parts.into_iter().map(Ok::<_, StoreError>)).unwrap()
    };
    copied(parts.clone()).verify().unwrap();
    for gone in 0..parts.len() {
        let mut parts = parts.clone();
        parts.remove(gone);
        assert!(matches!(copied(parts).verify(), Err(StoreError::Corrupt(_))));
    }
    for flipped in 0..parts.len() {
        let mut parts = parts.clone();
        *parts[flipped].1.last_mut().unwrap() ^= 1;
        assert!(matches!(copied(parts).verify(), Err(StoreError::Corrupt(_))));
    }
}
