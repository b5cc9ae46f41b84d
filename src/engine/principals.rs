//! Who a subject is, to the engine: the principals whose grants count (access model, section 5, step 1).

use std::{collections::HashSet, sync::Arc};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::{
    decision::PrincipalRank,
    index::{Index, PrincipalKey},
};
use crate::model::{DirectoryId, GroupId, Namesakes, OutsideGroup, Outsider, Principal, User};

/// From how many groups on a set tells faster than a glance whether one was met before.
const MANY: usize = 32;

/// The principals of one subject under one index.
#[derive(Clone, Debug)]
pub struct Principals {
    /// The user, ranked above all others.
    pub(super) user: Option<PrincipalKey>,
    /// Users of the same name that may be somebody else: only restrictions count, and as the user's own.
    pub(super) namesakes: SmallVec<[PrincipalKey; 1]>,
    /// Groups and virtual principals whose permissions and restrictions count.
    pub(super) others: SmallVec<[PrincipalKey; 24]>,
    /// Groups and virtual principals of which only restrictions count.
    pub(super) restricting: SmallVec<[PrincipalKey; 24]>,
    standing: Standing,
}

/// What is known of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Anonymous,
    Known,
    /// Known, and denied everything.
    Disabled,
    /// No directory knows the name.
    Unknown,
}

impl Principals {
    /// Nobody is signed in.
    pub fn anonymous() -> Self {
        Self {
            user: None,
            namesakes: SmallVec::new(),
            others: keys([Principal::Everyone, Principal::Anonymous]),
            restricting: SmallVec::new(),
            standing: Standing::Anonymous,
        }
    }

    /// Somebody whom no directory knows. An invented name gets no more than somebody who isn't signed in, and
    /// no more than somebody who is, whichever directory that were.
    pub fn unknown(index: &Index) -> Self {
        let mut restricting: SmallVec<_> = keys([Principal::Anonymous, Principal::Authenticated]);
        let by_directory = index.directories().map(|directory| Principal::AuthenticatedBy(directory.id));
        restricting.extend(by_directory.map(PrincipalKey::of));
        let others = keys([Principal::Everyone]);
        let namesakes = SmallVec::new();
        Self { user: None, namesakes, others, restricting, standing: Standing::Unknown }
    }

    /// A user: the user, the groups that contain the user directly or through groups, Everyone, Authenticated.
    pub fn of_user(index: &Index, user: &User) -> Self {
        let mut others = SmallVec::new();
        add_groups(index, &user.groups, &mut others);
        others.extend(signed_in(user.directory).map(PrincipalKey::of));
        Self {
            user: Some(PrincipalKey::of(Principal::User(user.id))),
            namesakes: SmallVec::new(),
            others,
            restricting: SmallVec::new(),
            standing: if user.disabled { Standing::Disabled } else { Standing::Known },
        }
    }

    /// Somebody of an external directory. What is bound to the ids counts in full. What only has the name may be meant
    /// for somebody who has gone or has been renamed: its permissions don't count, its restrictions do.
    pub fn of_outsider(index: &Index, directory: DirectoryId, outsider: &Outsider, also: &Namesakes) -> Self {
        let (user, namesakes) = users_of(index, directory, outsider, also);
        let (direct, by_name) = Self::direct_groups(index, directory, outsider, also);

        let mut others = SmallVec::new();
        add_groups(index, &direct, &mut others);
        let mut restricting = SmallVec::new();
        add_groups(index, &by_name, &mut restricting);
        others.extend(signed_in(directory).map(PrincipalKey::of));
        let key = |user: &Arc<User>| PrincipalKey::of(Principal::User(user.id));
        let disabled = outsider.disabled || user.iter().chain(&namesakes).any(|user| user.disabled);
        Self {
            user: user.map(key),
            namesakes: namesakes.into_iter().map(key).collect(),
            others,
            restricting,
            standing: if disabled { Standing::Disabled } else { Standing::Known },
        }
    }

    /// The groups of a policy that contain an outsider directly, each once: those that do in full, and those of which
    /// only a name says so.
    pub fn direct_groups(
        index: &Index,
        directory: DirectoryId,
        outsider: &Outsider,
        also: &Namesakes,
    ) -> (Vec<GroupId>, Vec<GroupId>) {
        let (user, namesakes) = users_of(index, directory, outsider, also);
        let named = |group: &OutsideGroup| index.group_comparing(directory, group.name.as_deref()?);
        let bound = outsider.groups.iter().filter_map(|group| index.group_bound(directory, &group.id));
        let mut full: Vec<_> = bound.map(|group| group.id).collect();
        full.extend(user.iter().flat_map(|user| &user.groups));
        full.sort_unstable();
        full.dedup();
        let mut by_name: Vec<_> = outsider.groups.iter().filter_map(named).map(|group| group.id).collect();
        by_name.extend(&also.groups);
        by_name.extend(namesakes.iter().flat_map(|user| &user.groups));
        by_name.sort_unstable();
        by_name.dedup();
        by_name.retain(|group| full.binary_search(group).is_err());
        (full, by_name)
    }

    /// Whose grants are weighed, by rank, and whether permissions count.
    pub(super) fn ranked(&self) -> [(PrincipalRank, bool, &[PrincipalKey]); 4] {
        [
            (PrincipalRank::User, true, self.user.as_slice()),
            (PrincipalRank::User, false, &self.namesakes),
            (PrincipalRank::Group, true, &self.others),
            (PrincipalRank::Group, false, &self.restricting),
        ]
    }

    /// Groups and, each once, the groups that those are in: all that contain whoever is in these.
    pub fn groups_of(index: &Index, direct: &[GroupId]) -> SmallVec<[GroupId; 24]> {
        let mut keys = SmallVec::new();
        add_groups(index, direct, &mut keys);
        let groups = keys.iter().filter_map(|key| match key.principal() {
            Principal::Group(id) => Some(id),
            _ => None,
        });
        groups.collect()
    }

    /// What is known of the subject.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

/// The user that is bound to an outsider's id, and those of a name of theirs.
fn users_of<'i>(
    index: &'i Index,
    directory: DirectoryId,
    outsider: &Outsider,
    also: &Namesakes,
) -> (Option<&'i Arc<User>>, SmallVec<[&'i Arc<User>; 1]>) {
    let user = index.user_bound(directory, &outsider.id);
    let by_name = outsider.name.as_deref().and_then(|name| index.user_comparing(directory, name));
    let also = also.users.iter().filter_map(|id| index.user(*id));
    let mut namesakes: SmallVec<[&Arc<User>; 1]> =
        by_name.into_iter().chain(also).filter(|it| user.is_none_or(|user| user.id != it.id)).collect();
    namesakes.sort_unstable_by_key(|user: &&Arc<User>| user.id);
    namesakes.dedup_by_key(|user: &mut &Arc<User>| user.id);
    (user, namesakes)
}

/// The virtual principals of somebody signed in by a directory.
pub(super) fn signed_in(directory: DirectoryId) -> impl Iterator<Item = Principal> {
    [Principal::Everyone, Principal::Authenticated, Principal::AuthenticatedBy(directory)].into_iter()
}

fn keys<const N: usize, const M: usize>(principals: [Principal; N]) -> SmallVec<[PrincipalKey; M]> {
    principals.into_iter().map(PrincipalKey::of).collect()
}

/// Adds the groups and, each once, the groups that those are in. Cycles end at a group met before.
fn add_groups(index: &Index, direct: &[GroupId], found: &mut SmallVec<[PrincipalKey; 24]>) {
    found.extend(direct.iter().map(|group| PrincipalKey::of(Principal::Group(*group))));
    let mut seen: Option<HashSet<PrincipalKey, FixedState>> = None;
    let mut next = 0;
    while let Some(key) = found.get(next).copied() {
        next += 1;
        let Principal::Group(group) = key.principal() else { continue };
        let Some(group) = index.nested(group) else { continue };
        for above in &group.groups {
            let key = PrincipalKey::of(Principal::Group(*above));
            if found.len() >= MANY {
                let seen = seen.get_or_insert_with(|| found.iter().copied().collect());
                if seen.insert(key) {
                    found.push(key);
                }
            } else if !found.contains(&key) {
                found.push(key);
            }
        }
    }
}
