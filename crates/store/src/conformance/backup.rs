//! Backups: what is in one is what was in the store.

use super::*;
use crate::{Archive, Loaded, Problems, SledStore, restore};

/// A store with a few of everything, the beginning of its history gone.
async fn filled<H: Harness>() -> H {
    let harness = H::new();
    for revision in 1..=9 {
        let user = UserId(revision as u32 % 3 + 1);
        let secret = Secret::Argon2id(format!("hash {revision}").into());
        let mut set = change_set(revision, created(revision * 100..revision * 100 + 70, revision));
        if revision == 1 {
            set.changes.extend(objects(1).into_iter().map(Change::Created));
        }
        let key = format!("key {revision}").into();
        set.idempotency = (revision % 2 == 0).then_some(Idempotency { key, request: [7; 32] });
        let commit = Commit {
            credentials: vec![(user, Some(Credential { user, secret, must_change: user.0 == 2 }))],
            trim: Some(crate::Trim { keep: 6, since_ms: u64::MAX }),
            ..changes(vec![set])
        };
        harness.store().commit(revision - 1, commit).await.unwrap();
    }
    harness
}

async fn file<H: Harness>(harness: &H) -> Vec<u8> {
    let backup = harness.store().backup().await.unwrap().verify().unwrap();
    let pieces: Vec<_> = backup.into_pieces().collect();
    assert!(pieces.iter().all(|piece| piece.len() <= 1 << 20));
    pieces.concat()
}

pub async fn what_is_backed_up_is_restored<H: Harness>() {
    let harness = filled::<H>().await;
    let file = file(&harness).await;
    let expected = harness.store().load().await.unwrap();
    let archive = Archive::read(file.as_slice()).unwrap();
    let mut problems = Problems::default();
    let whole = archive.examine(&mut problems).unwrap().whole.unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((whole.head, &whole.policy), (expected.head, &expected.policy));

    let dir = tempfile::TempDir::new().unwrap();
    let restored = restore(&archive, &whole, &dir.path().join("new")).unwrap();
    assert_eq!((restored.from.store, restored.from.number), (expected.head.store, 9));
    assert_ne!(restored.to.store, restored.from.store);
    let store = SledStore::open(&dir.path().join("new")).unwrap();
    let Loaded { head, policy, keyed } = store.load().await.unwrap();
    assert_eq!(head, crate::Head { store: restored.to.store, ..expected.head });
    assert_eq!((policy, keyed), (expected.policy, expected.keyed));
    let after = expected.head.history_after;
    assert_eq!(after, 3);
    assert_eq!(
        store.changes_after(after, 99).await.unwrap(),
        harness.store().changes_after(after, 99).await.unwrap()
    );
    for user in 1..=4 {
        let credential = store.credential(UserId(user)).await.unwrap();
        assert_eq!(credential, harness.store().credential(UserId(user)).await.unwrap());
    }
    // Both go on.
    for store in [harness.store(), &store] {
        let head = store.commit(9, changes(vec![change_set(10, created(9_000..9_010, 10))])).await.unwrap();
        assert_eq!(head.revision, 10);
        store.load().await.unwrap();
    }
}

pub async fn a_large_store_is_backed_up<H: Harness>() {
    let harness = H::new();
    let set = change_set(1, created(2..60_002, 1));
    harness.store().commit(0, changes(vec![set])).await.unwrap();
    let file = file(&harness).await;
    assert!(file.len() > 1 << 20, "{}", file.len());
    let mut problems = Problems::default();
    let whole = Archive::read(file.as_slice()).unwrap().examine(&mut problems).unwrap().whole.unwrap();
    assert_eq!(whole.policy, harness.store().load().await.unwrap().policy);
}
