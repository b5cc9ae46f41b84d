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
        let is_member = self.groups_of(member).binary_search(&group).is_ok();
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
        if self.groups_of(member).binary_search(&group).is_ok() == present {
            return Ok(());
        }
        let object = match member {
            MemberId::User(id) => self.index.user(id).map(|user| {
                let mut user = User::clone(user);
                set_member(&mut user.groups, group, present);
                Object::User(Arc::new(user))
            }),
            MemberId::Group(id) => self.index.group(id).map(|inner| {
                let mut inner = Group::clone(inner);
                set_member(&mut inner.groups, group, present);
                Object::Group(Arc::new(inner))
            }),
        };
        object.map_or(Ok(()), |object| self.put(object))
    }

    fn groups_of(&self, member: MemberId) -> &[GroupId] {
        match member {
            MemberId::User(id) => self.index.user(id).map(|user| user.groups.as_slice()),
            MemberId::Group(id) => self.index.group(id).map(|group| group.groups.as_slice()),
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
                .filter(|(_, groups)| groups.binary_search(&group).is_ok())
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
        let member = after.or(before).and_then(groups_of).map(|(member, _)| member);
        let Some(member) = member else { return };
        fn groups(object: Option<&Object>) -> &[GroupId] {
            object.and_then(groups_of).map_or(&[], |(_, groups)| groups)
        }
        // Only what differs: a change set may put one member into very many groups, one after the other.
        for (group, joined) in differences(groups(before), groups(after)) {
            let members = by_group.entry(group).or_default();
            if joined {
                members.insert(member);
            } else {
                members.remove(&member);
            }
        }
    }
}

/// What is in only one of two ascending lists, and whether that is the second one.
fn differences<T: Ord + Copy>(mut old: &[T], mut new: &[T]) -> Vec<(T, bool)> {
    let mut differences = Vec::new();
    loop {
        let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        (old, new) = (old.get(same..).unwrap_or_default(), new.get(same..).unwrap_or_default());
        match (old, new) {
            ([], []) => return differences,
            ([left, rest @ ..], new) if new.first().is_none_or(|joined| left < joined) => {
                differences.push((*left, false));
                old = rest;
            }
            (_, [joined, rest @ ..]) => {
                differences.push((*joined, true));
                new = rest;
            }
            (_, []) => return differences,
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

/// Adds an id to an ascending list, or takes it out.
fn set_member<T: Ord + Copy>(list: &mut Vec<T>, id: T, present: bool) {
    match (list.binary_search(&id), present) {
        (Err(at), true) => list.insert(at, id),
        (Ok(at), false) => {
            list.remove(at);
        }
        (Ok(_), true) | (Err(_), false) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn differences_of_ascending_lists() {
        for (old, new, expected) in [
            (&[][..], &[][..], &[][..]),
            (&[1, 2, 3], &[1, 2, 3], &[]),
            (&[], &[1, 2], &[(1, true), (2, true)]),
            (&[1, 2], &[], &[(1, false), (2, false)]),
            (&[1, 3, 5], &[1, 2, 5, 6], &[(2, true), (3, false), (6, true)]),
            (&[2], &[1], &[(1, true), (2, false)]),
        ] {
            assert_eq!(differences(old, new), expected, "{old:?} {new:?}");
        }
    }
}
