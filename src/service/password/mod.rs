//! Passwords: on their way into the store they are hashed before anybody else sees them.
//!
//! Hashing is slow on purpose. It is done one at a time, on a thread that is less urgent than those of checks; of those
//! who want to sign in only so many may wait, while whoever administers waits as long as it takes.

pub(super) mod secret;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::broadcast;

use super::{DecisionPoint, analysts::Lane, error::ServiceError, sign_in::Lockouts};
use crate::{
    model::{
        DirectoryId, Name, NameKey, Secret, UserId,
        edit::{Edit, NewPassword, PrincipalName, Step},
    },
    policy::Written,
};

/// How many passwords of strangers may wait to be verified before more of them are refused: as many as there may be
/// sign-ins under way, so that each waits its turn.
const WAITING: usize = 128;
/// How many of them may be of one name: whoever guesses at one leaves room for other names.
const WAITING_OF_ONE: usize = 64;
/// How many changes somebody who follows them may be behind.
const FOLLOWED: usize = 64;

/// What has to do with passwords, besides what is stored.
#[derive(Debug)]
pub(super) struct Passwords {
    lane: Lane,
    /// Sign-ins under way, by name as it is compared.
    names: Mutex<HashMap<Box<[u8]>, usize>>,
    pub(super) lockouts: Arc<Lockouts>,
    /// Whose password has become another one.
    pub(super) changed: broadcast::Sender<UserId>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (lane, lockouts) = (Lane::new("passwords", 1, WAITING), Arc::default());
        Self { lane, names: Mutex::default(), lockouts, changed: broadcast::Sender::new(FOLLOWED) }
    }
}

impl Passwords {
    /// Hashes the passwords of a change set, in the background.
    pub(super) async fn hash_all(&self, mut steps: Vec<Step>) -> Result<Vec<Step>, ServiceError> {
        for step in &mut steps {
            let Edit::SetPassword(set) = &mut step.edit else { continue };
            if let NewPassword::Plain(password) = &set.password {
                set.password = NewPassword::Hashed(self.hash(password.clone()).await?);
            }
        }
        Ok(steps)
    }

    async fn hash(&self, password: SecretString) -> Result<Secret, ServiceError> {
        let hashed = self.lane.work_patiently(move || secret::hash(password.expose_secret()));
        hashed.await?.map_err(|_| ServiceError::Hash)
    }

    /// Tells that somebody's password has become another one: failures to guess the old one count no more.
    pub(super) fn have_changed(&self, user: UserId) {
        self.lockouts.forgive(user);
        // Nobody may be listening.
        let _ = self.changed.send(user);
    }

    /// Whether a secret is of this password.
    pub(super) async fn is(&self, secret: Secret, password: &'static str) -> Result<bool, ServiceError> {
        self.lane.work_patiently(move || secret::is_of(&secret, password)).await
    }

    /// A place for a sign-in under a name, for as long as it is held. [`ServiceError::TooManySignIns`] if too many have
    /// one.
    pub(super) fn place(&self, name: &NameKey<'_>) -> Result<NamePlace<'_>, ServiceError> {
        let name: Box<[u8]> = name.as_bytes().into();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = names.entry(name.clone()).or_default();
        if *taken >= WAITING_OF_ONE {
            return Err(ServiceError::TooManySignIns);
        }
        *taken += 1;
        Ok(NamePlace { names: &self.names, name })
    }

    /// Has something about a stranger's password worked out. [`ServiceError::TooManySignIns`] if too many wait.
    pub(super) async fn of_stranger<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.lane.work(work).await.map_err(|error| match error {
            ServiceError::Overloaded => ServiceError::TooManySignIns,
            error => error,
        })
    }
}

/// A place of a sign-in under a name.
#[derive(Debug)]
pub(super) struct NamePlace<'a> {
    names: &'a Mutex<HashMap<Box<[u8]>, usize>>,
    name: Box<[u8]>,
}

impl Drop for NamePlace<'_> {
    fn drop(&mut self) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(taken) = names.get_mut(&self.name) else { return };
        *taken = taken.saturating_sub(1);
        if *taken == 0 {
            names.remove(&self.name);
        }
    }
}

impl DecisionPoint {
    /// Tells whose password a change set has set.
    pub(super) fn tell_passwords(&self, written: &Written, set: &[PrincipalName]) {
        if written.dry_run || written.replayed {
            return;
        }
        let built_in = |name: &Name| written.after.user_comparing(DirectoryId::BUILT_IN, name.key());
        for user in set {
            let id = match user {
                PrincipalName::Id(id) => Some(UserId(*id)),
                PrincipalName::Named { name, .. } => built_in(name).map(|user| user.id),
            };
            id.into_iter().for_each(|id| self.passwords().have_changed(id));
        }
    }
}

/// Whose passwords a change set sets.
pub(super) fn set_in(steps: &[Step]) -> Vec<PrincipalName> {
    let set = steps.iter().filter_map(|step| match &step.edit {
        Edit::SetPassword(set) => Some(set.user.clone()),
        _ => None,
    });
    set.collect()
}

/// Stand-ins for the passwords of a change set that is only drafted: hashing takes time, and nobody keeps them.
pub(super) fn stand_in(steps: &mut [Step]) {
    for step in steps {
        if let Edit::SetPassword(set) = &mut step.edit {
            set.password = NewPassword::Hashed(Secret::Argon2id("".into()));
        }
    }
}
