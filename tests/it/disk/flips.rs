//! Bits that turned, in every kind of file that a data folder has.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use super::copy;
use crate::support::{
    campaign,
    random::Random,
    server::Server,
    write::{self, create},
};

/// A server's folder with a history, a snapshot of sled's, and passwords; stopped. And the policy in it.
async fn filled() -> (Server, String) {
    let mut server = Server::start();
    let changes = (0..50).map(|number| create(write::user(&format!("user-{number}")))).collect();
    server.policy().write(write::write(changes)).await.unwrap();
    // An index of what is stored that is read at the next start, and written at this one.
    server.kill9();
    server.restart();
    for name in ["a", "b", "c"] {
        let changes = vec![create(write::feed(name)), write::password("user-1")];
        server.policy().write(write::write(changes)).await.unwrap();
    }
    let policy = server.cli(&["export"]).ended(0).to_owned();
    assert!(server.stop().success());
    (server, policy)
}

/// All files of a folder, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if fs::metadata(&path).unwrap().len() > 0 {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Which kind of file it is: the names of some change.
fn kind(file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_bit_that_turned_never_changes_the_policy() {
    let (mut server, policy) = filled().await;
    let whole = server.path("whole");
    copy(&server.data(), &whole);
    let files = files(&whole);
    let kinds: Vec<_> = files.iter().map(|file| kind(file)).collect();
    assert_eq!(kinds, ["admin-password", "admin-token", "lock", "anchor", "conf", "db", "snap"], "{files:?}");

    let mut random = Random::new(7);
    for file in &files {
        let bytes = fs::read(whole.join(file)).unwrap();
        // Behind what is stored there is only unused room.
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let flips = match (campaign(), kind(file).as_str()) {
            (true, "db") => 2_000,
            (true, _) => 400,
            (false, "db") => 16,
            (false, _) => 5,
        };
        let mut refused = 0;
        for _ in 0..flips {
            fs::remove_dir_all(server.data()).unwrap();
            copy(&whole, &server.data());
            let (at, bit) = (random.below(used), 1 << random.below(8));
            let flipped = fs::File::options().write(true).open(server.data().join(file)).unwrap();
            flipped.write_all_at(&[bytes[at] ^ bit], at as u64).unwrap();
            drop(flipped);
            refused += usize::from(!serves_or_refuses(&mut server, &policy, &format!("{file:?}, byte {at}")));
        }
        println!("{}: {refused} of {flips} flips were refused", file.display());
        assert!(refused > 0 || kind(file) != "db", "none of {flips} flips hit anything");
    }
}

/// Whether it serves, which must be the same policy.
fn serves_or_refuses(server: &mut Server, policy: &str, flip: &str) -> bool {
    let before = server.log().len();
    match server.try_restart() {
        Ok(()) => {
            assert_eq!(server.cli(&["export"]).ended(0), policy, "{flip}");
            server.kill9();
            true
        }
        Err(code) => {
            let log = server.log();
            let log = &log[before..];
            assert_eq!(code, 3, "{flip}: {log}");
            let said = ["the store is damaged", "admin-token", "the store has format"];
            assert!(said.iter().any(|said| log.contains(said)), "{flip}: {log}");
            false
        }
    }
}
