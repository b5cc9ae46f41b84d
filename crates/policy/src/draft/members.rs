//! Memberships in a draft. They are kept with the members: a user or a group says which groups it is in.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Draft, EditError, Mode, people::display, resolve::MemberId};
use feedgate_engine::Index;
use feedgate_model::{
    Group, GroupId, Object, User, UserId,
    edit::{Member, Membership, PrincipalName},
};

/// From how many look-ups of a group's members on it pays to know all groups' members.
const SCANS: usize = 8;

impl Draft {
    pub(super) fn set_membership(&mut self, membership: &Membership, mode: Mode) -> Result<(), EditError> {
        let group = self.group(&membership.group)?.id;
        let member = self.mentioned_member(&membership.member)?;
        let is_member = self.groups_of(member).contains(&group);
        let names = || (self.describe(member.key()), display(&membership.group));
        match (mode, is_member) {
            (Mode::Create, true) => {
                let (member, group) = names();
                Err(EditError::AlreadyMember { member, group })
            }
            (Mode::Update, false) => {
                let (member, group) = names();
                Err(EditError::NotMember { member, group })
            }
            _ => self.join(member, group, true),
        }
    }

    pub(super) fn set_members(&mut self, group: &PrincipalName, members: &[Member]) -> Result<(), EditError> {
        let group = self.group(group)?.id;
        let wanted =
            members.iter().map(|member| self.mentioned_member(member)).collect::<Result<BTreeSet<_>, _>>()?;
        let present = self.members_of(group);
        present.difference(&wanted).try_for_each(|member| self.join(*member, group, false))?;
        wanted.difference(&present).try_for_each(|member| self.join(*member, group, true))
    }

    pub(super) fn set_groups(&mut self, member: &Member, groups: &[PrincipalName]) -> Result<(), EditError> {
        let member = self.mentioned_member(member)?;
        let groups = groups
            .iter()
            .map(|group| Ok(self.group(group)?.id))
            .collect::<Result<BTreeSet<_>, EditError>>()?;
        self.put_groups(member, groups.into_iter().collect())
    }

    /// Puts a member into a group, or takes it out.
    pub(super) fn join(&mut self, member: MemberId, group: GroupId, present: bool) -> Result<(), EditError> {
        let mut groups = self.groups_of(member);
        if set_member(&mut groups, group, present) { self.put_groups(member, groups) } else { Ok(()) }
    }

    fn groups_of(&self, member: MemberId) -> Vec<GroupId> {
        match member {
            MemberId::User(id) => self.index.user(id).map(|user| user.groups.clone()),
            MemberId::Group(id) => self.index.group(id).map(|group| group.groups.clone()),
        }
        .unwrap_or_default()
    }

    fn put_groups(&mut self, member: MemberId, groups: Vec<GroupId>) -> Result<(), EditError> {
        let object = match member {
            MemberId::User(id) => {
                self.index.user(id).map(|user| Object::User(Arc::new(User { groups, ..User::clone(user) })))
            }
            MemberId::Group(id) => self
                .index
                .group(id)
                .map(|group| Object::Group(Arc::new(Group { groups, ..Group::clone(group) }))),
        };
        object.map_or(Ok(()), |object| self.put(object))
    }

    /// The direct members of a group.
    pub(super) fn members_of(&mut self, group: GroupId) -> BTreeSet<MemberId> {
        self.members.of(&self.index, group)
    }
}

/// Who is directly in a group. Memberships are kept with the members, so finding them is a look at everybody;
/// a draft that asks often keeps the answer for all groups.
#[derive(Debug, Default)]
pub(super) struct Members {
    scans: usize,
    by_group: Option<HashMap<GroupId, BTreeSet<MemberId>>>,
}

impl Members {
    fn of(&mut self, index: &Index, group: GroupId) -> BTreeSet<MemberId> {
        if self.by_group.is_none() && self.scans < SCANS {
            self.scans += 1;
            return all(index)
                .filter(|(_, groups)| groups.contains(&group))
                .map(|(member, _)| member)
                .collect();
        }
        let by_group = self.by_group.get_or_insert_with(|| {
            let mut by_group: HashMap<_, BTreeSet<_>> = HashMap::new();
            for (member, groups) in all(index) {
                for group in groups {
                    by_group.entry(*group).or_default().insert(member);
                }
            }
            by_group
        });
        by_group.get(&group).cloned().unwrap_or_default()
    }

    /// Keeps up with a change.
    pub(super) fn note(&mut self, before: Option<&Object>, after: Option<&Object>) {
        let Some(by_group) = &mut self.by_group else { return };
        if let Some((member, groups)) = before.and_then(groups_of) {
            for group in groups {
                by_group.entry(*group).or_default().remove(&member);
            }
        }
        if let Some((member, groups)) = after.and_then(groups_of) {
            for group in groups {
                by_group.entry(*group).or_default().insert(member);
            }
        }
    }
}

fn all(index: &Index) -> impl Iterator<Item = (MemberId, &Vec<GroupId>)> {
    let users = index.users_from(UserId(0)).map(|user| (MemberId::User(user.id), &user.groups));
    users.chain(index.groups_from(GroupId(0)).map(|group| (MemberId::Group(group.id), &group.groups)))
}

fn groups_of(object: &Object) -> Option<(MemberId, &Vec<GroupId>)> {
    match object {
        Object::User(user) => Some((MemberId::User(user.id), &user.groups)),
        Object::Group(group) => Some((MemberId::Group(group.id), &group.groups)),
        _ => None,
    }
}

/// Adds an id to an ascending list, or takes it out. True if the list changed.
fn set_member<T: Ord + Copy>(list: &mut Vec<T>, id: T, present: bool) -> bool {
    match (list.binary_search(&id), present) {
        (Err(at), true) => list.insert(at, id),
        (Ok(at), false) => {
            list.remove(at);
        }
        _ => return false,
    }
    true
}
