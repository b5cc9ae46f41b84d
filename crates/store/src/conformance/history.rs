//! The history: read in order, and let go of.

use super::{super::MAX_TRIMMED, super::Trim, *};

pub async fn history_is_read_in_order<H: Harness>() {
    let harness = H::new();
    let sets: Vec<_> = (1..=5).map(|n| change_set(n, created(n * 10..n * 10 + 3, n))).collect();
    for set in &sets {
        harness.store().commit(set.revision - 1, changes(vec![set.clone()])).await.unwrap();
    }
    let harness = harness.reopen();
    for (after, limit, expected) in [
        (0, 9, &sets[..]),
        (0, 2, &sets[..2]),
        (3, 9, &sets[3..]),
        (2, 1, &sets[2..3]),
        (5, 9, &[]),
        (0, 0, &[]),
        (99, 9, &[]),
    ] {
        assert_eq!(harness.store().changes_after(after, limit).await.unwrap(), expected);
    }
}

/// A commit of one more change set, with a key, that lets old ones go.
fn and_trim(revision: u64, keep: u64, since_ms: u64) -> Commit {
    let mut set = change_set(revision, created(revision * 100..revision * 100 + 3, revision));
    set.idempotency = Some(Idempotency { key: format!("key {revision}").into(), request: [7; 32] });
    Commit { trim: Some(Trim { keep, since_ms }), ..changes(vec![set]) }
}

/// The first revision that change sets are still kept behind, as everybody says.
async fn history_after<H: Harness>(harness: &H) -> u64 {
    let store = harness.store();
    let loaded = store.load().await.unwrap();
    let (head, after) = (loaded.head, loaded.head.history_after);
    assert_eq!(store.head().await.unwrap(), head);
    let kept: Vec<_> = store.changes_after(after, 1000).await.unwrap();
    assert!(kept.iter().map(|set| set.revision).eq(after + 1..=head.revision));
    assert!(loaded.keyed.iter().map(|keyed| keyed.revision).eq(after + 1..=head.revision));
    if let Some(before) = after.checked_sub(1) {
        let error = store.changes_after(before, 1).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Trimmed { asked, oldest } if (asked, oldest) == (before, after + 1)),
            "{error}"
        );
    }
    after
}

pub async fn old_change_sets_go<H: Harness>() {
    let mut harness = H::new();
    let (never, always) = (0, u64::MAX);
    let young_from = |revision| change_set(revision, vec![]).at_ms;
    // How many stay, from when on all stay, and the revision that the history then begins behind.
    for (revision, keep, since_ms, after) in [
        (1, 0, always, 0),
        (2, 2, always, 0),
        (3, 2, always, 1),
        (4, 9, always, 1),
        (5, 0, never, 1),
        (6, 1, young_from(4), 3),
        (7, 3, young_from(7), 4),
        // What comes with the commit stays, whatever it asks for.
        (8, 0, always, 7),
    ] {
        let head = harness.store().commit(revision - 1, and_trim(revision, keep, since_ms)).await.unwrap();
        assert_eq!((head.revision, head.history_after), (revision, after));
        harness = harness.reopen();
        assert_eq!(history_after(&harness).await, after);
    }
    let nothing = Commit { trim: Some(Trim { keep: 0, since_ms: always }), ..Commit::default() };
    assert_eq!(harness.store().commit(8, nothing).await.unwrap().history_after, 7);
}

pub async fn many_old_change_sets_go_by_and_by<H: Harness>() {
    let harness = H::new();
    let most = MAX_TRIMMED as u64;
    let sets = (1..=most + 20).map(|revision| change_set(revision, vec![])).collect();
    let head = harness.store().commit(0, changes(sets)).await.unwrap();
    let head =
        harness.store().commit(head.revision, and_trim(head.revision + 1, 10, u64::MAX)).await.unwrap();
    assert_eq!(head.history_after, most);
    let head =
        harness.store().commit(head.revision, and_trim(head.revision + 1, 10, u64::MAX)).await.unwrap();
    assert_eq!(head.history_after, most + 12);
    harness.reopen().store().load().await.unwrap();
}
