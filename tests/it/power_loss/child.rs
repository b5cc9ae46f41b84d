//! The process that is recorded: commits what the script says, and notes what it was told.

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
};

use feedgate::{
    model::StoreId,
    store::{Head, PolicyStore as _, SledStore},
};

use super::script::{MARKED, State, copy, states};

/// Where the notes are, below the folder that is watched.
pub const NOTES: &str = "notes";

/// After how many commits the store is closed and opened again.
const REOPEN_EVERY: usize = 6;

/// Where the store is, below the folder that is watched: it has to be made with the folder above it.
pub fn data(root: &Path) -> PathBuf {
    root.join("above").join("data")
}

/// What is said about a store. Written whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A commit was handed to the store.
    Begun(usize),
    /// The store has said that this was the newest commit: in answer to it, or when it was asked after a start.
    Acknowledged(usize, Head),
}

impl Note {
    fn line(&self) -> String {
        match self {
            Self::Begun(number) => format!("begun {number}\n"),
            Self::Acknowledged(number, Head { store, revision, digest, history_after }) => {
                let digest = blake3::Hash::from(*digest);
                format!("acknowledged {number} {} {revision} {digest} {history_after}\n", store.0)
            }
        }
    }

    pub fn parse(line: &[u8]) -> Self {
        let words: Vec<_> = std::str::from_utf8(line).unwrap().split_whitespace().collect();
        match words[..] {
            ["begun", number] => Self::Begun(number.parse().unwrap()),
            ["acknowledged", number, store, revision, digest, history_after] => {
                let store = StoreId(store.parse().unwrap());
                let digest = *blake3::Hash::from_hex(digest).unwrap().as_bytes();
                let (revision, history_after) = (revision.parse().unwrap(), history_after.parse().unwrap());
                let head = Head { store, revision, digest, history_after };
                Self::Acknowledged(number.parse().unwrap(), head)
            }
            _ => panic!("a note that says {words:?}"),
        }
    }
}

/// Commits what hasn't been committed yet of so much of the script.
pub async fn commit_all(root: &Path, commits: usize) {
    let states = states(commits).await;
    let mut notes = OpenOptions::new().create(true).append(true).open(root.join(NOTES)).unwrap();
    let mut note = |note: Note| notes.write_all(note.line().as_bytes()).unwrap();
    let mut store = SledStore::open(&data(root)).unwrap();
    let mut done = position(&store, &states).await;
    note(Note::Acknowledged(done, store.head().await.unwrap()));
    while done < commits {
        note(Note::Begun(done + 1));
        let head = store.commit(states[done].revision, copy(&states[done + 1].commit)).await.unwrap();
        done += 1;
        note(Note::Acknowledged(done, head));
        if done.is_multiple_of(REOPEN_EVERY) {
            drop(store);
            store = SledStore::open(&data(root)).unwrap();
        }
    }
}

/// Which commit was the newest of a store.
async fn position(store: &SledStore, states: &[State]) -> usize {
    let loaded = store.load().await.unwrap();
    let mark = store.credential(MARKED).await.unwrap();
    let is = |state: &State| {
        (state.revision, &state.mark, &state.policy) == (loaded.head.revision, &mark, &loaded.policy)
    };
    states.iter().rposition(is).expect("the store is in no state of the script")
}
