//! Principals of external directories that a policy knows by name only, and whom they mean.

use std::sync::Arc;

use tracing::warn;

use crate::{
    directory::{Connection, DirectoryError, FoundKind, Key, Named, OwnedKey, Qualified},
    engine::{Index, mark},
    model::{
        Directory, DirectoryId, GroupId, Kind, Name, Object, ObjectKey, UserId,
        edit::{Edit, GroupSpec, NewName, ObjectRef, PrincipalName, Spec, Step, UserSpec},
    },
};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    pub kind: FoundKind,
    pub id: u32,
    pub directory: DirectoryId,
    pub name: Name,
    /// The revision that last changed it.
    pub(super) revision: u64,
    /// Stands for it as it is.
    pub(super) mark: u64,
}

/// Who a name is.
pub(super) struct Identified {
    pub(super) id: Box<str>,
    name: Option<Box<str>>,
}

/// Whom a name means.
pub(super) enum Meaning {
    Somebody(Identified),
    Nobody,
    /// More than one, or something that can't be found out by it.
    Unclear,
}

impl Unbound {
    /// Everybody in a policy of one directory who isn't bound.
    pub(super) fn all_of(index: &Index, directory: DirectoryId) -> Vec<Self> {
        if index.unbound_in(directory) == 0 {
            return Vec::new();
        }
        let users = index.users_from(UserId(0)).filter(|user| user.directory == directory);
        let groups = index.groups_from(GroupId(0)).filter(|group| group.directory == directory);
        let users = users.map(|user| Object::User(Arc::clone(user)));
        let groups = groups.map(|group| Object::Group(Arc::clone(group)));
        users.chain(groups).filter_map(|object| Self::of(&object)).collect()
    }

    /// None for what is bound, built in, or no principal.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let (kind, id, directory, name, revision) = match object {
            Object::User(user) => (FoundKind::User, user.id.0, user.directory, &user.name, user.revision),
            Object::Group(group) => {
                (FoundKind::Group, group.id.0, group.directory, &group.name, group.revision)
            }
            _ => return None,
        };
        let mark = mark(object);
        (mark != 0).then(|| Self { kind, id, directory, name: name.clone(), revision, mark })
    }

    pub(super) fn named(&self) -> Named {
        Named { kind: self.kind, id: self.id }
    }

    pub(super) fn key(&self) -> ObjectKey {
        let kind = match self.kind {
            FoundKind::User => Kind::User,
            FoundKind::Group => Kind::Group,
        };
        ObjectKey { kind, id: self.id.into() }
    }

    /// Whether nobody else is bound to an id.
    pub(super) fn may_be(&self, index: &Index, id: &str) -> bool {
        match self.kind {
            FoundKind::User => index.user_bound(self.directory, id).is_none(),
            FoundKind::Group => index.group_bound(self.directory, id).is_none(),
        }
    }

    /// The principal of the policy that is bound to an id, if it is another one: its id there and its name.
    pub(super) fn bound_as(&self, index: &Index, id: &str) -> Option<(u32, Name)> {
        let bound = match self.kind {
            FoundKind::User => {
                index.user_bound(self.directory, id).map(|user| (user.id.0, user.name.clone()))
            }
            FoundKind::Group => {
                index.group_bound(self.directory, id).map(|group| (group.id.0, group.name.clone()))
            }
        };
        bound.filter(|(id, _)| *id != self.id)
    }

    /// The id, and the name as the directory spells it where what was typed is another one.
    pub(super) fn edits(&self, index: &Index, found: Identified) -> Vec<Step> {
        let Identified { id, name } = found;
        let it = PrincipalName::Id(self.id);
        let (spec, object) = match self.kind {
            FoundKind::User => {
                let (display_name, email, disabled) = (None, None, None);
                let spec =
                    UserSpec { user: it.clone(), display_name, email, disabled, external_id: Some(id) };
                (Spec::User(spec), ObjectRef::User(it))
            }
            FoundKind::Group => {
                let spec = GroupSpec { group: it.clone(), description: None, external_id: Some(id) };
                (Spec::Group(spec), ObjectRef::Group(it))
            }
        };
        let mut steps = vec![Step { edit: Edit::Update(spec), expected_revision: Some(self.revision) }];
        let theirs = name.and_then(|name| Name::new(&name).ok());
        if let Some(theirs) = theirs.filter(|theirs| theirs != &self.name && !self.is_taken(index, theirs)) {
            let edit = Edit::Rename { object, to: NewName::Name(theirs) };
            steps.push(Step { edit, expected_revision: None });
        }
        steps
    }

    fn is_taken(&self, index: &Index, name: &Name) -> bool {
        match self.kind {
            FoundKind::User => index.user_comparing(self.directory, name.key()).is_some(),
            FoundKind::Group => index.group_comparing(self.directory, name.key()).is_some(),
        }
    }
}

/// Whom a name means: literally, or as a name with a domain of the directory's, as other products write them.
pub(super) async fn look_up(
    connection: &Connection,
    directory: &Directory,
    unbound: &Unbound,
) -> Result<Meaning, DirectoryError> {
    let name = unbound.name.as_str();
    let mut found = ask(connection, unbound.kind, Key::Name(name)).await;
    if let Ok(None) = found
        && let Some(qualified) = Qualified::parse(name)
        && connection.answers_for(directory, qualified.domain).await?
    {
        found = ask(connection, unbound.kind, Key::Qualified(qualified)).await;
    }
    match found {
        // These say something of the name, and nothing of the directory.
        Err(why @ (DirectoryError::NotUnique(_) | DirectoryError::InvalidId(_))) => {
            warn!(directory = %directory.name, name, %why, "a name of the policy means nobody in particular");
            Ok(Meaning::Unclear)
        }
        found => Ok(found?.map_or(Meaning::Nobody, Meaning::Somebody)),
    }
}

async fn ask(
    connection: &Connection,
    kind: FoundKind,
    key: Key<'_>,
) -> Result<Option<Identified>, DirectoryError> {
    match kind {
        FoundKind::User => {
            let sighting = connection.people().ask_anew(&OwnedKey::from(key)).await?;
            let person = sighting.who.as_ref().map(|known| &known.person);
            Ok(person.map(|it| Identified { id: it.id.clone(), name: Some(it.name.clone()) }))
        }
        FoundKind::Group => {
            let found = connection.people().directory().find_group(key).await;
            connection.people().note(&found);
            Ok(found?.map(|group| Identified { id: group.id, name: group.name }))
        }
    }
}
