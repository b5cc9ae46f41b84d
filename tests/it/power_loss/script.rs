//! What is committed, and what a store must hold afterwards: the same whenever it is worked out.

use std::{collections::BTreeMap, sync::Arc};

use feedgate::{
    model::{
        Change, ChangeSet, Credential, Effect, FeedId, Grant, GrantId, Object, Policy, Principal, Scope,
        Secret, TaskId, UserId,
    },
    store::{Commit, MemoryStore, PolicyStore as _, Trim},
};

use crate::support::random::Random;

/// The user whose credential tells apart what has the same revision.
pub const MARKED: UserId = UserId(1);

/// How many commits the whole script has.
pub const COMMITS: usize = 40;

/// A store after some commit.
pub struct State {
    pub revision: u64,
    /// Where the history begins.
    pub history_after: u64,
    pub policy: Policy,
    pub mark: Option<Credential>,
    /// What was committed to get here; nothing in a new store.
    pub commit: Commit,
}

/// The states from that of a new store to that behind so many commits.
pub async fn states(commits: usize) -> Vec<State> {
    let store = MemoryStore::new().unwrap();
    let mut author = Author { random: Random::new(41), revision: 0, next: 100, grants: BTreeMap::new() };
    let mut states: Vec<State> = Vec::new();
    for number in 0..=commits {
        let commit = if number == 0 { Commit::default() } else { author.commit(number) };
        let before = states.last().map_or(0, |state| state.revision);
        store.commit(before, copy(&commit)).await.unwrap();
        let (loaded, mark) = (store.load().await.unwrap(), store.credential(MARKED).await.unwrap());
        let (revision, history_after) = (loaded.head.revision, loaded.head.history_after);
        states.push(State { revision, history_after, policy: loaded.policy, mark, commit });
    }
    states
}

/// Commits can't be cloned.
pub fn copy(commit: &Commit) -> Commit {
    let Commit { change_sets, credentials, trim } = commit;
    Commit { change_sets: change_sets.clone(), credentials: credentials.clone(), trim: *trim }
}

struct Author {
    random: Random,
    revision: u64,
    next: u64,
    grants: BTreeMap<u64, Grant>,
}

impl Author {
    fn commit(&mut self, number: usize) -> Commit {
        let mut credentials = Vec::new();
        let change_sets = match number % 10 {
            1 | 6 => vec![self.change_set(|author| vec![author.create()])],
            // Larger than a segment of sled's, which are 512 KiB.
            2 => vec![self.change_set(|author| (0..6_000).map(|_| author.create()).collect())],
            3 => (0..3).map(|_| self.change_set(|author| author.mixed(20))).collect(),
            4 => {
                let secret = Secret::Argon2id(format!("hash {number}").into());
                let credential = Credential { user: MARKED, secret, must_change: number % 20 == 4 };
                credentials.push((MARKED, (number != 24).then_some(credential)));
                vec![]
            }
            // All leaves are written again, so that the segments they were in become free.
            5 => vec![self.change_set(|author| author.update(1))],
            7 => vec![self.change_set(|author| author.update(64))],
            8 => vec![self.change_set(|author| author.delete(2))],
            9 => (0..40).map(|_| self.change_set(|author| author.mixed(4))).collect(),
            _ => vec![self.change_set(|author| author.update(9)), self.change_set(|_| vec![])],
        };
        // In the second half old change sets go, among them a large one.
        let trim = (number > COMMITS / 2).then_some(Trim { keep: 60, since_ms: u64::MAX });
        Commit { change_sets: change_sets.into_iter().map(Arc::new).collect(), credentials, trim }
    }

    fn change_set(&mut self, changes: impl FnOnce(&mut Self) -> Vec<Change>) -> ChangeSet {
        self.revision += 1;
        let changes = changes(self);
        let (revision, at_ms) = (self.revision, 1_700_000_000_000 + self.revision);
        ChangeSet { revision, at_ms, actor: "Admin".into(), idempotency: None, changes }
    }

    fn create(&mut self) -> Change {
        let id = self.next;
        self.next += 1 + self.random.below(3) as u64;
        let grant = Grant {
            id: GrantId(id),
            effect: Effect::Permit,
            principal: Principal::User(UserId(id as u32)),
            task: TaskId(1),
            scope: Scope::Feed(FeedId(self.random.below(1_000) as u32)),
            comment: Some(self.comment()),
            revision: self.revision,
        };
        self.grants.insert(id, grant.clone());
        Change::Created(Object::Grant(grant))
    }

    fn comment(&mut self) -> Box<str> {
        format!("{:016x}{:016x}", self.random.next(), self.random.next()).into()
    }

    /// One of so many grants.
    fn some(&mut self, one_in: usize) -> Vec<Grant> {
        let grants: Vec<_> = self.grants.values().cloned().collect();
        grants.into_iter().filter(|_| self.random.one_in(one_in)).collect()
    }

    fn update(&mut self, one_in: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        for before in self.some(one_in) {
            let (comment, revision) = (Some(self.comment()), self.revision);
            let after = Grant { comment, revision, ..before.clone() };
            self.grants.insert(after.id.0, after.clone());
            changes.push(Change::Updated(Box::new((Object::Grant(before), Object::Grant(after)))));
        }
        changes
    }

    fn delete(&mut self, one_in: usize) -> Vec<Change> {
        let gone = self.some(one_in);
        for grant in &gone {
            self.grants.remove(&grant.id.0);
        }
        gone.into_iter().map(Object::Grant).map(Change::Deleted).collect()
    }

    fn mixed(&mut self, created: usize) -> Vec<Change> {
        let mut changes = self.update(500);
        changes.extend(self.delete(300));
        changes.extend((0..created).map(|_| self.create()));
        changes
    }
}
