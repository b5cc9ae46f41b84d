//! Backups: taken from a server that is written to, and from a folder; whole, or not there.

use std::{fs, os::unix::fs::PermissionsExt as _};

use feedgate::grpc::pb;
use tokio::task::JoinSet;

use super::{fsck, names, restore, stop, stopped, words};
use crate::support::{
    ask,
    program::feedgate,
    random::Random,
    server::{Policy, Server},
    write,
};

/// Writes until told to end, and gives the revisions with what was written.
async fn keep_writing(
    mut policy: Policy,
    writer: usize,
    mut end: tokio::sync::watch::Receiver<bool>,
) -> Vec<(u64, String)> {
    let mut written = Vec::new();
    for number in 0.. {
        if *end.borrow_and_update() {
            break;
        }
        let name = format!("feed-{writer}-{number}");
        let answer = policy.write(write::write(vec![write::create(write::feed(&name))])).await.unwrap();
        written.push((answer.into_inner().revision.unwrap().number, name));
    }
    written
}

#[tokio::test]
async fn a_backup_is_one_moment_between_writes() {
    let server = Server::start();
    let (tell, end) = tokio::sync::watch::channel(false);
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        writers.spawn(keep_writing(server.policy(), writer, end.clone()));
    }
    let mut backups = Vec::new();
    for number in 0..5 {
        let pieces = ask::all(server.policy().backup(pb::BackupRequest {}).await).await.unwrap();
        let revision = pieces[0].revision.unwrap();
        assert!(pieces.iter().all(|piece| piece.revision == Some(revision) && piece.data.len() <= 1 << 20));
        assert!(!format!("{pieces:?}").contains("data"), "there are password hashes in it");
        let bytes: Vec<_> = pieces.into_iter().flat_map(|piece| piece.data).collect();
        backups.push((revision.number, server.file(&format!("{number}.bak"), bytes)));
    }
    tell.send(true).unwrap();
    let mut written: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    written.sort_unstable();
    for (number, (revision, file)) in backups.into_iter().enumerate() {
        let data = server.path(&format!("restored-{number}"));
        restore(file.as_ref(), &data).ended(0);
        let restored = Server::start_in(&data, &[]);
        assert_eq!(restored.status().await.revision, revision);
        let feeds = restored.cli(&["list", "feeds", "--output", "json"]).json();
        let mut feeds: Vec<_> = feeds["feeds"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|feed| feed["name"].as_str().unwrap().to_owned())
            .collect();
        let mut due: Vec<_> =
            written.iter().filter(|(at, _)| *at <= revision).map(|(_, name)| name.clone()).collect();
        feeds.sort();
        due.sort();
        assert_eq!(feeds, due, "at revision {revision}");
    }
}

#[tokio::test]
async fn a_file_is_written_whole_or_not_at_all() {
    let mut server = super::filled().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.bak");
    let path = file.to_str().unwrap();
    let said = server.cli(&["backup", path]);
    assert!(said.ended(0).starts_with("revision 3 of store "), "{said:#?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read(&file).unwrap();
    server.cli(&["backup", path]).failed(2, "is there already: `--force` replaces it");
    assert_eq!(fs::read(&file).unwrap(), first);
    server.cli(&["user", "add", "cy"]).ended(0);
    assert_eq!(server.cli(&["backup", path, "--force", "--output", "json"]).json()["revision"], 4);
    assert_ne!(fs::read(&file).unwrap(), first);
    server.cli(&["backup", folder.path().to_str().unwrap(), "--force"]).failed(2, "is not a plain file");
    let other = folder.path().join("c.bak");
    let data = server.data();
    let offline = || words(feedgate().arg("backup").arg(&other).arg("--data").arg(&data));
    offline().failed(3, "is in use by another feedgate");
    words(server.command(&["backup"]).arg(&other).env_remove("FEEDGATE_TOKEN_FILE"))
        .failed(3, "TOKEN_MISSING");
    assert_eq!(names(folder.path()), ["b.bak"]);
    server = stop(server).await;
    words(feedgate().args(["--server", "127.0.0.1:1", "backup"]).arg(&other)).failed(3, "can't reach");
    assert_eq!(names(folder.path()), ["b.bak"]);
    offline().ended(0);
    assert_eq!(names(folder.path()), ["b.bak", "c.bak"]);
    // The same but for when it was taken.
    assert_eq!(fs::read(&file).unwrap()[44..1000], fs::read(&other).unwrap()[44..1000]);
    fsck(&server.data(), &[]).ended(0);
}

#[tokio::test]
async fn a_damaged_store_gives_no_backup() {
    let mut server = stopped().await;
    {
        let db = sled::open(server.data().join("store")).unwrap();
        // A password is gone.
        db.remove([&[3][..], &2_u32.to_be_bytes(), &[0; 4]].concat()).unwrap();
        db.flush().unwrap();
    }
    let file = server.path("b.bak");
    words(feedgate().arg("backup").arg(&file).arg("--data").arg(server.data()))
        .failed(3, "the records of credentials aren't those that were written");
    assert!(!file.exists());
    assert_eq!(server.try_restart(), Err(3));
}

#[tokio::test]
async fn a_changed_file_is_never_restored() {
    let mut server = super::filled().await;
    let file = server.path("b.bak");
    server.cli(&["backup", file.to_str().unwrap()]).ended(0);
    server.kill9();
    let whole = fs::read(&file).unwrap();
    let mut random = Random::new(42);
    let data = server.path("restored");
    for round in 0..30 {
        let mut changed = whole.clone();
        let at = random.below(whole.len());
        match round % 3 {
            0 => changed[at] ^= 1 << random.below(8),
            1 => changed.truncate(at),
            _ => changed.extend_from_slice(&whole[at..]),
        }
        fs::write(&file, &changed).unwrap();
        let said = words(feedgate().args(["restore", "--check"]).arg(&file));
        assert!(said.code == 1 || (said.code == 3 && said.stderr.contains("format")), "{at}: {said:#?}");
        restore(&file, &data).ended(3);
        assert!(!data.exists(), "{at}");
    }
    fs::write(&file, &whole).unwrap();
    words(feedgate().args(["restore", "--check"]).arg(&file)).ended(0);
}
