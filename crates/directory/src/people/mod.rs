//! The people of one external directory, as far as they are remembered.
//!
//! Somebody is asked about when first needed, and then again in the background as long as checks want to know. What is
//! remembered answers until it is too old; names that nobody has are remembered, too. When several need the same person
//! at once, the directory is asked once.
//!
//! | File | Holds |
//! |---|---|
//! | `key` | what was asked about |
//! | `sighting` | what a directory said, and when |
//! | `memory` | what is remembered: read without a lock |

mod key;
mod memory;
mod sighting;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

pub(crate) use self::sighting::MAX_ID;
use self::{
    key::KeyBytes,
    memory::{Due, Memory},
};
pub use self::{
    key::OwnedKey,
    sighting::{Ages, Basis, Known, Sighting},
};
use super::{
    events::{Events, MembershipChange, News},
    external::{DirectoryError, Key, UserDirectory},
    flights::Flights,
};
use feedgate_model::Name;

/// How many names and ids are remembered, about.
const REMEMBERED: usize = 100_000;
/// How much memory they may take, in bytes, about. Whoever is known by a name and an id counts twice.
const MAX_REMEMBERED: usize = 256 << 20;
/// How many are asked about at a time in the background.
const REFRESHING: usize = 4;
/// How well a directory answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// When it last answered.
    pub answered: Option<SystemTime>,
    /// Why it didn't, the last time; none if it did.
    pub failure: Option<DirectoryError>,
}

/// What came of asking about many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    pub asked: usize,
    pub changed: usize,
    /// The last of the failures.
    pub failure: Option<DirectoryError>,
}

/// The people of one directory.
#[derive(Debug)]
pub struct People {
    directory: Arc<dyn UserDirectory>,
    ages: Ages,
    memory: Memory,
    flights: Flights<KeyBytes, Arc<Sighting>>,
    health: Mutex<Health>,
    name: Name,
    events: Events,
}

impl People {
    /// `name` is what the policy calls the directory.
    pub fn new(name: Name, directory: Arc<dyn UserDirectory>, ages: Ages, events: Events) -> Arc<Self> {
        Arc::new(Self {
            directory,
            ages,
            memory: Memory::new(REMEMBERED, MAX_REMEMBERED),
            flights: Flights::default(),
            health: Mutex::default(),
            name,
            events,
        })
    }

    pub fn directory(&self) -> &Arc<dyn UserDirectory> {
        &self.directory
    }

    pub fn ages(&self) -> Ages {
        self.ages
    }

    /// What is remembered and fresh enough to answer from. Neither waits nor locks.
    pub fn recall(&self, key: Key<'_>) -> Option<Arc<Sighting>> {
        let sighting = self.memory.get(&key::bytes(key))?;
        (sighting.age() < self.ages.usable).then_some(sighting)
    }

    /// Asks the directory, or waits for somebody who does so already.
    pub async fn ask(self: &Arc<Self>, key: &OwnedKey) -> Result<Arc<Sighting>, DirectoryError> {
        let bytes = key::bytes(key.as_key());
        let (people, owned) = (Arc::clone(self), key.clone());
        self.flights.join(bytes, || async move { people.ask_anew(&owned).await }).await
    }

    /// How well the directory answers.
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many names and ids are remembered.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// Notes how a question that went elsewhere came out.
    pub fn note<T>(&self, outcome: &Result<T, DirectoryError>) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            // These are answers: about the question, not about the directory.
            Ok(_) | Err(DirectoryError::NotUnique(_) | DirectoryError::InvalidId(_)) => {
                *health = Health { answered: Some(SystemTime::now()), failure: None };
            }
            Err(failure) => {
                if health.failure.is_none() {
                    tracing::warn!(directory = %self.name, why = %failure, "a directory doesn't answer");
                }
                health.failure = Some(failure.clone());
            }
        }
    }

    /// Asks again about everybody who is old enough and was wanted since, and forgets those who have become useless.
    pub async fn refresh_due(self: &Arc<Self>) -> Refreshed {
        self.memory.forget_older_than(self.ages.usable).await;
        let due = self.memory.older_than(self.ages.refresh).into_iter();
        self.refresh(due.filter(|due| due.wanted).collect()).await
    }

    /// Asks again about everybody who is remembered.
    pub async fn refresh_all(self: &Arc<Self>) -> Refreshed {
        self.refresh(self.memory.older_than(std::time::Duration::ZERO)).await
    }

    async fn refresh(self: &Arc<Self>, due: Vec<Due>) -> Refreshed {
        let began = Instant::now();
        let answers = stream::iter(due).map(|due| async move {
            // By asking about the name the id has been asked about, too.
            let again = self.memory.look(&key::bytes(due.key.as_key()));
            if let Some(again) = again.filter(|again| again.asked >= began) {
                return Ok((false, due.who != again.who));
            }
            Ok((true, self.ask_anew(&due.key).await?.who != due.who))
        });
        let mut answers = answers.buffer_unordered(REFRESHING);
        let mut refreshed = Refreshed::default();
        while let Some(answer) = answers.next().await {
            match answer {
                Ok((asked, changed)) => {
                    refreshed.asked += usize::from(asked);
                    refreshed.changed += usize::from(asked && changed);
                }
                Err(failure) => refreshed.failure = Some(failure),
            }
        }
        refreshed
    }

    /// Asks the directory, whoever else does: what has changed before now is in the answer.
    pub async fn ask_anew(&self, key: &OwnedKey) -> Result<Arc<Sighting>, DirectoryError> {
        let sighting = self.see(key).await?;
        if let Some(lost) = self.remember(key, &sighting) {
            // Whoever had the name is gone or is called something else now. Without an answer the id stays as it is.
            let lost = OwnedKey::Id(lost);
            if let Ok(sighting) = self.see(&lost).await {
                self.remember(&lost, &sighting);
            }
        }
        Ok(sighting)
    }

    async fn see(&self, key: &OwnedKey) -> Result<Arc<Sighting>, DirectoryError> {
        // Of before the question: what changes while it is answered may be missing from the answer.
        let (asked, as_of) = (Instant::now(), SystemTime::now());
        let found = self.directory.find_user(key.as_key()).await;
        self.note(&found);
        let who = found?.map(|person| Known::new(person).map(Arc::new)).transpose()?;
        if let (OwnedKey::Id(wanted), Some(known)) = (key, &who)
            && !wanted.eq_ignore_ascii_case(&known.person.id)
        {
            return Err(DirectoryError::Malformed(
                "it answers with another id than it was asked about".into(),
            ));
        }
        Ok(Arc::new(Sighting::now(who, asked, as_of)))
    }

    /// Remembers somebody of whom the directory has told without being asked about a key: at a sign-in.
    pub fn meet(&self, known: &Arc<Known>, asked: Instant, as_of: SystemTime) {
        let sighting = Arc::new(Sighting::now(Some(Arc::clone(known)), asked, as_of));
        self.remember(&OwnedKey::Id(known.person.id.clone()), &sighting);
    }

    /// Puts a sighting under what was asked about and under the id that came of it. Gives the id that was known by this
    /// name until now, if it isn't any more.
    fn remember(&self, key: &OwnedKey, sighting: &Arc<Sighting>) -> Option<Box<str>> {
        if let OwnedKey::Id(_) = key {
            self.remember_id(key, sighting, None);
            return None;
        }
        let (before, newest) = self.memory.put(&key::bytes(key.as_key()), key, Arc::clone(sighting));
        // What somebody else has heard since is no news.
        let before = before.filter(|_| newest);
        let was_answered = before.is_some();
        let before = before.and_then(|before| before.who.clone());
        let now = sighting.who.as_ref();
        if let Some(known) = now {
            let same = before.clone().filter(|before| before.person.id == known.person.id);
            self.remember_id(&OwnedKey::Id(known.person.id.clone()), sighting, same);
        }
        let is_same = match (&before, now) {
            (Some(before), Some(now)) => before.person.id == now.person.id,
            (None, None) => true,
            _ => false,
        };
        if is_same {
            return None;
        }
        if was_answered {
            // Answers by this name are of another user, or of none.
            self.tell(Some(key.text().into()), before.clone(), now.cloned(), sighting.as_of);
        }
        before.map(|before| before.person.id.clone())
    }

    /// Puts a sighting under an id. `fallback` is what was known of the user by a name, in case the id was not asked
    /// about before or was forgotten.
    fn remember_id(&self, key: &OwnedKey, sighting: &Arc<Sighting>, fallback: Option<Arc<Known>>) {
        let (before, newest) = self.memory.put(&key::bytes(key.as_key()), key, Arc::clone(sighting));
        let was_answered = before.is_some() || fallback.is_some();
        let before = before.map_or(fallback, |before| before.who.clone());
        if newest && was_answered && before != sighting.who {
            self.tell(None, before, sighting.who.clone(), sighting.as_of);
        }
    }

    fn tell(
        &self,
        asked: Option<Box<str>>,
        before: Option<Arc<Known>>,
        after: Option<Arc<Known>>,
        as_of: SystemTime,
    ) {
        let directory = self.name.clone();
        let change = MembershipChange { directory, asked, before, after, as_of };
        self.events.tell(News::Changed(Arc::new(change)));
    }
}
