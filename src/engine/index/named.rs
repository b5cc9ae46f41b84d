//! Objects by id and by name.

use std::sync::Arc;

use super::{
    Scoped, TaskEntry,
    apply::Inconsistent,
    id_map::IdMap,
    name_map::{NameMap, tag},
};
use crate::model::{Connector, Directory, Feed, FeedGroup, Group, Name, ObjectKey, User};

/// What an object is called: each name, with what it is unique in (a directory's id; 0 where it is unique
/// among all of the kind).
pub(super) trait Called {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)>;

    fn is_called(&self, within: u32, key: &[u8]) -> bool {
        self.names().any(|(place, name)| place == within && name.key() == key)
    }
}

/// Objects of one kind.
#[derive(Clone, Debug)]
pub(super) struct Named<V> {
    by_id: IdMap<V>,
    by_name: NameMap,
}

impl<V> Default for Named<V> {
    fn default() -> Self {
        Self { by_id: IdMap::default(), by_name: NameMap::default() }
    }
}

impl<V> Named<V> {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&V> {
        self.by_id.get(id.into())
    }

    pub(super) fn iter_from(&self, id: u32) -> impl Iterator<Item = &V> {
        self.by_id.iter_from(id.into()).map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.iter_from(0)
    }
}

impl<V: Called> Named<V> {
    fn id_called(&self, within: u32, key: &[u8]) -> Option<u32> {
        let is_it = |id: u32| self.get(id).is_some_and(|value| value.is_called(within, key));
        self.by_name.find(tag(within, key), is_it)
    }

    /// The object with a name.
    #[inline]
    pub(super) fn called(&self, within: u32, key: &[u8]) -> Option<&V> {
        self.get(self.id_called(within, key)?)
    }
}

impl<V: Called + Clone> Named<V> {
    /// An object to be changed in anything but its names.
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut V> {
        self.by_id.get_mut(id.into())
    }

    /// Adds an object, or puts it in the place of the one with its id.
    pub(super) fn put(&mut self, key: ObjectKey, value: V) -> Result<(), Inconsistent> {
        // INVARIANT: callers have checked that ids fit.
        let id = key.id as u32;
        if self.get(id).is_some_and(|old| old.names().eq(value.names())) {
            self.by_id.insert(key.id, value);
            return Ok(());
        }
        self.remove(id);
        for (within, name) in value.names() {
            if let Some(other) = self.id_called(within, name.key()) {
                return Err(Inconsistent::SameName {
                    kind: key.kind,
                    id: key.id,
                    name: name.to_string(),
                    other: other.into(),
                });
            }
            self.by_name.insert(tag(within, name.key()), id);
        }
        self.by_id.insert(key.id, value);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: u32) {
        if let Some(old) = self.by_id.remove(id.into()) {
            for (within, name) in old.names() {
                self.by_name.remove(tag(within, name.key()), id);
            }
        }
    }
}

impl Called for TaskEntry {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.task.name))
    }
}

impl Called for Arc<Directory> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.name))
    }
}

impl Called for Arc<Group> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((self.directory.0, &self.name))
    }
}

impl Called for Arc<User> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((self.directory.0, &self.name))
    }
}

impl Called for Scoped<FeedGroup> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.object.name))
    }
}

impl Called for Scoped<Feed> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        self.object.names().map(|name| (0, name))
    }
}

impl Called for Arc<Connector> {
    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.name))
    }
}
