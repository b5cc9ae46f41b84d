//! The newest change sets, within bounds.

use std::{collections::VecDeque, sync::Arc};

use super::Published;

/// How many change sets are kept at most.
const SETS: usize = 512;
/// And with how many changes in all. The newest is kept for a while even if it has more alone.
pub(super) const CHANGES: usize = 20_000;

/// What comes behind a revision.
#[derive(Clone, Debug)]
pub enum Next {
    /// Nothing yet.
    Nothing,
    /// This change set.
    Set(Arc<Published>),
    /// Something that has left: the history has it. In here the first is the one behind this revision.
    Left { after: u64 },
}

/// Contiguous change sets up to the head.
#[derive(Debug)]
pub(super) struct Recent {
    head: u64,
    sets: VecDeque<Arc<Published>>,
    changes: usize,
}

impl Recent {
    pub(super) fn new(head: u64) -> Self {
        Self { head, sets: VecDeque::new(), changes: 0 }
    }

    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// The revision in front of the first.
    fn after(&self) -> u64 {
        self.head.saturating_sub(self.sets.len() as u64)
    }

    pub(super) fn push(&mut self, published: Published) {
        debug_assert_eq!(published.set.revision, self.head + 1);
        self.head = published.set.revision;
        self.changes += published.set.changes.len();
        self.sets.push_back(Arc::new(published));
        while self.sets.len() > 1 && self.is_full() {
            self.pop();
        }
    }

    fn is_full(&self) -> bool {
        self.sets.len() > SETS || self.changes > CHANGES
    }

    fn pop(&mut self) {
        if let Some(gone) = self.sets.pop_front() {
            self.changes -= gone.set.changes.len();
        }
    }

    /// Whether a single change set has more changes than all should have.
    pub(super) fn is_swollen(&self) -> bool {
        self.changes > CHANGES
    }

    /// Lets go of change sets up to a revision, until the rest is within bounds.
    pub(super) fn shed(&mut self, through: u64) {
        while self.is_full() && self.after() < through {
            self.pop();
        }
    }

    pub(super) fn next(&self, after: u64) -> Next {
        if after >= self.head {
            return Next::Nothing;
        }
        let place = after.checked_sub(self.after()).and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| self.sets.get(place)) {
            Some(set) => Next::Set(Arc::clone(set)),
            None => Next::Left { after: self.after() },
        }
    }

    /// Puts change sets in front, if they are the ones that belong there, as many as there is room for.
    pub(super) fn add_older(&mut self, older: &[Published]) {
        for published in older.iter().rev() {
            let changes = self.changes + published.set.changes.len();
            if published.set.revision > self.after() {
                continue;
            }
            if published.set.revision != self.after() || self.sets.len() >= SETS || changes > CHANGES {
                break;
            }
            self.changes = changes;
            self.sets.push_front(Arc::new(published.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feedgate_engine::Index;
    use feedgate_model::{Change, ChangeSet, Object, Policy, Revision, StoreId};

    fn published(index: &Arc<Index>, revision: u64, changes: usize) -> Published {
        let change = Change::Created(Object::Settings(index.settings().clone()));
        let changes = vec![change; changes];
        let set = ChangeSet { revision, at_ms: 0, actor: "".into(), idempotency: None, changes };
        Published { set: Arc::new(set), before: Arc::clone(index), after: Arc::clone(index) }
    }

    fn index() -> Arc<Index> {
        let revision = Revision { store: StoreId(1), number: 0 };
        Arc::new(Index::build(revision, Policy::initial().unwrap()).unwrap())
    }

    /// The revision that comes behind another, 0 if none does, or the one that is left to read.
    fn next(recent: &Recent, after: u64) -> Result<u64, u64> {
        match recent.next(after) {
            Next::Nothing => Ok(0),
            Next::Set(published) => Ok(published.set.revision),
            Next::Left { after } => Err(after),
        }
    }

    #[test]
    fn the_newest_are_kept() {
        let index = index();
        let mut recent = Recent::new(10);
        assert_eq!([next(&recent, 10), next(&recent, 9)], [Ok(0), Err(10)]);
        let last = 10 + SETS as u64 + 5;
        for revision in 11..=last {
            recent.push(published(&index, revision, 1));
        }
        assert_eq!([next(&recent, 14), next(&recent, 15), next(&recent, 16)], [Err(15), Ok(16), Ok(17)]);
        assert_eq!([next(&recent, last - 1), next(&recent, last)], [Ok(last), Ok(0)]);
    }

    #[test]
    fn a_large_one_is_let_go_of_later() {
        let index = index();
        let mut recent = Recent::new(0);
        recent.push(published(&index, 1, 5));
        recent.push(published(&index, 2, CHANGES + 1));
        assert_eq!([next(&recent, 0), next(&recent, 1)], [Err(1), Ok(2)]);
        assert!(recent.is_swollen());
        recent.shed(1);
        assert_eq!(next(&recent, 1), Ok(2));
        recent.shed(2);
        assert_eq!([next(&recent, 1), next(&recent, 2)], [Err(2), Ok(0)]);
        recent.push(published(&index, 3, 1));
        assert_eq!(next(&recent, 2), Ok(3));
    }

    #[test]
    fn older_ones_come_back_in_front() {
        let index = index();
        let mut recent = Recent::new(10);
        recent.push(published(&index, 11, 1));
        let older: Vec<_> = (5..=8).map(|revision| published(&index, revision, 1)).collect();
        recent.add_older(&older);
        assert_eq!(next(&recent, 9), Err(10), "there is a gap");
        let older: Vec<_> = (7..=11).map(|revision| published(&index, revision, 1)).collect();
        recent.add_older(&older);
        assert_eq!([next(&recent, 5), next(&recent, 6), next(&recent, 10)], [Err(6), Ok(7), Ok(11)]);
        recent.add_older(&[published(&index, 6, CHANGES)]);
        assert_eq!(next(&recent, 5), Err(6), "it is too large");
    }
}
