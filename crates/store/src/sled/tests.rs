//! What only a store on a disk can get wrong.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use tempfile::TempDir;

use super::{
    super::{
        Commit, Loaded, PolicyStore, StoreError,
        codec::RecordKey,
        conformance::{Harness, change_set, changes, created, objects, suite},
    },
    SledStore,
    database::Database,
};
use feedgate_model::{Change, Credential, Kind, Policy, Secret, UserId};

struct OnDisk {
    store: SledStore,
    dir: TempDir,
}

impl Harness for OnDisk {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        Self { store: SledStore::open(dir.path()).unwrap(), dir }
    }

    fn store(&self) -> &dyn PolicyStore {
        &self.store
    }

    fn reopen(self) -> Self {
        let Self { store, dir } = self;
        drop(store);
        Self { store: SledStore::open(dir.path()).unwrap(), dir }
    }
}

suite!(OnDisk);

/// A store with a few of everything, closed; and what it holds.
async fn filled() -> (TempDir, Loaded) {
    let dir = TempDir::new().unwrap();
    let store = SledStore::open(dir.path()).unwrap();
    let credential =
        Credential { user: UserId(1), secret: Secret::Argon2id("hash".into()), must_change: false };
    for revision in 1..=20 {
        let mut all = created(revision * 100..revision * 100 + 80, revision);
        if revision == 1 {
            all.extend(objects(1).into_iter().map(Change::Created));
        }
        let commit = Commit {
            change_sets: vec![change_set(revision, all).into()],
            credentials: vec![(UserId(1), Some(credential.clone()))],
            trim: None,
        };
        store.commit(revision - 1, commit).await.unwrap();
    }
    let loaded = store.load().await.unwrap();
    (dir, loaded)
}

/// Opens and loads, whatever happens.
async fn open_and_load(dir: &Path) -> Result<Loaded, StoreError> {
    SledStore::open(dir)?.load().await
}

/// Changes records behind the store's back.
fn tamper(dir: &Path, tamper: impl FnOnce(&::sled::Db)) {
    let db = ::sled::open(dir.join("store")).unwrap();
    tamper(&db);
    db.flush().unwrap();
    drop(db);
    // sled's threads let go of the file a moment later; this waits for it.
    Database::open(&dir.join("store")).unwrap();
}

#[tokio::test]
async fn a_second_open_names_the_holder() {
    let harness = OnDisk::new();
    let error = SledStore::open(harness.dir.path()).unwrap_err();
    let pid = std::process::id().to_string();
    assert!(matches!(&error, StoreError::InUse { holder, .. } if *holder == pid), "{error}");
    assert!(error.to_string().contains(&format!("process {pid}")), "{error}");
    harness.store().load().await.unwrap();
    harness.reopen();
}

#[tokio::test]
async fn folders_and_files_are_the_owners_alone() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("a/b");
    let store = SledStore::open(&dir).unwrap();
    let mode = |path: &str| fs::metadata(dir.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode(""), mode("store"), mode("lock"), mode("store/db")], [0o700, 0o700, 0o600, 0o600]);
    drop(store);
}

#[tokio::test]
async fn unfinished_snapshots_are_removed() {
    let (dir, expected) = filled().await;
    let unfinished = dir.path().join("store/snap.00000000FFFFFFFF.generating");
    fs::write(&unfinished, b"half a snapsh").unwrap();
    let loaded = open_and_load(dir.path()).await.unwrap();
    assert_eq!((loaded.head, loaded.policy), (expected.head, expected.policy));
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_half_made_store_is_made_again() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("store.new")).unwrap();
    fs::write(dir.path().join("store.new/db"), b"half a stor").unwrap();
    assert_eq!(open_and_load(dir.path()).await.unwrap().policy, Policy::initial().unwrap());
    assert!(!dir.path().join("store.new").exists());
}

#[tokio::test]
async fn a_store_that_lost_everything_is_no_new_one() {
    let (dir, _) = filled().await;
    for entry in fs::read_dir(dir.path().join("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    let error = SledStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let (dir, _) = filled().await;
    tamper(dir.path(), |db| {
        let key = RecordKey::Format.part(0);
        let mut value = vec![1, 1, 3, 0, 0, 0];
        let seal = blake3::Hasher::new().update(&key).update(&value).finalize();
        value.extend(&seal.as_bytes()[..8]);
        db.insert(key, value).unwrap();
    });
    let error = SledStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerFormat { found: 3, known: 2 }), "{error}");
}

#[tokio::test]
async fn missing_records_are_found() {
    let page = RecordKey::Page { kind: Kind::Grant, page: 3 };
    let user = RecordKey::Credential(UserId(1));
    for key in
        [page, user, RecordKey::ChangeSet(7), RecordKey::ChangeSet(20), RecordKey::State, RecordKey::Format]
    {
        let (dir, _) = filled().await;
        tamper(dir.path(), |db| assert!(db.remove(key.part(0)).unwrap().is_some()));
        let error = open_and_load(dir.path()).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{key}: {error}");
    }
}

#[tokio::test]
async fn old_and_foreign_records_are_found() {
    let page = RecordKey::Page { kind: Kind::Grant, page: 3 };
    let (dir, _) = filled().await;
    let mut old = None;
    tamper(dir.path(), |db| old = db.get(page.part(0)).unwrap());
    let store = SledStore::open(dir.path()).unwrap();
    let commit = changes(vec![change_set(21, created(199..200, 21))]);
    store.commit(20, commit).await.unwrap();
    store.load().await.unwrap();
    drop(store);
    // Well sealed, at its own key, but of yesterday.
    tamper(dir.path(), |db| drop(db.insert(page.part(0), old.unwrap()).unwrap()));
    let error = open_and_load(dir.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");

    let (dir, _) = filled().await;
    tamper(dir.path(), |db| drop(db.insert(b"other", b"thing").unwrap()));
    let error = open_and_load(dir.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn corruption_ends_writing_but_not_reading() {
    let (dir, _) = filled().await;
    tamper(dir.path(), |db| drop(db.remove(RecordKey::ChangeSet(7).part(0)).unwrap()));
    let store = SledStore::open(dir.path()).unwrap();
    store.load().await.unwrap_err();
    let error = store.commit(20, changes(vec![change_set(21, vec![])])).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error}");
    // It vouches for nothing any more, but what is whole can be read.
    let error = store.head().await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error}");
    assert_eq!(store.changes_after(10, 1).await.unwrap()[0].revision, 11);
}

#[tokio::test]
async fn nothing_goes_to_files_that_are_not_synced() {
    let harness = OnDisk::new();
    let commit = changes(vec![change_set(1, created(2..60_000, 1))]);
    harness.store().commit(0, commit).await.unwrap();
    let harness = harness.reopen();
    assert_eq!(fs::read_dir(harness.dir.path().join("store/blobs")).unwrap().count(), 0);
}

#[tokio::test]
async fn lost_commits_are_found() {
    let (dir, _) = filled().await;
    let store = dir.path().join("store");
    let files = ["db", "conf"].map(|name| (name, fs::read(store.join(name)).unwrap()));
    let reopened = SledStore::open(dir.path()).unwrap();
    let credentials = vec![(UserId(1), None)];
    reopened.commit(20, Commit { credentials, ..Commit::default() }).await.unwrap();
    drop(reopened);
    // All of sled as it was before.
    for entry in fs::read_dir(&store).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("snap.") {
            fs::remove_file(path).unwrap();
        }
    }
    for (name, bytes) in files {
        fs::write(store.join(name), bytes).unwrap();
    }
    let error = SledStore::open(dir.path()).unwrap_err();
    assert!(error.to_string().contains("the last 1 of 21 commits are lost"), "{error}");
}

#[tokio::test]
async fn a_torn_anchor_is_that_of_the_commit_before() {
    let (dir, expected) = filled().await;
    let path = dir.path().join("store/anchor");
    let whole = fs::read(&path).unwrap();
    for slot in [0, 4096] {
        let mut torn = whole.clone();
        torn[slot] ^= 1;
        fs::write(&path, torn).unwrap();
        assert_eq!(open_and_load(dir.path()).await.unwrap().head, expected.head);
    }
    fs::remove_file(&path).unwrap();
    let error = SledStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

/// Every flipped byte ends in an error or does no harm; never in another policy.
#[tokio::test]
async fn flipped_bytes_never_change_the_policy() {
    let (dir, expected) = filled().await;
    flip(dir.path(), &expected, 100).await;
    // Once more with a snapshot of sled's, in front of which the log isn't read until it is needed.
    open_and_load(dir.path()).await.unwrap();
    flip(dir.path(), &expected, 100).await;
}

async fn flip(dir: &Path, expected: &Loaded, times: usize) {
    let files: Vec<_> = fs::read_dir(dir.join("store"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .collect();
    let db = fs::read(dir.join("store/db")).unwrap();
    // Behind the records there is only unused room.
    let used = db.len() - db.iter().rev().take_while(|byte| **byte == 0).count();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut errors = 0;
    for time in 0..=times {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let copy = TempDir::new().unwrap();
        fs::create_dir_all(copy.path().join("store/blobs")).unwrap();
        for (name, bytes) in &files {
            fs::write(copy.path().join("store").join(name), bytes).unwrap();
        }
        let mut flipped = db.clone();
        if time > 0 {
            flipped[seed as usize % used] ^= 1 << (seed >> 60 & 7);
        }
        fs::write(copy.path().join("store/db"), flipped).unwrap();
        match open_and_load(copy.path()).await {
            Ok(loaded) => {
                assert_eq!(loaded.head, expected.head);
                assert!(loaded.policy == expected.policy, "another policy at the same head");
            }
            Err(error) => {
                assert!(time > 0, "nothing was flipped: {error}");
                errors += 1;
            }
        }
    }
    assert!(errors > 0);
}
