//! Binding: a policy names somebody of an external directory, the directory says which id that is, and from then on
//! the id counts (access model, section 6).
//!
//! It happens right behind the change that names somebody, and in the background for whoever couldn't be asked about
//! then. Until it has, permissions don't count.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;
use tracing::{debug, info, warn};

use super::super::{DecisionPoint, ServiceError, error::CheckError, subject::in_words};
use crate::{
    directory::{Connection, DirectoryError, FoundKind, Key, OwnedKey},
    engine::Index,
    model::{
        Change, DirectoryId, GroupId, Name, Object, UserId,
        edit::{Edit, GroupSpec, NewName, ObjectRef, PrincipalName, Spec, Step, UserSpec},
    },
    policy::{WriteRequest, Written},
};

/// Whom the history says it was.
const ACTOR: &str = "directories";
/// How long a change waits for what it names to be bound. What isn't by then is bound in the background.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are looked up in one go in the background: directories have more to do.
const AT_ONCE: usize = 200;

/// A principal of an external directory that the policy knows by name only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    pub kind: FoundKind,
    pub id: u32,
    pub directory: DirectoryId,
    pub name: Name,
    /// The revision that last changed it.
    revision: u64,
}

/// What came of binding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub bound: usize,
    /// Those whom their directory doesn't know, or knows as somebody who is bound already.
    pub left: Vec<Unbound>,
    /// The last of the failures.
    pub failure: Option<DirectoryError>,
}

impl Unbound {
    /// Everybody in a policy who isn't bound.
    pub(super) fn all(index: &Index) -> Vec<Self> {
        let outside: BTreeSet<_> = index
            .directories()
            .filter(|directory| directory.enabled && !directory.is_built_in())
            .map(|directory| directory.id)
            .collect();
        if outside.is_empty() {
            return Vec::new();
        }
        let users = index
            .users_from(UserId(0))
            .filter(|user| user.external_id.is_none() && outside.contains(&user.directory))
            .map(|user| Object::User(Arc::clone(user)));
        let groups = index
            .groups_from(GroupId(0))
            .filter(|group| group.external_id.is_none() && outside.contains(&group.directory))
            .map(|group| Object::Group(Arc::clone(group)));
        users.chain(groups).filter_map(|object| Self::of(&object)).collect()
    }

    /// None for what is bound, built in, or no principal.
    fn of(object: &Object) -> Option<Self> {
        let (kind, id, directory, name, external_id, revision) = match object {
            Object::User(user) => {
                (FoundKind::User, user.id.0, user.directory, &user.name, &user.external_id, user.revision)
            }
            Object::Group(group) => (
                FoundKind::Group,
                group.id.0,
                group.directory,
                &group.name,
                &group.external_id,
                group.revision,
            ),
            _ => return None,
        };
        let unbound = directory != DirectoryId::BUILT_IN && external_id.is_none();
        unbound.then(|| Self { kind, id, directory, name: name.clone(), revision })
    }
}

impl DecisionPoint {
    /// Binds what a change has just named, if that takes no longer than somebody will wait.
    pub(in crate::service) async fn bind_written(&self, written: &Written) {
        if self.connections().is_empty() || written.dry_run || written.replayed {
            return;
        }
        let named = |change: &Change| Unbound::of(change.after()?);
        let unbound: Vec<_> = written.changes.iter().filter_map(named).collect();
        if unbound.is_empty() {
            return;
        }
        match timeout(PATIENCE, self.bind(unbound)).await {
            Err(_) => info!("a directory is slow: names of the last change are bound in the background"),
            Ok(Err(error)) => warn!(%error, "names of the last change are not bound to ids yet"),
            Ok(Ok(Bound { failure, .. })) => {
                if let Some(why) = failure {
                    warn!(%why, "names of the last change are not bound to ids yet");
                }
            }
        }
    }

    /// Looks up everybody of one directory who isn't bound, because somebody of it wants to know what is decided.
    pub(in crate::service) async fn bind_all_of(
        &self,
        connection: &Connection,
        directory: DirectoryId,
    ) -> Result<(), CheckError> {
        // One at a time: those who waited find it done.
        let _one = self.0.binding.lock().await;
        let index = self.index();
        if connection.has_looked_up(index.unbound_in(directory)) {
            return Ok(());
        }
        let unbound = Unbound::all(&index).into_iter().filter(|it| it.directory == directory).collect();
        let failed = |why: Box<str>| {
            let asked = "names of the policy";
            CheckError::from(in_words(connection, asked, DirectoryError::Unreachable(why)))
        };
        let bound = self.bind(unbound).await.map_err(|error| failed(error.to_string().into()))?;
        match bound.failure {
            Some(failure) => Err(failed(failure.to_string().into())),
            None => Ok(()),
        }
    }

    /// Looks some of those up who aren't bound, beginning behind the ones of the last time.
    pub(super) async fn bind_some(&self, from: usize) -> Result<usize, ServiceError> {
        let all = Unbound::all(&self.index());
        let from = if from < all.len() { from } else { 0 };
        let some: Vec<_> = all.into_iter().skip(from).take(AT_ONCE).collect();
        let next = from + some.len();
        if !some.is_empty() {
            self.bind(some).await?;
        }
        Ok(next)
    }

    /// Looks up names, and writes down which ids they are.
    pub(super) async fn bind(&self, unbound: Vec<Unbound>) -> Result<Bound, ServiceError> {
        let asked: BTreeSet<_> =
            unbound.iter().map(|it| (it.directory, it.kind, it.id, it.name.clone())).collect();
        let mut outcome = Bound::default();
        let mut steps = Vec::new();
        let mut taken = BTreeSet::new();
        for principal in unbound {
            let index = self.index();
            let directory = index.directory(principal.directory).filter(|directory| directory.enabled);
            let Some(connection) = directory.and_then(|directory| self.connections().get(&directory.name))
            else {
                continue;
            };
            match look_up(connection, &principal).await {
                Err(error) => outcome.failure = Some(error),
                Ok(None) => outcome.left.push(principal),
                Ok(Some(found)) => {
                    let new = taken.insert((principal.kind, principal.directory, found.id.clone()));
                    if new && is_free(&index, &principal, &found.id) {
                        steps.push(edits(&index, &principal, found));
                    } else {
                        debug!(name = %principal.name, id = %found.id, "the id is bound to another name");
                        outcome.left.push(principal);
                    }
                }
            }
        }
        outcome.bound = self.write_down(steps).await?;
        if outcome.failure.is_none() {
            self.note_looked_up(&asked);
        }
        Ok(outcome)
    }

    /// Of a directory of which everybody who isn't bound now was asked about, that is said.
    fn note_looked_up(&self, asked: &BTreeSet<(DirectoryId, FoundKind, u32, Name)>) {
        let index = self.index();
        let mut still: BTreeMap<DirectoryId, bool> = asked.iter().map(|it| (it.0, true)).collect();
        for Unbound { kind, id, directory, name, revision: _ } in Unbound::all(&index) {
            if let Some(all) = still.get_mut(&directory) {
                *all &= asked.contains(&(directory, kind, id, name));
            }
        }
        for (directory, _) in still.into_iter().filter(|(_, all)| *all) {
            let found = index.directory(directory);
            if let Some(connection) = found.and_then(|directory| self.connections().get(&directory.name)) {
                connection.note_looked_up(index.unbound_in(directory));
            }
        }
    }

    /// All in one change set; if somebody has changed one of them meanwhile, each for itself.
    async fn write_down(&self, steps: Vec<Vec<Step>>) -> Result<usize, ServiceError> {
        let all = steps.len();
        if all == 0 || self.write_as_directories(steps.concat()).await.is_ok() {
            return Ok(all);
        }
        let mut bound = 0;
        let mut failed = None;
        for one in steps {
            match self.write_as_directories(one).await {
                Ok(()) => bound += 1,
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if bound == 0 => Err(error),
            _ => Ok(bound),
        }
    }

    async fn write_as_directories(&self, steps: Vec<Step>) -> Result<(), ServiceError> {
        let (expected, idempotency, dry_run, actor) = (None, None, false, ACTOR.into());
        let request = WriteRequest { steps, expected, idempotency, dry_run, actor };
        Ok(self.writer()?.write(request).await.map(drop)?)
    }
}

/// Who a name is.
struct Identified {
    id: Box<str>,
    name: Option<Box<str>>,
}

async fn look_up(connection: &Connection, principal: &Unbound) -> Result<Option<Identified>, DirectoryError> {
    let name = principal.name.as_str();
    match principal.kind {
        FoundKind::User => {
            let sighting = connection.people().ask(&OwnedKey::Name(name.into())).await?;
            let person = sighting.who.as_ref().map(|known| &known.person);
            Ok(person.map(|it| Identified { id: it.id.clone(), name: Some(it.name.clone()) }))
        }
        FoundKind::Group => {
            let found = connection.people().directory().find_group(Key::Name(name)).await;
            connection.people().note(&found);
            Ok(found?.map(|group| Identified { id: group.id, name: group.name }))
        }
    }
}

fn is_free(index: &Index, principal: &Unbound, id: &str) -> bool {
    match principal.kind {
        FoundKind::User => index.user_bound(principal.directory, id).is_none(),
        FoundKind::Group => index.group_bound(principal.directory, id).is_none(),
    }
}

/// The id, and the name as the directory spells it where what was typed is another one.
fn edits(index: &Index, principal: &Unbound, found: Identified) -> Vec<Step> {
    let Identified { id, name } = found;
    let it = PrincipalName::Id(principal.id);
    let (spec, object) = match principal.kind {
        FoundKind::User => {
            let (display_name, email, disabled) = (None, None, None);
            let spec = UserSpec { user: it.clone(), display_name, email, disabled, external_id: Some(id) };
            (Spec::User(spec), ObjectRef::User(it))
        }
        FoundKind::Group => {
            let spec = GroupSpec { group: it.clone(), description: None, external_id: Some(id) };
            (Spec::Group(spec), ObjectRef::Group(it))
        }
    };
    let expected_revision = Some(principal.revision);
    let mut steps = vec![Step { edit: Edit::Update(spec), expected_revision }];
    let theirs = name.and_then(|name| Name::new(&name).ok());
    if let Some(theirs) =
        theirs.filter(|theirs| theirs != &principal.name && !is_taken(index, principal, theirs))
    {
        let edit = Edit::Rename { object, to: NewName::Name(theirs) };
        steps.push(Step { edit, expected_revision: None });
    }
    steps
}

fn is_taken(index: &Index, principal: &Unbound, name: &Name) -> bool {
    match principal.kind {
        FoundKind::User => index.user_comparing(principal.directory, name.key()).is_some(),
        FoundKind::Group => index.group_comparing(principal.directory, name.key()).is_some(),
    }
}
