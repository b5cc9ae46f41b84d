//! Who is in what. Users list their groups and groups their users; each list claims to be complete, so they
//! must not contradict each other.

use std::ops::Deref;

use foldhash::{HashSet, HashSetExt as _};

use super::{
    Outsiders,
    carried::Carried,
    hybrid::Rebinding,
    json::{Entry, Text},
    people::{Group, People},
    shape::PrincipalType,
    whom::{Meant, Whom},
};
use crate::{
    key::{MemberKey, Who},
    problem::{Note, Problems},
};
use feedgate_model::{
    Name,
    edit::{Edit, Member, Membership, PrincipalName},
};

/// Who is in what, and who that brings in from the external directory.
#[derive(Default)]
pub(super) struct Memberships {
    pub(super) edits: Vec<Edit>,
    pub(super) external: Vec<(PrincipalType, PrincipalName)>,
    pub(super) rebindings: Vec<Rebinding>,
}

pub(super) fn of<'g>(
    whom: Whom<'_, '_>,
    carried: &impl Deref<Target = Carried<'g>>,
    problems: &mut Problems,
) -> Memberships {
    compare(whom.people, problems);
    let mut memberships = Memberships::default();
    for user in &whom.people.users {
        let Some(groups) = &user.groups else { continue };
        let groups = groups.iter().cloned().map(PrincipalName::built_in).collect();
        let member = Member::User(PrincipalName::built_in(user.name.clone()));
        memberships.edits.push(Edit::SetGroups { member, groups });
    }
    let present = match whom.outsiders {
        Outsiders::Among(..) => whom.existing.memberships.iter().filter_map(|it| key(it)).collect(),
        Outsiders::Nowhere | Outsiders::In(_) => HashSet::new(),
    };
    for Group { name: group, users, at } in &whom.people.groups {
        let Some(users) = users else { continue };
        let mut members = Vec::with_capacity(users.len());
        for name in users {
            match whom.of_member(group, name, carried) {
                Ok(Meant { principals, rebound }) => {
                    let comes_alive = principals
                        .iter()
                        .filter_map(Who::of)
                        .any(|user| !present.contains(&(Who::new(None, group), MemberKey::User(user))));
                    let note = rebound.map(|rebound| Note(format!("in the group `{group}`, {rebound}")));
                    memberships.rebindings.extend(note.map(|note| Rebinding { note, comes_alive }));
                    let outside = principals
                        .iter()
                        .filter(|user| Who::of(user).is_some_and(|who| who.directory.is_some()));
                    memberships.external.extend(outside.map(|user| (PrincipalType::User, user.clone())));
                    members.extend(principals.into_iter().map(Member::User));
                }
                Err(message) => problem(*at, message, problems),
            }
        }
        memberships.edits.push(Edit::SetMembers { group: PrincipalName::built_in(group.clone()), members });
    }
    memberships
}

fn key(membership: &Membership) -> Option<(Who<'_>, MemberKey<'_>)> {
    Some((Who::of(&membership.group)?, MemberKey::of(&membership.member)?))
}

/// Where both a user and a group have lists, they must agree.
fn compare(people: &People<'_>, problems: &mut Problems) {
    let users = people.users.iter().filter_map(|user| Some((user, user.groups.as_ref()?)));
    let groups = people.groups.iter().filter_map(|group| Some((group, group.users.as_ref()?)));
    if users.clone().next().is_none() || groups.clone().next().is_none() {
        return;
    }
    let by_users: HashSet<(&Name, &Name)> =
        users.clone().flat_map(|(user, groups)| groups.iter().map(|group| (&user.name, group))).collect();
    let by_groups: HashSet<(&Name, &Name)> =
        groups.clone().flat_map(|(group, users)| users.iter().map(|user| (user, &group.name))).collect();
    for (user, groups) in users {
        for group in groups.iter().filter(|group| !by_groups.contains(&(&user.name, *group))) {
            let listed = people.groups_by_name.get(group).and_then(|index| people.groups.get(*index));
            if listed.is_some_and(|Group { users, .. }| users.is_some()) {
                let how = "the user's list of groups has it, the group's list of users doesn't";
                let message = format!("the files disagree on whether `{}` is in `{group}`: {how}", user.name);
                problem(user.at, message, problems);
            }
        }
    }
    for (group, users) in groups {
        for user in users.iter().filter(|user| !by_users.contains(&(*user, &group.name))) {
            let listed = people.users_by_name.get(user).and_then(|index| people.users.get(*index));
            if listed.is_some_and(|user| user.groups.is_some()) {
                let how = "the group's list of users has it, the user's list of groups doesn't";
                let message = format!("the files disagree on whether `{user}` is in `{}`: {how}", group.name);
                problem(group.at, message, problems);
            }
        }
    }
}

fn problem((text, entry): (Text<'_>, Entry<'_>), message: String, problems: &mut Problems) {
    problems.turn_to(text.file);
    problems.at(text.place(entry.offset), message);
}
