//! Connections: the directories of a policy that this server can ask.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tracing::{info, warn};

use super::{
    claims::Claims,
    external::{DirectoryError, UserDirectory},
    people::{Ages, People},
    published::Published,
};
use crate::model::{Name, NameKey};

/// How long to wait before a directory is asked again about its claims, after it couldn't say.
const RETRY: Duration = Duration::from_secs(5);

/// How to reach a directory, and what is remembered of it.
#[derive(Debug)]
pub struct Connection {
    name: Name,
    /// `ldap`, `active-directory`, `provider`: for people to read.
    kind: &'static str,
    people: Arc<People>,
    /// None until it has said.
    claims: Published<Option<Claims>>,
}

impl Connection {
    /// The name is that of a directory of the policy.
    pub fn new(name: Name, kind: &'static str, directory: Arc<dyn UserDirectory>, ages: Ages) -> Self {
        Self { name, kind, people: People::new(directory, ages), claims: Published::default() }
    }

    pub fn name(&self) -> &Name {
        &self.name
    }

    pub fn kind(&self) -> &'static str {
        self.kind
    }

    pub fn people(&self) -> &Arc<People> {
        &self.people
    }

    /// Whether it answers for a domain besides what the policy says; none as long as that isn't known.
    pub fn claims(&self, domain: &NameKey<'_>) -> Option<bool> {
        Option::as_ref(&self.claims.peek()).map(|claims| claims.hold(domain))
    }

    /// Asks the directory what it answers for.
    pub async fn learn_claims(&self) -> Result<(), DirectoryError> {
        let claims = self.people.directory().claims().await;
        self.people.note(&claims);
        let claims = claims?;
        if self.claims.peek().as_ref().as_ref() != Some(&claims) {
            info!(directory = %self.name, ?claims, "a directory answers for these domains besides those of the policy");
        }
        self.claims.set(Arc::new(Some(claims)));
        Ok(())
    }

    /// Keeps what is remembered fresh. Never ends.
    pub async fn keep_fresh(&self) {
        let Ages { refresh, .. } = self.people.ages();
        let pause = (refresh / 4).clamp(Duration::from_millis(50), RETRY);
        let mut learned = tokio::time::Instant::now();
        let mut known = self.learn_claims().await.is_ok();
        loop {
            tokio::time::sleep(pause).await;
            let since = learned.elapsed();
            if since >= if known { refresh.max(RETRY) } else { RETRY } {
                known = self.learn_claims().await.is_ok();
                learned = tokio::time::Instant::now();
            }
            let refreshed = self.people.refresh_due().await;
            if let Some(failure) = refreshed.failure {
                warn!(directory = %self.name, why = %failure, "people couldn't be asked about again");
            }
        }
    }
}

/// Two connections for one directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are two connections for the directory `{0}`")]
pub struct SameName(pub Name);

/// All connections, by the directories' names.
#[derive(Clone, Debug, Default)]
pub struct Connections(HashMap<Box<[u8]>, Arc<Connection>>);

impl Connections {
    pub fn new(connections: impl IntoIterator<Item = Connection>) -> Result<Self, SameName> {
        let mut by_name = HashMap::new();
        for connection in connections {
            let name = connection.name.clone();
            if by_name.insert(name.key().into(), Arc::new(connection)).is_some() {
                return Err(SameName(name));
            }
        }
        Ok(Self(by_name))
    }

    /// No external directory can be asked.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, directory: &Name) -> Option<&Arc<Connection>> {
        self.0.get(directory.key())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.0.values()
    }
}
