//! Directories, users, groups and passwords in a draft.

use std::sync::Arc;

use super::{Draft, EditError, Mode, catalogue::replace};
use feedgate_model::{
    Credential, Directory, DirectoryId, Group, GroupId, Kind, Name, Object, User, UserId,
    edit::{DirectorySpec, GroupSpec, NewPassword, PrincipalName, SetPassword, UserSpec},
};

impl Draft {
    pub(super) fn set_directory(&mut self, spec: &DirectorySpec, mode: Mode) -> Result<(), EditError> {
        let DirectorySpec { name, domains, netbios, enabled, position } = spec;
        let there = self.directory(name).cloned().ok();
        Self::admit(mode, Kind::Directory, name, there.as_ref().map(|it| &it.name))?;
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
        Self::admit(mode, Kind::User, display(name), there.as_ref().map(|it| respelled(name, &it.name)))?;
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
        let bound = user.external_id.as_deref().and_then(|id| self.index.user_bound(user.directory, id));
        if let Some(other) = bound.filter(|other| other.id != user.id) {
            return Err(bound_twice(Kind::User, &other.name));
        }
        self.put(Object::User(Arc::new(user)))
    }

    pub(super) fn set_group(&mut self, spec: &GroupSpec, mode: Mode) -> Result<(), EditError> {
        let GroupSpec { group: name, description, external_id } = spec;
        let there = found(self.group(name).cloned())?;
        Self::admit(mode, Kind::Group, display(name), there.as_ref().map(|it| respelled(name, &it.name)))?;
        let mut group = match (there, name) {
            (Some(group), _) => Group::clone(&group),
            (None, PrincipalName::Id(id)) => return Err(unknown_id(Kind::Group, *id)),
            (None, PrincipalName::Named { directory, name }) => {
                self.new_group(self.directory_of(directory.as_ref())?, name)?
            }
        };
        replace(&mut group.description, description);
        bind(&mut group.external_id, external_id, group.directory)?;
        let bound = group.external_id.as_deref().and_then(|id| self.index.group_bound(group.directory, id));
        if let Some(other) = bound.filter(|other| other.id != group.id) {
            return Err(bound_twice(Kind::Group, &other.name));
        }
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

fn bound_twice(kind: Kind, other: &Name) -> EditError {
    EditError::Invalid { field: "external_id", why: format!("{kind} `{other}` is bound to that id already") }
}

fn unknown_id(kind: Kind, id: u32) -> EditError {
    EditError::not_found(kind, format!("with id {id}"))
}

/// A principal's name as somebody typed it.
pub(super) fn display(name: &PrincipalName) -> String {
    match name {
        PrincipalName::Id(id) => format!("with id {id}"),
        PrincipalName::Named { directory: None, name } => name.to_string(),
        PrincipalName::Named { directory: Some(directory), name } => format!("{name} of {directory}"),
    }
}

/// A principal's name as it is stored, in the directory that somebody typed.
fn respelled(typed: &PrincipalName, stored: &Name) -> String {
    match typed {
        PrincipalName::Named { directory: Some(directory), .. } => format!("{stored} of {directory}"),
        PrincipalName::Named { directory: None, .. } | PrincipalName::Id(_) => stored.to_string(),
    }
}
