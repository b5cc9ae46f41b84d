//! Circumstances of a lint: what passwords, connections and directories have to do with the policy.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

use super::{
    DecisionPoint,
    error::ServiceError,
    outside::{UnboundName, WhyUnbound},
};
use crate::{
    analysis::lint::{Circumstances, Obstacle, UnboundPrincipal, UnboundReason, administrators},
    directory::{Account, Key, OwnedKey},
    engine::Index,
    model::{DirectoryId, NameKey, User, UserId},
};

/// What ProGet's first administrator is called, and has for a password.
const KNOWN: &str = "Admin";
/// How many administrators are looked at.
const ADMINISTRATORS: usize = 1_000;
/// How long directories are asked about administrators. Of those who aren't known by then nothing is found.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are asked about at a time.
const AT_A_TIME: usize = 8;

impl DecisionPoint {
    /// What a policy doesn't say itself.
    pub(super) async fn circumstances(&self, index: &Arc<Index>) -> Result<Circumstances, ServiceError> {
        Ok(Circumstances {
            known_passwords: self.known_passwords(index).await?,
            obstacles: self.obstacles(index).await?,
            unconfigured: self.unconfigured(index),
            unbound: self.all_unbound(index).await?.into_iter().filter_map(unbound).collect(),
        })
    }

    /// The users with a password that is publicly known: ProGet's first administrator, as it comes out of the box
    /// (access model, section 9).
    async fn known_passwords(&self, index: &Index) -> Result<Vec<UserId>, ServiceError> {
        let key =
            NameKey::new(KNOWN).map_err(|source| ServiceError::InvalidName { field: "name", source })?;
        let Some(user) = index.user_named(DirectoryId::BUILT_IN, &key) else { return Ok(Vec::new()) };
        let Some(credential) = self.store().credential(user.id).await? else { return Ok(Vec::new()) };
        let known = self.passwords().is(credential.secret, KNOWN).await?;
        Ok(known.then_some(user.id).into_iter().collect())
    }

    /// The external directories of the policy that this server has no connection to.
    fn unconfigured(&self, index: &Index) -> BTreeSet<DirectoryId> {
        let external = index.directories().filter(|directory| !directory.is_built_in());
        let unconfigured = external.filter(|directory| self.connections().get(&directory.name).is_none());
        unconfigured.map(|directory| directory.id).collect()
    }

    /// Why administrators can't sign in, beyond what the policy says of them.
    async fn obstacles(&self, index: &Arc<Index>) -> Result<BTreeMap<UserId, Obstacle>, ServiceError> {
        let mut obstacles = BTreeMap::new();
        let until = Instant::now() + PATIENCE;
        let mut questions = Vec::new();
        for user in administrators(index, ADMINISTRATORS) {
            if !user.is_built_in() {
                questions.push(async move {
                    let asked = timeout_at(until, self.obstacle_outside(index, user)).await;
                    asked.ok().flatten().map(|obstacle| (user.id, obstacle))
                });
            } else if self.store().credential(user.id).await?.is_none() {
                obstacles.insert(user.id, Obstacle::NoPassword);
            }
        }
        let mut answers = stream::iter(questions).buffer_unordered(AT_A_TIME);
        while let Some(answer) = answers.next().await {
            obstacles.extend(answer);
        }
        Ok(obstacles)
    }

    /// What the directory of a bound user says. None if it says nothing: it can't be asked, or it has no objection.
    async fn obstacle_outside(&self, index: &Index, user: &User) -> Option<Obstacle> {
        let id = user.external_id.as_deref()?;
        let directory = index.directory(user.directory).filter(|directory| directory.enabled)?;
        let people = Arc::clone(self.connections().get(&directory.name)?.people());
        let sighting = match people.recall(Key::Id(id)) {
            Some(sighting) => sighting,
            None => people.ask(&OwnedKey::Id(id.into())).await.ok()?,
        };
        match sighting.who.as_ref().map(|known| known.person.account) {
            None => Some(Obstacle::Gone),
            Some(Account::Disabled) => Some(Obstacle::AccountDisabled),
            Some(Account::Expired) => Some(Obstacle::AccountExpired),
            Some(Account::Enabled) => None,
        }
    }
}

/// None for what says nothing of the policy.
fn unbound(name: UnboundName) -> Option<UnboundPrincipal> {
    let UnboundName { principal, why, restrictions, permissions, .. } = name;
    let why = match why {
        WhyUnbound::NotFound => UnboundReason::NotFound,
        WhyUnbound::Ambiguous => UnboundReason::Ambiguous,
        WhyUnbound::Taken => UnboundReason::Taken,
        WhyUnbound::Vanished => UnboundReason::Vanished,
        WhyUnbound::NotAsked(_) => return None,
    };
    Some(UnboundPrincipal { principal, why, restrictions, permissions })
}
