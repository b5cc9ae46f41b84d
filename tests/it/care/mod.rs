//! Care of a store: verified, backed up, restored, by the real program.

mod backup;
mod fsck;
mod restore;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use feedgate::grpc::pb;

use crate::support::{
    program::{Output, feedgate, run},
    server::Server,
    write,
};

/// A server that has seen three change sets, one with an idempotency key, and a password.
async fn filled() -> Server {
    let server = Server::start();
    let mut policy = server.policy();
    let people = ["ann", "bob"].map(|name| write::create(write::user(name)));
    policy.write(write::write(people.into())).await.unwrap();
    let keyed = pb::WriteOptions { idempotency_key: "deploy 7".into(), ..Default::default() };
    let feeds = ["a", "b"].map(|name| write::create(write::feed(name)));
    policy.write(pb::WriteRequest { changes: feeds.into(), options: Some(keyed) }).await.unwrap();
    let many = (0..100).map(|number| write::create(write::group(&format!("group-{number}")))).collect();
    policy.write(write::write(many)).await.unwrap();
    server.cli_with(&["user", "password", "ann"], b"secret\n").ended(0);
    server
}

/// The same, stopped.
async fn stopped() -> Server {
    stop(filled().await).await
}

/// Stops it; meanwhile the connections of clients that are gone close, for which it would wait.
async fn stop(mut server: Server) -> Server {
    let stopped = tokio::task::spawn_blocking(move || {
        assert!(server.stop().success());
        server
    });
    stopped.await.unwrap()
}

fn words(command: &mut Command) -> Output {
    run(command, b"")
}

fn fsck(data: &Path, more: &[&str]) -> Output {
    words(feedgate().args(["fsck", "--data"]).arg(data).args(more))
}

fn restore(file: &Path, data: &Path) -> Output {
    words(feedgate().arg("restore").arg(file).arg("--data").arg(data))
}

/// Everything about a folder that somebody could change: names, bytes, modes and times.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(path) = folders.pop() {
        let is = fs::metadata(&path).unwrap();
        let bytes = if is.is_dir() {
            folders.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            Vec::new()
        } else {
            fs::read(&path).unwrap()
        };
        all.insert(path, (is.mode(), is.mtime(), is.mtime_nsec(), bytes));
    }
    all
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
