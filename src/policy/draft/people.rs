//! Directories, users, groups, memberships and passwords in a draft.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Draft, EditError, Mode, SCANS, catalogue::replace, resolve::MemberId, set_member};
use crate::{
    engine::Index,
    model::{
        Credential, Directory, DirectoryId, Group, GroupId, Kind, Name, Object, User, UserId,
        edit::{
            DirectorySpec, GroupSpec, Member, Membership, NewPassword, PrincipalName, SetPassword, UserSpec,
        },
    },
};

impl Draft {
    pub(super) fn set_directory(&mut self, spec: &DirectorySpec, mode: Mode) -> Result<(), EditError> {
        let DirectorySpec { name, domains, netbios, enabled, position } = spec;
        let there = self.directory(name).cloned().ok();
        Self::admit(mode, Kind::Directory, name, there.is_some())?;
        let mut directory = match there {
            Some(directory) => Directory::clone(&directory),
            None => Directory {
                id: DirectoryId(self.next_id(Kind::Directory)?),
                name: name.clone(),
                domains: Vec::new(),
                netbios: Vec::new(),
                enabled: true,
                position: self
                    .index
                    .directories()
                    .map(|other| other.position.saturating_add(1))
                    .max()
                    .unwrap_or(0),
                revision: 0,
            },
        };
        replace(&mut directory.domains, domains);
        replace(&mut directory.netbios, netbios);
        replace(&mut directory.enabled, enabled);
        replace(&mut directory.position, position);
        self.put(Object::Directory(Arc::new(directory)))
    }

    pub(super) fn set_user(&mut self, spec: &UserSpec, mode: Mode) -> Result<(), EditError> {
        let UserSpec { user: name, display_name, email, disabled, external_id } = spec;
        let there = found(self.user(name).cloned())?;
        Self::admit(mode, Kind::User, display(name), there.is_some())?;
        let mut user = match (there, name) {
            (Some(user), _) => User::clone(&user),
            (None, PrincipalName::Id(id)) => return Err(unknown_id(Kind::User, *id)),
            (None, PrincipalName::Named { directory, name }) => {
                self.new_user(self.directory_of(directory.as_ref())?, name)?
            }
        };
        replace(&mut user.display_name, display_name);
        replace(&mut user.email, email);
        replace(&mut user.disabled, disabled);
        bind(&mut user.external_id, external_id, user.directory)?;
        self.put(Object::User(Arc::new(user)))
    }

    pub(super) fn set_group(&mut self, spec: &GroupSpec, mode: Mode) -> Result<(), EditError> {
        let GroupSpec { group: name, description, external_id } = spec;
        let there = found(self.group(name).cloned())?;
        Self::admit(mode, Kind::Group, display(name), there.is_some())?;
        let mut group = match (there, name) {
            (Some(group), _) => Group::clone(&group),
            (None, PrincipalName::Id(id)) => return Err(unknown_id(Kind::Group, *id)),
            (None, PrincipalName::Named { directory, name }) => {
                self.new_group(self.directory_of(directory.as_ref())?, name)?
            }
        };
        replace(&mut group.description, description);
        bind(&mut group.external_id, external_id, group.directory)?;
        self.put(Object::Group(Arc::new(group)))
    }

    fn new_user(&self, directory: DirectoryId, name: &Name) -> Result<User, EditError> {
        Ok(User {
            id: UserId(self.next_id(Kind::User)?),
            directory,
            name: name.clone(),
            external_id: None,
            display_name: "".into(),
            email: "".into(),
            disabled: false,
            groups: Vec::new(),
            revision: 0,
        })
    }

    fn new_group(&self, directory: DirectoryId, name: &Name) -> Result<Group, EditError> {
        Ok(Group {
            id: GroupId(self.next_id(Kind::Group)?),
            directory,
            name: name.clone(),
            external_id: None,
            description: "".into(),
            groups: Vec::new(),
            revision: 0,
        })
    }

    /// Makes the reference to a user of an external directory.
    pub(super) fn refer_to_user(&mut self, directory: DirectoryId, name: &Name) -> Result<UserId, EditError> {
        let user = self.new_user(directory, name)?;
        let id = user.id;
        self.put(Object::User(Arc::new(user)))?;
        Ok(id)
    }

    /// Makes the reference to a group of an external directory.
    pub(super) fn refer_to_group(
        &mut self,
        directory: DirectoryId,
        name: &Name,
    ) -> Result<GroupId, EditError> {
        let group = self.new_group(directory, name)?;
        let id = group.id;
        self.put(Object::Group(Arc::new(group)))?;
        Ok(id)
    }

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

    pub(super) fn set_password(&mut self, password: &SetPassword) -> Result<(), EditError> {
        let SetPassword { user, password, must_change } = password;
        let user = self.user(user)?;
        let invalid = |why: &str| EditError::Invalid { field: "set_password", why: why.into() };
        if user.directory != DirectoryId::BUILT_IN {
            return Err(invalid("only users of the built-in directory have a password here"));
        }
        let NewPassword::Hashed(secret) = password else {
            return Err(invalid("a password must be hashed before it is written"));
        };
        let credential = Credential { user: user.id, secret: secret.clone(), must_change: *must_change };
        self.passwords.push((credential.user, Some(credential)));
        Ok(())
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

/// Nothing there is an answer; a directory that isn't there is an error.
fn found<T>(result: Result<T, EditError>) -> Result<Option<T>, EditError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(EditError::NotFound { kind: Kind::User | Kind::Group, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn bind(
    field: &mut Option<Box<str>>,
    given: &Option<Box<str>>,
    directory: DirectoryId,
) -> Result<(), EditError> {
    let Some(given) = given else { return Ok(()) };
    if directory == DirectoryId::BUILT_IN && !given.is_empty() {
        let why = "only a principal of an external directory has an external id".into();
        return Err(EditError::Invalid { field: "external_id", why });
    }
    *field = Some(given.clone()).filter(|id| !id.is_empty());
    Ok(())
}

fn unknown_id(kind: Kind, id: u32) -> EditError {
    EditError::NotFound { kind, name: format!("with id {id}") }
}

/// A principal's name as somebody typed it.
pub(super) fn display(name: &PrincipalName) -> String {
    match name {
        PrincipalName::Id(id) => format!("with id {id}"),
        PrincipalName::Named { directory: None, name } => name.to_string(),
        PrincipalName::Named { directory: Some(directory), name } => format!("{name} of {directory}"),
    }
}
