//! Binding: a policy names somebody of an external directory, the directory says which id that is, and from then on
//! the id counts (access model, section 6).
//!
//! It happens right behind the change that names somebody, when somebody of the directory is asked about, and in the
//! background. Until it has, permissions don't count. A name that can't be bound is remembered with what came of it: it
//! may mean somebody who is bound by another name, and what holds that name back holds them back, too.
//!
//! Two names of one principal are merged, see `merge`.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;
use tracing::warn;

use super::{
    super::{DecisionPoint, ServiceError, error::CheckError, subject::in_words},
    merge::Merged,
    unbound::{Identified, Meaning, Unbound, look_up},
};
use crate::{
    directory::{Connection, DirectoryError, LookedUp, Named, Names},
    engine::Index,
    model::{Directory, DirectoryId, edit::Step},
    policy::WriteRequest,
};

/// Whom the history says it was.
const ACTOR: &str = "directories";
/// How many names are looked up before what came of it is written down.
const CHUNK: usize = 64;
/// How many of them at a time.
const AT_A_TIME: usize = 8;

/// What came of binding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub bound: usize,
    /// Those whom their directory doesn't know, or knows more than one of.
    pub left: Vec<Unbound>,
    /// Other names of principals that the policy has already.
    pub merged: Vec<Merged>,
    /// Why the rest wasn't looked up, if so.
    pub failure: Option<DirectoryError>,
}

impl DecisionPoint {
    /// Returns when every name that the policy has of a directory is bound, or known to be bound to nothing.
    pub(in crate::service) async fn names_known(
        &self,
        connection: &Arc<Connection>,
        directory: DirectoryId,
    ) -> Result<(), CheckError> {
        let usable = connection.people().ages().usable;
        self.look_up_shared(connection, directory, usable)
            .await
            .map_err(|error| in_words(connection, "names of the policy", error).into())
    }

    /// Looks up names of which nothing is known that is younger than this; or waits for somebody who does.
    pub(super) async fn look_up_shared(
        &self,
        connection: &Arc<Connection>,
        directory: DirectoryId,
        age: Duration,
    ) -> Result<(), DirectoryError> {
        let (point, asked) = (self.clone(), Arc::clone(connection));
        let sweep = || async move {
            let bound = point.look_up_names(&asked, directory, age).await;
            let failed = |error: ServiceError| DirectoryError::Unreachable(error.to_string().into());
            bound.map_err(failed)?.failure.map_or(Ok(()), Err)
        };
        connection.sweep(sweep).await
    }

    /// Looks up names, writes down which ids they are, and remembers of the rest that they aren't.
    pub(super) async fn look_up_names(
        &self,
        connection: &Connection,
        directory: DirectoryId,
        age: Duration,
    ) -> Result<Bound, ServiceError> {
        let index = self.index();
        let Some(found) = index.directory(directory).filter(|directory| directory.enabled).cloned() else {
            return Ok(Bound::default());
        };
        let before = connection.names();
        let mut sweep = Sweep::new(connection, &found);
        let mut due = Vec::new();
        for unbound in Unbound::all_of(&index, directory) {
            // What came of it last is good until something else does, or it is too old: an outage changes no answer.
            let entry = before.entry(unbound.named()).filter(|entry| entry.mark == unbound.mark);
            sweep.entries.extend(entry.map(|entry| (unbound.named(), entry.clone())));
            match entry {
                Some(entry) if entry.at.elapsed() < age => sweep.outcome.left.push(unbound),
                _ => due.push(unbound),
            }
        }
        for chunk in due.chunks(CHUNK) {
            let bindings = sweep.ask(&self.index(), chunk).await;
            for Binding { unbound, .. } in &bindings {
                sweep.entries.remove(&unbound.named());
            }
            sweep.outcome.bound += self.write_down(bindings, &mut sweep.entries).await;
            self.merge_all(&mut sweep).await;
            connection.set_names(Names::new(sweep.entries.clone()));
            if sweep.outcome.failure.is_some() {
                break;
            }
        }
        if due.is_empty() {
            connection.set_names(Names::new(sweep.entries));
        }
        Ok(sweep.outcome)
    }

    /// All in one change set; if that can't be, each for itself. What isn't written keeps its meaning in mind.
    async fn write_down(&self, bindings: Vec<Binding>, entries: &mut HashMap<Named, LookedUp>) -> usize {
        let steps = bindings.iter().flat_map(|binding| binding.steps.clone()).collect();
        if bindings.is_empty() || self.write_as_directories(steps).await.is_ok() {
            return bindings.len();
        }
        let mut bound = 0;
        for Binding { unbound, means, steps } in bindings {
            match self.write_as_directories(steps).await {
                Ok(()) => bound += 1,
                Err(error) => {
                    warn!(%error, name = %unbound.name, "a name can't be bound to its id");
                    entries.insert(unbound.named(), unbound.looked_up(Some(means), false));
                }
            }
        }
        bound
    }

    /// Merges names into the principals that they mean. What can't be merged keeps its meaning in mind.
    async fn merge_all(&self, sweep: &mut Sweep<'_>) {
        for (unbound, means) in std::mem::take(&mut sweep.others) {
            match self.merge(&unbound, &means).await {
                Ok(Some(merged)) => {
                    sweep.entries.remove(&unbound.named());
                    sweep.outcome.merged.push(merged);
                }
                Ok(None) => sweep.leave(&unbound, Some(means), false),
                Err(error) => {
                    warn!(%error, name = %unbound.name, "a name can't be merged into the principal it means");
                    sweep.leave(&unbound, Some(means), false);
                }
            }
        }
    }

    pub(super) async fn write_as_directories(&self, steps: Vec<Step>) -> Result<(), ServiceError> {
        let (expected, idempotency, dry_run, actor) = (None, None, false, ACTOR.into());
        let request = WriteRequest { steps, expected, idempotency, dry_run, actor };
        Ok(self.writer()?.write(request).await.map(drop)?)
    }

    /// How a directory is reached, if it is enabled and can be.
    pub(super) fn connection_to(&self, directory: DirectoryId) -> Option<Arc<Connection>> {
        let index = self.index();
        let directory = index.directory(directory).filter(|directory| directory.enabled)?;
        self.connections().get(&directory.name).cloned()
    }
}

/// A name that is to be bound.
struct Binding {
    unbound: Unbound,
    means: Box<str>,
    steps: Vec<Step>,
}

/// Looking up the names of one directory.
struct Sweep<'a> {
    connection: &'a Connection,
    directory: &'a Directory,
    entries: HashMap<Named, LookedUp>,
    /// The ids that names of this sweep are bound to.
    taken: BTreeSet<(crate::directory::FoundKind, Box<str>)>,
    /// Names that mean what another name is bound to, and the ids of that.
    others: Vec<(Unbound, Box<str>)>,
    outcome: Bound,
}

impl<'a> Sweep<'a> {
    fn new(connection: &'a Connection, directory: &'a Directory) -> Self {
        let entries = HashMap::new();
        let (taken, others, outcome) = (BTreeSet::new(), Vec::new(), Bound::default());
        Self { connection, directory, entries, taken, others, outcome }
    }

    /// Asks about some names. Gives those that can be bound.
    async fn ask(&mut self, index: &Index, some: &[Unbound]) -> Vec<Binding> {
        let (connection, directory) = (self.connection, self.directory);
        let mut questions = Vec::with_capacity(some.len());
        for unbound in some {
            questions.push(async move { (unbound, look_up(connection, directory, unbound).await) });
        }
        let mut answers = stream::iter(questions).buffer_unordered(AT_A_TIME);
        let mut bindings = Vec::new();
        while let Some((unbound, answer)) = answers.next().await {
            match answer {
                Err(failure) => {
                    // The others would wait as long as this one.
                    self.outcome.failure = Some(failure);
                    break;
                }
                Ok(Meaning::Unclear) => {
                    // Whom it meant last it may mean still.
                    let last = self.entries.get(&unbound.named()).and_then(|entry| entry.means.clone());
                    self.leave(unbound, last, true);
                }
                Ok(Meaning::Nobody) => self.leave(unbound, None, false),
                Ok(Meaning::Somebody(found)) => {
                    let new = self.taken.insert((unbound.kind, found.id.clone()));
                    if new && unbound.may_be(index, &found.id) {
                        bindings.push(self.binding(index, unbound, found));
                    } else {
                        self.others.push((unbound.clone(), found.id));
                    }
                }
            }
        }
        bindings
    }

    fn binding(&self, index: &Index, unbound: &Unbound, found: Identified) -> Binding {
        let means = found.id.clone();
        Binding { unbound: unbound.clone(), means, steps: unbound.edits(index, found) }
    }

    fn leave(&mut self, unbound: &Unbound, means: Option<Box<str>>, is_unclear: bool) {
        self.entries.insert(unbound.named(), unbound.looked_up(means, is_unclear));
        self.outcome.left.push(unbound.clone());
    }
}

impl Unbound {
    /// What came of looking it up now.
    fn looked_up(&self, means: Option<Box<str>>, is_unclear: bool) -> LookedUp {
        LookedUp { mark: self.mark, at: Instant::now(), means, is_unclear }
    }
}
