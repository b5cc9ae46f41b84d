//! Asking directories now.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    super::{
        DecisionPoint, ServiceError,
        error::CheckError,
        query::{Identity, ResolvedUser, Who},
        subject::in_words,
    },
    bind::Bound,
    merge::Merged,
    report::{Left, MAX_NAMES, UnboundName, WhyUnbound},
};
use crate::{
    directory::{
        Account, Connection, DirectoryError, FoundKind, Key, Named, OwnedKey, ResolveError, candidates,
        enabled,
    },
    engine::Index,
    model::{Directory, DirectoryId, GroupId, UserId},
};

/// What came of asking now.
#[derive(Debug)]
pub enum Refreshment {
    One(Option<RefreshedOne>),
    All(RefreshedAll),
}

/// Somebody, as the directory says now.
#[derive(Debug)]
pub struct RefreshedOne {
    pub user: ResolvedUser,
    pub disabled: bool,
    /// By their names there; by their ids if they have none.
    pub groups: Vec<Box<str>>,
    pub changed: bool,
}

/// Everybody who is remembered, and all who aren't bound.
#[derive(Debug, Default)]
pub struct RefreshedAll {
    pub asked: usize,
    pub changed: usize,
    pub bound: usize,
    /// Those who aren't bound.
    pub left: Vec<UnboundName>,
    /// How many these are in all.
    pub left_total: usize,
    /// Other names of principals that the policy has already.
    pub merged: Vec<Merged>,
}

impl DecisionPoint {
    /// Asks about one user: all directories in which a check would look.
    pub async fn refresh_user(
        &self,
        directory: Option<&str>,
        name: &str,
    ) -> Result<Refreshment, ServiceError> {
        let index = self.index();
        let (directories, key) = match directory {
            Some(directory) => (vec![enabled(&index, directory).map_err(CheckError::from)?], Key::Name(name)),
            None => {
                let (directories, asked) =
                    candidates(&index, self.connections(), name).map_err(CheckError::from)?;
                (directories.to_vec(), asked.key)
            }
        };
        let key = OwnedKey::from(key);
        let mut changed = false;
        for directory in directories.into_iter().filter(|directory| !directory.is_built_in()) {
            let connection = self.connection_of(directory, name)?;
            let before = connection.people().recall(key.as_key()).and_then(|sighting| sighting.who.clone());
            let now = connection.people().ask_anew(&key).await;
            let now = now.map_err(|error| CheckError::from(in_words(&connection, name, error)))?;
            changed |= before.is_some() && before != now.who;
        }
        let who = Who::User { directory, identity: Identity::Name(name) };
        let (index, subject) = self.subject(who).await?;
        let Some(user) = subject.resolved(&index) else { return Ok(Refreshment::One(None)) };
        let person = subject.outside().map(|known| &known.person);
        let groups = person.iter().flat_map(|person| &person.groups);
        Ok(Refreshment::One(Some(RefreshedOne {
            disabled: person.is_some_and(|person| person.account != Account::Enabled),
            groups: groups.map(|group| group.name.clone().unwrap_or_else(|| group.id.clone())).collect(),
            user,
            changed,
        })))
    }

    /// Asks about everybody.
    pub async fn refresh_all(&self, directory: Option<&str>) -> Result<Refreshment, ServiceError> {
        let index = self.index();
        let directories: Vec<_> = match directory {
            Some(name) => vec![enabled(&index, name).map_err(CheckError::from)?],
            None => index.directories().map(Arc::as_ref).filter(|directory| directory.enabled).collect(),
        };
        let (mut all, mut left) = (RefreshedAll::default(), Vec::new());
        for directory in directories.into_iter().filter(|directory| !directory.is_built_in()) {
            let connection = self.connection_of(directory, "everybody")?;
            let failed = |error| CheckError::from(in_words(&connection, "everybody", error));
            let refreshed = connection.people().refresh_all().await;
            if let Some(failure) = refreshed.failure {
                return Err(failed(failure).into());
            }
            all.asked += refreshed.asked;
            all.changed += refreshed.changed;
            let bound = self.look_up_names(&connection, directory.id, std::time::Duration::ZERO).await?;
            let Bound { bound, left: unbound, merged, failure } = bound;
            if let Some(failure) = failure {
                return Err(failed(failure).into());
            }
            all.bound += bound;
            all.merged.extend(merged);
            let names = connection.names();
            left.extend(unbound.iter().map(|it| Left::new(it, WhyUnbound::of(it, &names, ""))));
            let vanished = vanished(&index, directory.id, &connection).await.map_err(failed)?;
            self.0.gone.set(directory.id, vanished);
            left.extend(self.0.gone.in_policy(&self.index(), directory.id));
        }
        (all.left, all.left_total) = Self::with_grants(self.index(), left, MAX_NAMES).await?;
        Ok(Refreshment::All(all))
    }

    fn connection_of(&self, directory: &Directory, name: &str) -> Result<Arc<Connection>, CheckError> {
        let found = self.connections().get(&directory.name).cloned();
        found.ok_or_else(|| {
            let cause = "this server has no connection to it".into();
            let directory = directory.name.as_str().into();
            ResolveError::Unreachable { directory, name: name.into(), cause }.into()
        })
    }
}

/// Those who are bound to an id that the directory doesn't have any more, with these ids.
async fn vanished(
    index: &Index,
    directory: DirectoryId,
    connection: &Connection,
) -> Result<BTreeMap<Named, Box<str>>, DirectoryError> {
    let mut vanished = BTreeMap::new();
    for user in index.users_from(UserId(0)).filter(|user| user.directory == directory) {
        let Some(id) = &user.external_id else { continue };
        let found = connection.people().ask_anew(&OwnedKey::Id(id.clone())).await;
        if gone(found.map(|sighting| sighting.who.as_ref().map(|known| known.person.id.clone())), id)? {
            vanished.insert(Named { kind: FoundKind::User, id: user.id.0 }, id.clone());
        }
    }
    for group in index.groups_from(GroupId(0)).filter(|group| group.directory == directory) {
        let Some(id) = &group.external_id else { continue };
        let found = connection.people().directory().find_group(Key::Id(id)).await;
        connection.people().note(&found);
        if gone(found.map(|group| group.map(|group| group.id)), id)? {
            vanished.insert(Named { kind: FoundKind::Group, id: group.id.0 }, id.clone());
        }
    }
    Ok(vanished)
}

/// Whether nobody has exactly this id: another spelling of it binds to nothing.
fn gone(found: Result<Option<Box<str>>, DirectoryError>, id: &str) -> Result<bool, DirectoryError> {
    match found {
        Err(DirectoryError::InvalidId(_)) => Ok(true),
        found => Ok(found?.as_deref() != Some(id)),
    }
}
