//! Connections: the directories of a policy that this server can ask.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use tracing::{info, warn};

use super::{
    claims::Claims,
    events::{Events, Listener, News},
    external::{DirectoryError, UserDirectory},
    flights::Flights,
    names::Names,
    people::{Ages, People},
    published::Published,
};
use feedgate_model::{Directory, Name, NameKey, Namesakes, Outsider};

/// How long to wait before a directory is asked again about its claims, after it couldn't say.
const RETRY: Duration = Duration::from_secs(5);

/// How to reach a directory, and what is remembered of it.
#[derive(Debug)]
pub struct Connection {
    name: Name,
    kind: &'static str,
    people: Arc<People>,
    /// None until it has said.
    claims: Published<Option<Claims>>,
    /// Names of the policy that aren't bound.
    names: Published<Names>,
    sweeps: Flights<(), ()>,
    events: Events,
}

/// How to reach a directory.
#[derive(Clone, Debug)]
pub struct Reach {
    /// What the policy calls it.
    pub name: Name,
    /// `ldap`, `active-directory`, `provider`: for people to read.
    pub kind: &'static str,
    pub directory: Arc<dyn UserDirectory>,
    pub ages: Ages,
}

impl Connection {
    fn new(reach: Reach, events: Events) -> Self {
        let Reach { name, kind, directory, ages } = reach;
        let people = People::new(name.clone(), directory, ages, events.clone());
        let (claims, names, sweeps) = (Published::default(), Published::default(), Flights::default());
        Self { name, kind, people, claims, names, sweeps, events }
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

    /// The names of the policy that were looked up and aren't bound.
    pub fn names(&self) -> Arc<Names> {
        self.names.get()
    }

    /// Replaces the names of the policy that were looked up. Tells if one of them means another principal than before:
    /// that changes decisions without a change of the policy.
    pub fn set_names(&self, names: Names) {
        let before = self.names.get();
        let same = before.mean_the_same(&names);
        self.names.set(Arc::new(names));
        if !same {
            self.events.tell(News::Names(self.name.clone()));
        }
    }

    /// The names that mean somebody besides those that are bound; none if not all names were looked up, as one number,
    /// or too long ago: then nobody knows who is held back by them.
    pub fn namesakes(&self, unbound: u64, outsider: &Outsider) -> Option<Namesakes> {
        if unbound == 0 {
            return Some(Namesakes::default());
        }
        let names = self.names.peek();
        names.are_all(unbound, self.people.ages().usable).then(|| names.of(outsider))
    }

    /// Has names looked up, or waits until somebody else has who does so already.
    pub async fn sweep<F>(&self, begin: impl FnOnce() -> F) -> Result<(), DirectoryError>
    where
        F: Future<Output = Result<(), DirectoryError>> + Send + 'static,
    {
        self.sweeps.join((), begin).await
    }

    /// Whether it answers for a domain, by what the policy or what it says itself; it is asked if it hasn't said yet.
    pub async fn answers_for(&self, directory: &Directory, domain: &str) -> Result<bool, DirectoryError> {
        let Ok(domain) = NameKey::new(domain) else { return Ok(false) };
        if directory.claims(&domain) {
            return Ok(true);
        }
        if self.claims(&domain).is_none() {
            self.learn_claims().await?;
        }
        Ok(self.claims(&domain).unwrap_or(false))
    }

    /// Asks the directory what it answers for. Tells if that changed: a name with one of the domains was another
    /// directory's, or a plain built-in name.
    pub async fn learn_claims(&self) -> Result<(), DirectoryError> {
        let claims = self.people.directory().claims().await;
        self.people.note(&claims);
        let mut claims = claims?;
        // The order means nothing, and needn't be the same each time.
        claims.domains.sort_unstable();
        claims.netbios.sort_unstable();
        let before = self.claims.get();
        if before.as_ref().as_ref() != Some(&claims) {
            info!(directory = %self.name, ?claims, "a directory answers for these domains besides those of the policy");
        }
        // Before the directory said anything, it claimed nothing: names that others claim were answered.
        let changed =
            before.as_ref().as_ref().map_or(claims != Claims::default(), |before| *before != claims);
        self.claims.set(Arc::new(Some(claims)));
        if changed {
            self.events.tell(News::Domains(self.name.clone()));
        }
        Ok(())
    }

    /// Keeps what is remembered fresh. Never ends.
    pub async fn keep_fresh(&self) {
        let Ages { refresh, .. } = self.people.ages();
        let pause = (refresh / 4).clamp(Duration::from_millis(50), RETRY);
        let mut learned = Instant::now();
        let mut known = self.learn_claims().await.is_ok();
        loop {
            tokio::time::sleep(pause).await;
            let since = learned.elapsed();
            if since >= if known { refresh.max(RETRY) } else { RETRY } {
                known = self.learn_claims().await.is_ok();
                learned = Instant::now();
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
pub struct Connections {
    by_name: HashMap<Box<[u8]>, Arc<Connection>>,
    events: Events,
}

impl Connections {
    pub fn new(reaches: impl IntoIterator<Item = Reach>) -> Result<Self, SameName> {
        let (mut by_name, events) = (HashMap::new(), Events::default());
        for reach in reaches {
            let name = reach.name.clone();
            let connection = Arc::new(Connection::new(reach, events.clone()));
            if by_name.insert(name.key().into(), connection).is_some() {
                return Err(SameName(name));
            }
        }
        Ok(Self { by_name, events })
    }

    /// Hears of each change of a membership from now on; none if there never will be one.
    pub fn listen(&self) -> Option<Listener> {
        (!self.is_empty()).then(|| self.events.listen())
    }

    /// No external directory can be asked.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn get(&self, directory: &Name) -> Option<&Arc<Connection>> {
        self.by_name.get(directory.key())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_name.values()
    }
}
