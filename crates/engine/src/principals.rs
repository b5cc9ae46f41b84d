//! Who a subject is, to the engine: the principals whose grants count (access model, section 5, step 1).

use std::{collections::HashSet, ops::Range, sync::Arc};

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use super::{
    decision::PrincipalRank,
    index::{Index, Member, PrincipalKey},
};
use feedgate_model::{DirectoryId, GroupId, Namesakes, OutsideGroup, Outsider, Principal, User, UserId};

/// How many principals of a subject need no allocation.
const INLINE: usize = 40;

/// Groups of somebody.
pub type Groups = SmallVec<[GroupId; INLINE]>;

/// From how many groups on a set tells faster than a glance whether one was met before.
const MANY: usize = 32;

/// The principals of one subject under one index.
#[derive(Clone, Debug)]
pub struct Principals {
    /// All of them, by [`Part`], so that a decision sifts them in one go.
    keys: SmallVec<[PrincipalKey; INLINE]>,
    /// Where each part ends; what is behind the last one is the last part.
    ends: [usize; 3],
    standing: Standing,
}

/// Principals that are weighed alike, in the order in which they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The user, ranked above all others.
    User,
    /// Users of the same name that may be somebody else: only restrictions count, and as the user's own.
    Namesakes,
    /// Groups and virtual principals whose permissions and restrictions count.
    Others,
    /// Groups and virtual principals of which only restrictions count.
    Restricting,
}

impl Part {
    const ALL: [Self; 4] = [Self::User, Self::Namesakes, Self::Others, Self::Restricting];

    /// Whether permissions count, too.
    pub(super) const fn permits(self) -> bool {
        matches!(self, Self::User | Self::Others)
    }

    pub(super) const fn rank(self) -> PrincipalRank {
        match self {
            Self::User | Self::Namesakes => PrincipalRank::User,
            Self::Others | Self::Restricting => PrincipalRank::Group,
        }
    }
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
        let mut keys = SmallVec::new();
        add(&mut keys, [Principal::Everyone, Principal::Anonymous]);
        Self { ends: [0, 0, keys.len()], keys, standing: Standing::Anonymous }
    }

    /// Somebody whom no directory knows. An invented name gets no more than somebody who isn't signed in, and
    /// no more than somebody who is, whichever directory that were.
    pub fn unknown(index: &Index) -> Self {
        Self::unknown_as(index, &[])
    }

    /// The same by a name that these users of a policy have, whom their directory doesn't know: what restricts them
    /// holds.
    pub fn unknown_as(index: &Index, named: &[UserId]) -> Self {
        let named: SmallVec<[&Arc<User>; 2]> = named.iter().filter_map(|id| index.user(*id)).collect();
        let mut keys = SmallVec::new();
        add(&mut keys, named.iter().map(|user| Principal::User(user.id)));
        let users = keys.len();
        add(&mut keys, [Principal::Everyone]);
        let ends = [0, users, keys.len()];
        add(&mut keys, [Principal::Anonymous, Principal::Authenticated]);
        add(&mut keys, index.directories().map(|directory| Principal::AuthenticatedBy(directory.id)));
        let mut groups: Vec<GroupId> = named.iter().flat_map(|user| &user.groups).copied().collect();
        groups.sort_unstable();
        groups.dedup();
        add_groups(index, &groups, &mut keys);
        let disabled = named.iter().any(|user| user.disabled);
        let standing = if disabled { Standing::Disabled } else { Standing::Unknown };
        Self { keys, ends, standing }
    }

    /// The number of principals.
    #[allow(clippy::len_without_is_empty, reason = "there is always at least one, Everyone")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// A user: the user, the groups that contain the user directly or through groups, Everyone, Authenticated.
    pub fn of_user(index: &Index, user: &User) -> Self {
        Self::of_member(index, user.directory, Member::of(user))
    }

    /// The same for a user of this directory of whom no more is known.
    pub fn of_member(index: &Index, directory: DirectoryId, member: Member<'_>) -> Self {
        let user = PrincipalKey::of(Principal::User(member.id));
        let mut keys = SmallVec::from_elem(user, 1 + member.groups.len());
        for (key, group) in keys.iter_mut().skip(1).zip(member.groups) {
            *key = PrincipalKey::of(Principal::Group(*group));
        }
        if index.has_nested() {
            add_those_above(index, 1, &mut keys);
        }
        add(&mut keys, signed_in(directory));
        let standing = if member.disabled { Standing::Disabled } else { Standing::Known };
        Self { ends: [1, 1, keys.len()], keys, standing }
    }

    /// Somebody of an external directory. What is bound to the ids counts in full. What only has the name may be meant
    /// for somebody who has gone or has been renamed: its permissions don't count, its restrictions do.
    pub fn of_outsider(index: &Index, directory: DirectoryId, outsider: &Outsider, also: &Namesakes) -> Self {
        let (user, namesakes) = users_of(index, directory, outsider, also);
        let (direct, by_name) = Self::direct_groups(index, directory, outsider, also);

        let disabled = outsider.disabled || user.iter().chain(&namesakes).any(|user| user.disabled);
        let mut keys = SmallVec::new();
        add(&mut keys, user.map(|user| Principal::User(user.id)));
        let users = keys.len();
        add(&mut keys, namesakes.into_iter().map(|user| Principal::User(user.id)));
        let all_users = keys.len();
        add_groups(index, &direct, &mut keys);
        add(&mut keys, signed_in(directory));
        let ends = [users, all_users, keys.len()];
        add_groups(index, &by_name, &mut keys);
        Self { keys, ends, standing: if disabled { Standing::Disabled } else { Standing::Known } }
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

    /// All of them, the parts one after the other.
    pub(super) fn keys(&self) -> &[PrincipalKey] {
        &self.keys
    }

    /// Where a part is among them.
    #[inline]
    pub(super) fn range(&self, part: Part) -> Range<usize> {
        let [user, namesakes, others] = self.ends;
        match part {
            Part::User => 0..user,
            Part::Namesakes => user..namesakes,
            Part::Others => namesakes..others,
            Part::Restricting => others..self.keys.len(),
        }
    }

    /// A part.
    pub(super) fn part(&self, part: Part) -> &[PrincipalKey] {
        self.keys.get(self.range(part)).unwrap_or_default()
    }

    /// All parts.
    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &[PrincipalKey])> {
        Part::ALL.into_iter().map(|part| (part, self.part(part)))
    }

    /// Groups and, each once, the groups that those are in: all that contain whoever is in these.
    pub fn groups_of(index: &Index, direct: &[GroupId]) -> Groups {
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

#[inline]
fn add(keys: &mut SmallVec<[PrincipalKey; INLINE]>, principals: impl IntoIterator<Item = Principal>) {
    for principal in principals {
        keys.push(PrincipalKey::of(principal));
    }
}

/// Adds the groups and, each once, the groups that those are in. Circles end at a group met before.
fn add_groups(index: &Index, direct: &[GroupId], keys: &mut SmallVec<[PrincipalKey; INLINE]>) {
    let start = keys.len();
    add(keys, direct.iter().map(|group| Principal::Group(*group)));
    if index.has_nested() {
        add_those_above(index, start, keys);
    }
}

/// Adds what the groups from this place on are in, and what those are in, each once.
fn add_those_above(index: &Index, start: usize, keys: &mut SmallVec<[PrincipalKey; INLINE]>) {
    let mut seen: Option<HashSet<PrincipalKey, FixedState>> = None;
    let mut next = start;
    while let Some(key) = keys.get(next).copied() {
        next += 1;
        let Principal::Group(group) = key.principal() else { continue };
        let Some(group) = index.nested(group) else { continue };
        for above in &group.groups {
            let key = PrincipalKey::of(Principal::Group(*above));
            let found = keys.get(start..).unwrap_or_default();
            let is_new = if found.len() < MANY {
                !found.contains(&key)
            } else {
                seen.get_or_insert_with(|| found.iter().copied().collect()).insert(key)
            };
            if is_new {
                keys.push(key);
            }
        }
    }
}
