//! Whether a store that was left over is what it must be.

use std::path::Path;

use feedgate::{
    model::ChangeSet,
    store::{Head, PolicyStore as _, SledStore, StoreError},
};

use super::{
    child::{Note, data},
    script::{MARKED, State, copy},
};

/// What is known of a store from outside.
#[derive(Debug, Default)]
pub struct Known {
    /// The newest commit that was acknowledged; none before a store was seen.
    acknowledged: Option<(usize, Head)>,
    /// The newest commit that may have happened.
    begun: usize,
}

impl Known {
    /// Whether it is an acknowledgement.
    pub fn take(&mut self, note: Note) -> bool {
        match note {
            Note::Begun(number) => {
                self.begun = number;
                false
            }
            Note::Acknowledged(number, head) => {
                assert!((self.least()..=self.begun).contains(&number), "{number} isn't in {self:?}");
                if let Some((_, before)) = self.acknowledged {
                    assert_eq!(before.store, head.store, "it is another store");
                }
                // What had been begun and isn't there now must never come.
                *self = Self { acknowledged: Some((number, head)), begun: number };
                true
            }
        }
    }

    /// Whether a store has said anything yet.
    pub fn is_seen(&self) -> bool {
        self.acknowledged.is_some()
    }

    /// The newest commit that must be there; 0 is the new store.
    pub fn least(&self) -> usize {
        self.acknowledged.map_or(0, |(number, _)| number)
    }
}

/// Opens what is left below a folder and compares all of it. With `go_on`, also commits once more.
pub async fn of(root: &Path, known: &Known, states: &[State], go_on: bool) -> Result<(), String> {
    let root = data(root);
    let found = open(&root, known, states).await.map_err(|error| format!("{known:?}: {error}"))?;
    let Some(next) = states.get(found + 1).filter(|_| go_on) else { return Ok(()) };
    let error = |error: StoreError| format!("going on behind {found}: {error}");
    let store = SledStore::open(&root).map_err(error)?;
    let head = store.commit(states[found].revision, copy(&next.commit)).await.map_err(error)?;
    drop(store);
    let known = Known { acknowledged: Some((found + 1, head)), begun: found + 1 };
    open(&root, &known, states).await.map_err(|error| format!("gone on behind {found}: {error}")).map(|_| ())
}

/// Which state a store is in, if it is one that it may be in.
async fn open(root: &Path, known: &Known, states: &[State]) -> Result<usize, String> {
    let found = read(root).await.map_err(|error| error.to_string())?;
    let Found { loaded, mark, history } = found;
    let matches = |number: &usize| {
        let state = &states[*number];
        let head = (loaded.head.revision, loaded.head.history_after);
        (state.revision, state.history_after) == head
            && (&state.mark, &state.policy) == (&mark, &loaded.policy)
    };
    let number = (known.least()..=known.begun)
        .find(matches)
        .ok_or_else(|| format!("it is at revision {} and in no state it may be in", loaded.head.revision))?;
    if let Some((acknowledged, head)) = known.acknowledged {
        let same = loaded.head == head || (number > acknowledged && loaded.head.store == head.store);
        if !same {
            return Err(format!("its head is {:?}", loaded.head));
        }
    }
    let expected = states[..=number].iter().flat_map(|state| &state.commit.change_sets);
    let expected = expected.filter(|set| set.revision > loaded.head.history_after);
    if !history.iter().eq(expected.map(AsRef::as_ref)) {
        return Err("its history is another".to_owned());
    }
    Ok(number)
}

struct Found {
    loaded: feedgate::store::Loaded,
    mark: Option<feedgate::model::Credential>,
    history: Vec<ChangeSet>,
}

async fn read(root: &Path) -> Result<Found, StoreError> {
    let store = SledStore::open(root)?;
    let loaded = store.load().await?;
    let mark = store.credential(MARKED).await?;
    let history = store.changes_after(loaded.head.history_after, usize::MAX).await?;
    Ok(Found { loaded, mark, history })
}
