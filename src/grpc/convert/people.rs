//! Directories, users, groups and memberships.

use prost_types::FieldMask;

use super::{
    invalid::{Invalid, each},
    mask::{Given, Mask},
    names::Names,
    principal, text,
};
use crate::{
    grpc::pb,
    model::{
        Directory, Group, Name, User,
        edit::{DirectorySpec, GroupSpec, Membership, UserSpec},
    },
};

pub fn directory_spec(directory: pb::Directory, mask: &Mask<'_>) -> Result<DirectorySpec, Invalid> {
    let pb::Directory { name, domains, netbios, enabled, position, id: _, revision: _ } = directory;
    mask.only(&["domains", "netbios", "enabled", "position"])?;
    let names = |field: &str, names: Vec<String>| each(field, &names, |name| text::checked_name(name));
    Ok(DirectorySpec {
        name: text::name("name", &name)?,
        domains: mask.take("domains", domains, names)?,
        netbios: mask.take("netbios", netbios, names)?,
        enabled: mask.has("enabled").then_some(enabled),
        // 0 is the built-in directory's place: nobody who leaves the field alone means it.
        position: (mask.has("position") && (mask.is_given() || position != 0)).then_some(position),
    })
}

pub fn user_spec(user: pb::User, mask: &Mask<'_>) -> Result<UserSpec, Invalid> {
    let pb::User {
        directory,
        name,
        display_name,
        email,
        disabled,
        external_id,
        groups: _,
        id: _,
        revision: _,
    } = user;
    mask.only(&["display_name", "email", "disabled", "external_id"])?;
    Ok(UserSpec {
        user: principal::by_name(&directory, &name)?,
        display_name: mask.take("display_name", display_name, text::line)?,
        email: mask.take("email", email, text::line)?,
        disabled: mask.has("disabled").then_some(disabled),
        external_id: mask.take("external_id", external_id, text::line)?,
    })
}

pub fn group_spec(group: pb::Group, mask: &Mask<'_>) -> Result<GroupSpec, Invalid> {
    let pb::Group { directory, name, description, external_id, groups: _, id: _, revision: _ } = group;
    mask.only(&["description", "external_id"])?;
    Ok(GroupSpec {
        group: principal::by_name(&directory, &name)?,
        description: mask.take("description", description, text::text)?,
        external_id: mask.take("external_id", external_id, text::line)?,
    })
}

pub fn membership(membership: &pb::Membership) -> Result<Membership, Invalid> {
    let pb::Membership { group, member } = membership;
    Ok(Membership {
        group: principal::principal_name(group.as_ref(), "group")?,
        member: principal::member(member.as_ref(), "member")?,
    })
}

pub fn directory_request(spec: DirectorySpec) -> (pb::Directory, Option<FieldMask>) {
    let DirectorySpec { name, domains, netbios, enabled, position } = spec;
    let mut given = Given::default();
    let names = |names: Vec<_>| names.into_iter().map(String::from).collect();
    let directory = pb::Directory {
        name: name.into(),
        domains: given.take("domains", domains.map(names)),
        netbios: given.take("netbios", netbios.map(names)),
        enabled: given.take_or("enabled", enabled, true),
        position: given.take("position", position),
        ..pb::Directory::default()
    };
    (directory, given.mask())
}

pub fn user_request(spec: UserSpec) -> (pb::User, Option<FieldMask>) {
    let UserSpec { user, display_name, email, disabled, external_id } = spec;
    let pb::PrincipalName { directory, name, .. } = user.into();
    let mut given = Given::default();
    let user = pb::User {
        directory,
        name,
        display_name: given.take("display_name", display_name.map(String::from)),
        email: given.take("email", email.map(String::from)),
        disabled: given.take("disabled", disabled),
        external_id: given.take("external_id", external_id.map(String::from)),
        ..pb::User::default()
    };
    (user, given.mask())
}

pub fn group_request(spec: GroupSpec) -> (pb::Group, Option<FieldMask>) {
    let GroupSpec { group, description, external_id } = spec;
    let pb::PrincipalName { directory, name, .. } = group.into();
    let mut given = Given::default();
    let group = pb::Group {
        directory,
        name,
        description: given.take("description", description.map(String::from)),
        external_id: given.take("external_id", external_id.map(String::from)),
        ..pb::Group::default()
    };
    (group, given.mask())
}

impl From<Membership> for pb::Membership {
    fn from(membership: Membership) -> Self {
        let Membership { group, member } = membership;
        Self { group: Some(group.into()), member: Some(member.into()) }
    }
}

pub fn directory(directory: &Directory) -> pb::Directory {
    let Directory { id, name, domains, netbios, enabled, position, revision } = directory;
    let names = |names: &[Name]| names.iter().map(|name| name.as_str().into()).collect();
    pb::Directory {
        name: name.as_str().into(),
        domains: names(domains),
        netbios: names(netbios),
        enabled: *enabled,
        position: *position,
        id: id.0.into(),
        revision: *revision,
    }
}

pub fn user(user: &User, names: &Names<'_>) -> pb::User {
    let User { id, directory, name, external_id, display_name, email, disabled, groups, revision } = user;
    pb::User {
        directory: names.directory(*directory),
        name: name.as_str().into(),
        display_name: display_name.as_ref().into(),
        email: email.as_ref().into(),
        disabled: *disabled,
        external_id: external_id.as_deref().unwrap_or_default().into(),
        groups: groups.iter().map(|id| names.group(*id)).collect(),
        id: id.0.into(),
        revision: *revision,
    }
}

pub fn group(group: &Group, names: &Names<'_>) -> pb::Group {
    let Group { id, directory, name, external_id, description, groups, revision } = group;
    pb::Group {
        directory: names.directory(*directory),
        name: name.as_str().into(),
        description: description.as_ref().into(),
        external_id: external_id.as_deref().unwrap_or_default().into(),
        groups: groups.iter().map(|id| names.group(*id)).collect(),
        id: id.0.into(),
        revision: *revision,
    }
}
