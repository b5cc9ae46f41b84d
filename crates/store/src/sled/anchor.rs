//! The anchor: which commit was the last to be acknowledged, beside sled.
//!
//! A byte that turns in sled's log looks to sled like the torn end of a crash: it goes back to an earlier
//! commit, whole and well, and says nothing. Nothing within sled can find that; this file does.
//!
//! Two slots are written in turn, each in a block of its own, so that a crash tears only the one that is
//! written. `slot = store (8) ‖ commits (8) ‖ hash of the state (16) ‖ checksum (8)`, numbers big-endian.
//!
//! INVARIANT: the anchor is written when a commit is durable in sled, and is itself durable before the commit
//! is acknowledged. So sled may be ahead of it, and is never behind.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    super::{StoreError, codec::State},
    folder::failed,
};

const BODY_LEN: usize = 32;
const CHECK_LEN: usize = 8;
const SLOT_LEN: usize = BODY_LEN + CHECK_LEN;
const SLOT_AT: [u64; 2] = [0, 4096];

/// The open file.
#[derive(Debug)]
pub(super) struct Anchor {
    path: PathBuf,
    file: File,
}

impl Anchor {
    fn path(store: &Path) -> PathBuf {
        store.join("anchor")
    }

    /// Makes the anchor of a new store, in both slots. Durable once the folder is.
    pub(super) fn create(store: &Path, state: &State) -> Result<(), StoreError> {
        let path = Self::path(store);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&path).map_err(failed("create", &path))?;
        Self { path, file }.write_both(state)
    }

    /// Opens the anchor of a store and holds the store's state against it. With `catch_up`, notes a commit that
    /// it doesn't know yet, and makes what it knows durable: whoever asks for that has synced the store.
    pub(super) fn open(store: &Path, state: &State, catch_up: bool) -> Result<Self, StoreError> {
        let path = Self::path(store);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = match file {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Corrupt(format!("`{}` is missing", path.display())));
            }
            file => file.map_err(failed("open", &path))?,
        };
        let anchor = Self { path, file };
        let newest = SLOT_AT.into_iter().filter_map(|at| anchor.slot(at)).max_by_key(|(commits, _)| *commits);
        let Some((commits, body)) = newest else {
            return Err(StoreError::Corrupt(format!("`{}` is not readable", anchor.path.display())));
        };
        if state.commits < commits {
            let lost = commits - state.commits;
            return Err(StoreError::Corrupt(format!("the last {lost} of {commits} commits are lost")));
        }
        if state.commits == commits && body != self::body(state)? {
            return Err(StoreError::Corrupt(format!("commit {commits} isn't the one that was acknowledged")));
        }
        if catch_up {
            // What is shown from now on mustn't go back either.
            if state.commits > commits {
                anchor.write(state)?;
            } else {
                // Whoever wrote it may have been killed before it was durable.
                anchor.sync()?;
            }
        }
        Ok(anchor)
    }

    /// What there is to be said against an anchor, which is only looked at, as one of a store in this state.
    pub(super) fn judge(store: &Path, state: &State) -> Result<Option<AnchorFault>, StoreError> {
        let path = Self::path(store);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(AnchorFault::Missing)),
            file => file.map_err(failed("open", &path))?,
        };
        let anchor = Self { path, file };
        let own = body(state)?;
        let slots = SLOT_AT.map(|at| anchor.slot(at));
        let Some((commits, newest)) = slots.into_iter().flatten().max_by_key(|(commits, _)| *commits) else {
            return Ok(Some(AnchorFault::Unreadable));
        };
        // The first commit of all hasn't been in both.
        let torn = slots.contains(&None) && state.commits > 0;
        // What it was meant to say can be told even so.
        let said = SLOT_AT
            .into_iter()
            .filter(|at| anchor.slot(*at).is_none())
            .filter_map(|at| anchor.said(at))
            .max();
        Ok(
            if commits > state.commits
                || (torn && said.is_some_and(|said| said == state.commits.saturating_add(1)))
            {
                let commits = commits.max(state.commits.saturating_add(1));
                Some(AnchorFault::Lost { lost: commits - state.commits, commits })
            } else if newest.first_chunk::<8>() != own.first_chunk() {
                Some(AnchorFault::OtherStore)
            } else if commits < state.commits {
                Some(AnchorFault::Behind { by: state.commits - commits })
            } else if newest != own {
                Some(AnchorFault::OtherCommit { commits })
            } else if torn {
                Some(AnchorFault::Torn)
            } else {
                None
            },
        )
    }

    /// Makes both slots vouch for this state, which must be durable.
    pub(super) fn mend(store: &Path, state: &State) -> Result<(), StoreError> {
        let path = Self::path(store);
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed("open", &path))?;
        Self { path, file }.write_both(state)
    }

    /// One after the other, so that a crash tears only one: first the one that vouches for less.
    fn write_both(&self, state: &State) -> Result<(), StoreError> {
        let [even, odd] = SLOT_AT;
        let order = if self.slot(even) < self.slot(odd) { [even, odd] } else { [odd, even] };
        order.into_iter().try_for_each(|at| self.write_at(state, at))
    }

    /// Notes a commit and waits until that would survive a power loss.
    pub(super) fn write(&self, state: &State) -> Result<(), StoreError> {
        let [even, odd] = SLOT_AT;
        self.write_at(state, if state.commits.is_multiple_of(2) { even } else { odd })
    }

    fn write_at(&self, state: &State, at: u64) -> Result<(), StoreError> {
        let body = body(state)?;
        let mut slot = [0; SLOT_LEN];
        for (to, from) in slot.iter_mut().zip(body.into_iter().chain(check(&body))) {
            *to = from;
        }
        self.file.write_all_at(&slot, at).map_err(failed("write to", &self.path))?;
        self.sync()
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(failed("sync", &self.path))
    }

    /// The number of commits in a slot, and all of its body; none if it was never written, or torn.
    fn slot(&self, at: u64) -> Option<(u64, [u8; BODY_LEN])> {
        let mut slot = [0; SLOT_LEN];
        self.file.read_exact_at(&mut slot, at).ok()?;
        let (body, checked) = slot.split_first_chunk::<BODY_LEN>()?;
        let commits = body.get(8..16)?.try_into().ok()?;
        (check(body) == *checked).then_some((u64::from_be_bytes(commits), *body))
    }

    /// The number of commits in a slot, whatever its checksum says.
    fn said(&self, at: u64) -> Option<u64> {
        let mut commits = [0; 8];
        self.file.read_exact_at(&mut commits, at + 8).ok()?;
        Some(u64::from_be_bytes(commits))
    }
}

/// What can be wrong with an anchor. A start takes the last two and refuses the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnchorFault {
    #[error("the file `anchor` is missing: nothing says which commit was the last")]
    Missing,
    #[error("the file `anchor` is not readable: nothing says which commit was the last")]
    Unreadable,
    #[error("the last {lost} of {commits} commits are lost")]
    Lost { lost: u64, commits: u64 },
    #[error("the file `anchor` is that of another store")]
    OtherStore,
    #[error("commit {commits} isn't the one that was acknowledged")]
    OtherCommit { commits: u64 },
    #[error("the file `anchor` doesn't know the last {by} commits")]
    Behind { by: u64 },
    #[error("one half of the file `anchor` is not readable; the other one vouches for what is there")]
    Torn,
}

fn body(state: &State) -> Result<[u8; BODY_LEN], StoreError> {
    let numbers = state.head.store.0.to_be_bytes().into_iter().chain(state.commits.to_be_bytes());
    let mut body = [0; BODY_LEN];
    for (to, from) in body.iter_mut().zip(numbers.chain(state.fingerprint()?)) {
        *to = from;
    }
    Ok(body)
}

fn check(body: &[u8; BODY_LEN]) -> [u8; CHECK_LEN] {
    let hash: [u8; 32] = blake3::hash(body).into();
    hash.first_chunk().copied().unwrap_or_default()
}
