//! A stopped server's folder: looked at, left as it is, and put right where that is safe.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{FileExt as _, PermissionsExt as _},
    path::Path,
};

use super::{everything, fsck, names, stop, stopped};
use crate::support::{random::Random, server::Server};

#[tokio::test]
async fn a_look_changes_nothing() {
    let mut server = super::filled().await;
    // As a crash leaves it.
    server.kill9();
    let before = everything(&server.data());
    let scratch = tempfile::tempdir().unwrap();
    let output = fsck(&server.data(), &["--scratch", scratch.path().to_str().unwrap()]);
    let said = output.ended(0);
    for part in [
        "revision     3, history after 0",
        "passwords    2",
        "change sets  3",
        "token        there",
        "all is well",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert_eq!(output.stderr, "");
    assert!(everything(&server.data()) == before, "it changed something");
    assert_eq!(names(scratch.path()), [""; 0], "it left a copy");
    let json = fsck(&server.data(), &["--output", "json"]).json();
    assert_eq!((&json["revision"], &json["problems"]), (&3.into(), &serde_json::json!([])));
    server.restart();
    assert_eq!(server.status().await.revision, 3);
}

#[test]
fn what_cannot_be_looked_at() {
    let server = Server::start();
    fsck(&server.data(), &[]).failed(3, "is in use by another feedgate (process ");
    fsck(&server.data(), &["--repair"]).failed(3, "`feedgate backup FILE` makes a copy of a running one");
    fsck(&server.path("nowhere"), &[]).failed(3, "nowhere");
    assert!(!server.path("nowhere").exists());
    let empty = tempfile::tempdir().unwrap();
    fsck(empty.path(), &["--repair"]).failed(3, "there is no store in");
    assert_eq!(names(empty.path()), [""; 0]);
    let nowhere = ["--scratch", "/nowhere/at/all"];
    fsck(&server.data(), &nowhere).failed(3, "`--scratch` names another folder");
}

/// Changes records behind the store's back.
fn tamper(data: &Path, tamper: impl FnOnce(&sled::Db)) {
    let db = sled::open(data.join("store")).unwrap();
    tamper(&db);
    db.flush().unwrap();
}

/// The key of the first part of a change set.
fn change_set(revision: u64) -> Vec<u8> {
    [&[4][..], &revision.to_be_bytes(), &[0; 4]].concat()
}

fn flip_in(file: &Path, at: u64) {
    let file = fs::File::options().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

type Damage = fn(&Path);

/// What is done to a folder, and what is to be said about it.
const BEYOND_REPAIR: [(Damage, &[&str]); 6] = [
    (
        |data| {
            tamper(data, |db| {
                db.remove(change_set(2)).unwrap();
                db.insert([9, 9], b"x").unwrap();
            });
        },
        &[
            "change set 3: it comes behind change set 1",
            "nothing has a key like [09, 09]",
            "the records of change sets aren't those that were written",
            "restore a backup",
        ],
    ),
    (
        |data| {
            tamper(data, |db| {
                let mut value = db.get(change_set(1)).unwrap().unwrap().to_vec();
                value[40] ^= 1;
                db.insert(change_set(1), value).unwrap();
            });
        },
        &["change set 1: its checksum is wrong"],
    ),
    (|data| fs::remove_file(data.join("store/anchor")).unwrap(), &["the file `anchor` is missing"]),
    (|data| fs::write(data.join("store/anchor"), b"x").unwrap(), &["the file `anchor` is not readable"]),
    (
        |data| {
            // All of sled as if it were new: what an anchor is for.
            fs::remove_dir_all(data.join("store/blobs")).unwrap();
            for name in names(&data.join("store")) {
                if name != "anchor" {
                    fs::remove_file(data.join("store").join(name)).unwrap();
                }
            }
        },
        &["the record of the format: it is missing", "the record of the state: it is missing"],
    ),
    (|data| fs::write(data.join("admin-token"), "two words").unwrap(), &["holds no token"]),
];

#[tokio::test]
async fn every_damage_is_named_and_none_of_it_repaired() {
    for (damage, expected) in BEYOND_REPAIR {
        let server = stopped().await;
        damage(&server.data());
        // Something else that would be repaired is left alone, too.
        fs::create_dir(server.data().join("store.new")).unwrap();
        let before = everything(&server.data());
        let output = fsck(&server.data(), &[]);
        for part in expected {
            assert!(output.ended(1).contains(part), "no {part:?} in {output:#?}");
        }
        assert_eq!(output.stderr, "");
        assert!(everything(&server.data()) == before, "it changed something: {output:#?}");
        fsck(&server.data(), &["--repair"]).ended(1);
        assert!(server.data().join("store.new").exists());
    }
}

const REPAIRABLE: [(Damage, &str, &str); 9] = [
    (
        |data| fs::write(data.join("store/snap.00FF.generating"), b"half").unwrap(),
        "is a snapshot that sled didn't finish: `feedgate fsck --repair` removes it",
        "removed `",
    ),
    (
        |data| fs::create_dir_all(data.join("store.new/blobs")).unwrap(),
        "is a store that was never finished: `feedgate fsck --repair` removes it",
        "removed `",
    ),
    (
        |data| fs::write(data.join(".tmpAbC123"), b"half a tok").unwrap(),
        "is a token that was never finished",
        "removed `",
    ),
    (|data| chmod(&data.join("store"), 0o755), "others than its owner can get at", "from 755 to 700"),
    (|data| chmod(&data.join("store/db"), 0o640), "(mode 640)", "from 640 to 600"),
    (|data| chmod(data, 0o777), "others than its owner can get at", "from 777 to 755"),
    (|data| chmod(&data.join("admin-token"), 0o644), "(mode 644)", "from 644 to 600"),
    (|data| chmod(&data.join("admin-password"), 0o664), "admin-password` (mode 664)", "from 664 to 600"),
    (
        // Three commits and two passwords: the newest is in the second half.
        |data| flip_in(&data.join("store/anchor"), 0),
        "one half of the file `anchor` is not readable",
        "wrote the file `anchor` anew",
    ),
];

#[tokio::test]
async fn what_is_safe_is_repaired() {
    for (damage, problem, repaired) in REPAIRABLE {
        let mut server = stopped().await;
        damage(&server.data());
        let before = everything(&server.data());
        let said = fsck(&server.data(), &[]);
        // What a start puts right by itself is no reason to do something.
        let code = i32::from(!said.stdout.contains("left over: "));
        assert!(said.ended(code).contains(problem), "no {problem:?} in {said:#?}");
        assert!(everything(&server.data()) == before, "it changed something");
        let said = fsck(&server.data(), &["--repair"]);
        assert!(said.ended(0).contains(repaired), "no {repaired:?} in {said:#?}");
        fsck(&server.data(), &[]).ended(0);
        server.restart();
        assert_eq!(server.status().await.revision, 3);
    }
}

#[tokio::test]
async fn an_anchor_that_is_behind_catches_up() {
    let mut server = super::filled().await;
    let anchor = server.data().join("store/anchor");
    let old = fs::read(&anchor).unwrap();
    server.cli(&["user", "add", "cy"]).ended(0);
    server = stop(server).await;
    fs::write(&anchor, old).unwrap();
    let said = fsck(&server.data(), &[]);
    let left_over = "left over: the file `anchor` doesn't know the last 1 commits";
    assert!(said.ended(0).contains(left_over), "{said:#?}");
    fsck(&server.data(), &["--repair"]).ended(0);
    fsck(&server.data(), &[]).ended(0);
    server.restart();
    assert_eq!(server.status().await.revision, 4);
}

/// A byte that turned is found, or it was in no use, as a start finds it; and a panic of sled's is no end.
#[tokio::test]
async fn flipped_bytes_are_found() {
    let server = stopped().await;
    let db = server.data().join("store/db");
    let whole = fs::read(&db).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut random = Random::new(20_261_124);
    let mut found = 0;
    for _ in 0..20 {
        let mut flipped = whole.clone();
        flipped[random.below(used)] ^= 1 << random.below(8);
        fs::write(&db, flipped).unwrap();
        let output = fsck(&server.data(), &[]);
        assert!([0, 1].contains(&output.code), "{output:#?}");
        assert_eq!(output.stderr, "");
        found += output.code;
    }
    assert!(found > 0);
}
