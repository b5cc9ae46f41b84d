//! Reports: which names of external directories are not bound to an id, why, and which grants suffer from it.
//!
//! A permission to such a name doesn't count. A restriction holds only for users and groups that the directory calls
//! exactly so: if it has none, the restriction restricts no user. Each response to a write says so.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::{
    super::{DecisionPoint, error::ServiceError},
    merge::Merged,
    unbound::{Meaning, Unbound, look_up},
};
use crate::{
    directory::{Connection, FoundKind, Names},
    engine::{Index, Principals},
    model::{DirectoryId, Effect, GrantId, GroupId, Name, Object, Principal, UserId},
    policy::Written,
};

/// How long a change waits for what it names to be bound. What isn't by then is bound in the background.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many names a report has at most.
pub const MAX_NAMES: usize = 1_000;
/// How many names of a dry run are looked up at a time.
const AT_A_TIME: usize = 8;

/// What a write reports of the names in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameReport {
    /// The first [`MAX_NAMES`], by directory, kind and id.
    pub unbound: Vec<UnboundName>,
    /// How many there are in all.
    pub unbound_total: usize,
    pub merged: Vec<Merged>,
}

/// A user or group of an external directory that isn't bound to an id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnboundName {
    pub principal: Principal,
    pub kind: FoundKind,
    pub directory: Name,
    pub name: Name,
    pub why: WhyUnbound,
    /// Restrictions for it and for the groups of the policy that contain it.
    pub restrictions: Vec<GrantId>,
    /// Permissions likewise.
    pub permissions: Vec<GrantId>,
}

/// Why a name isn't bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WhyUnbound {
    /// The directory has no such user or group.
    NotFound,
    /// The directory has more than one.
    Ambiguous,
    /// It means what another name is bound to, and the two can't be merged.
    Taken,
    /// The directory hasn't been asked, for this reason.
    NotAsked(Box<str>),
    /// The directory doesn't have the id any more that it was bound to.
    Vanished,
}

/// A name that isn't bound, before its grants are looked for.
pub(super) struct Left {
    pub(super) kind: FoundKind,
    pub(super) id: u32,
    pub(super) directory: DirectoryId,
    pub(super) name: Name,
    pub(super) why: WhyUnbound,
}

impl Left {
    pub(super) fn new(unbound: &Unbound, why: WhyUnbound) -> Self {
        let Unbound { kind, id, directory, name, .. } = unbound;
        Self { kind: *kind, id: *id, directory: *directory, name: name.clone(), why }
    }

    fn principal(&self) -> Principal {
        match self.kind {
            FoundKind::User => Principal::User(UserId(self.id)),
            FoundKind::Group => Principal::Group(GroupId(self.id)),
        }
    }
}

impl WhyUnbound {
    /// As far as it is known, else for this reason.
    pub(super) fn of(unbound: &Unbound, names: &Names, otherwise: &str) -> Self {
        let entry = names.entry(unbound.named()).filter(|entry| entry.mark == unbound.mark);
        match entry {
            None => Self::NotAsked(otherwise.into()),
            Some(entry) if entry.is_unclear => Self::Ambiguous,
            Some(entry) if entry.means.is_some() => Self::Taken,
            Some(_) => Self::NotFound,
        }
    }
}

impl DecisionPoint {
    /// Binds what a change has just named, if that takes no longer than a caller will wait, and reports what isn't
    /// bound then. Of a dry run names are looked up, and nothing is bound.
    pub(in crate::service) async fn bind_written(
        &self,
        written: &Written,
    ) -> Result<NameReport, ServiceError> {
        if self.connections().is_empty() || written.replayed {
            return Ok(NameReport::default());
        }
        let principals = principals_in(written);
        let mut by_directory: BTreeMap<DirectoryId, Vec<Unbound>> = BTreeMap::new();
        for unbound in unbound_among(&written.after, &principals) {
            by_directory.entry(unbound.directory).or_default().push(unbound);
        }
        let until = Instant::now() + PATIENCE;
        let (mut left, mut merged) = (Vec::new(), Vec::new());
        for (directory, names) in by_directory {
            let Some(connection) = self.connection_to(directory) else { continue };
            if written.dry_run {
                left.extend(self.look_up_only(&connection, directory, names, until).await);
                continue;
            }
            let cause = match timeout_at(until, self.names_known(&connection, directory)).await {
                Err(_) => {
                    info!(directory = %connection.name(), "slow: names are bound in the background");
                    format!("it took longer than {} s", PATIENCE.as_secs())
                }
                Ok(Err(error)) => {
                    warn!(%error, "names of the last change are not bound to ids yet");
                    error.to_string()
                }
                Ok(Ok(())) => "it is asked in the background".to_owned(),
            };
            let (index, known) = (self.index(), connection.names());
            for unbound in names {
                match index.object(unbound.key()) {
                    None => merged.extend(self.0.merges.find(unbound.named())),
                    Some(object) => left.extend(
                        Unbound::of(&object)
                            .map(|unbound| Left::new(&unbound, WhyUnbound::of(&unbound, &known, &cause))),
                    ),
                }
            }
        }
        for directory in written.after.directories() {
            let gone = self.0.gone.in_policy(&written.after, directory.id).into_iter();
            left.extend(gone.filter(|gone| principals.contains(&gone.principal())));
        }
        let index = if written.dry_run { Arc::clone(&written.after) } else { self.index() };
        let (unbound, unbound_total) = Self::with_grants(index, left, MAX_NAMES).await?;
        Ok(NameReport { unbound, unbound_total, merged })
    }

    /// Looks up names of a dry run.
    async fn look_up_only(
        &self,
        connection: &Connection,
        directory: DirectoryId,
        names: Vec<Unbound>,
        until: Instant,
    ) -> Vec<Left> {
        let index = self.index();
        let Some(directory) = index.directory(directory) else { return Vec::new() };
        let mut questions = Vec::with_capacity(names.len());
        for unbound in names {
            questions.push(async move {
                let why = match timeout_at(until, look_up(connection, directory, &unbound)).await {
                    Ok(Ok(Meaning::Somebody(_))) => return None,
                    Ok(Ok(Meaning::Nobody)) => WhyUnbound::NotFound,
                    Ok(Ok(Meaning::Unclear)) => WhyUnbound::Ambiguous,
                    Ok(Err(error)) => WhyUnbound::NotAsked(error.to_string().into()),
                    Err(_) => {
                        let cause = format!("it took longer than {} s", PATIENCE.as_secs());
                        WhyUnbound::NotAsked(cause.into())
                    }
                };
                Some(Left::new(&unbound, why))
            });
        }
        let mut answers = stream::iter(questions).buffer_unordered(AT_A_TIME);
        let mut left = Vec::new();
        while let Some(answer) = answers.next().await {
            left.extend(answer);
        }
        left
    }

    /// Looks for the grants of unbound names. Gives the first of them, in a stable order, and how many there are.
    pub(super) async fn with_grants(
        index: Arc<Index>,
        mut left: Vec<Left>,
        limit: usize,
    ) -> Result<(Vec<UnboundName>, usize), ServiceError> {
        let total = left.len();
        if total == 0 {
            return Ok((Vec::new(), 0));
        }
        left.sort_unstable_by_key(|it| (it.directory, it.kind, it.id));
        left.truncate(limit);
        // It looks at every grant of the policy, and must not fail because much else is asked.
        let unbound = tokio::task::spawn_blocking(move || with_grants(&index, left)).await;
        Ok((unbound.map_err(|_| ServiceError::Internal)?, total))
    }

    /// All names of a policy that connected directories were asked about and that they didn't bind.
    pub(in crate::service) async fn all_unbound(
        &self,
        index: &Arc<Index>,
    ) -> Result<Vec<UnboundName>, ServiceError> {
        let mut left = Vec::new();
        for directory in index.directories().filter(|directory| directory.enabled) {
            let Some(connection) = self.connections().get(&directory.name) else { continue };
            left.extend(self.0.gone.in_policy(index, directory.id));
            let known = connection.names();
            for unbound in Unbound::all_of(index, directory.id) {
                let why = WhyUnbound::of(&unbound, &known, "");
                // What wasn't asked about yet says nothing of the policy.
                if !matches!(why, WhyUnbound::NotAsked(_)) {
                    left.push(Left::new(&unbound, why));
                }
            }
        }
        Ok(Self::with_grants(Arc::clone(index), left, usize::MAX).await?.0)
    }
}

/// The users and groups that a change set names.
fn principals_in(written: &Written) -> BTreeSet<Principal> {
    let mut principals = BTreeSet::new();
    for change in &written.changes {
        let Some(object) = change.after() else { continue };
        let before = match change.before() {
            Some(Object::User(user)) => user.groups.as_slice(),
            Some(Object::Group(group)) => group.groups.as_slice(),
            _ => &[],
        };
        // Of many groups only those count that contain it newly.
        let joined = |group: &&GroupId| before.binary_search(group).is_err();
        match object {
            Object::User(user) => {
                principals.insert(Principal::User(user.id));
                principals.extend(user.groups.iter().filter(joined).map(|group| Principal::Group(*group)));
            }
            Object::Group(group) => {
                principals.insert(Principal::Group(group.id));
                principals.extend(group.groups.iter().filter(joined).map(|group| Principal::Group(*group)));
            }
            Object::Grant(grant) => {
                principals.insert(grant.principal);
            }
            _ => {}
        }
    }
    principals
}

/// Those of some principals that can be bound and aren't.
fn unbound_among(index: &Index, principals: &BTreeSet<Principal>) -> Vec<Unbound> {
    let object = |principal: &Principal| match *principal {
        Principal::User(id) => index.user(id).map(|user| Object::User(Arc::clone(user))),
        Principal::Group(id) => index.group(id).map(|group| Object::Group(Arc::clone(group))),
        _ => None,
    };
    principals.iter().filter_map(object).filter_map(|object| Unbound::of(&object)).collect()
}

fn with_grants(index: &Index, left: Vec<Left>) -> Vec<UnboundName> {
    let reaching: Vec<Vec<Principal>> = left.iter().map(|it| reaching(index, it.principal())).collect();
    let wanted: HashSet<Principal> = reaching.iter().flatten().copied().collect();
    let mut grants: HashMap<Principal, Vec<(GrantId, Effect)>> = HashMap::new();
    for grant in index.grants_from(GrantId(0)).filter(|grant| wanted.contains(&grant.principal)) {
        grants.entry(grant.principal).or_default().push((grant.id, grant.effect));
    }
    let described = left.into_iter().zip(reaching).map(|(left, reaching)| {
        let all = || reaching.iter().filter_map(|it| grants.get(it)).flatten();
        let restrictions = all().filter(|(_, effect)| *effect == Effect::Restrict).map(|(id, _)| *id);
        let directory = index.directory(left.directory).map(|directory| directory.name.clone());
        let permissions = all().filter(|(_, effect)| *effect == Effect::Permit).map(|(id, _)| *id);
        let (restrictions, permissions) = (restrictions.collect(), permissions.collect());
        let principal = left.principal();
        let Left { kind, name, why, .. } = left;
        // A directory goes after its principals.
        directory.map(|directory| UnboundName {
            principal,
            kind,
            directory,
            name,
            why,
            restrictions,
            permissions,
        })
    });
    described.flatten().collect()
}

/// A principal and the groups of the policy that contain it.
fn reaching(index: &Index, principal: Principal) -> Vec<Principal> {
    let direct = match principal {
        Principal::User(id) => index.user(id).map(|user| user.groups.clone()),
        Principal::Group(id) => index.group(id).map(|group| group.groups.clone()),
        _ => None,
    };
    let above = Principals::groups_of(index, &direct.unwrap_or_default());
    std::iter::once(principal).chain(above.into_iter().map(Principal::Group)).collect()
}
