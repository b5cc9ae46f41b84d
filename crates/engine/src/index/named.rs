//! Objects by id and by name.

use std::{fmt, sync::Arc};

use super::{
    MemberCard, Scoped, TaskEntry,
    apply::Inconsistent,
    id_map::IdMap,
    name_map::{NameMap, Place},
};
use feedgate_model::{Connector, Directory, Feed, FeedGroup, Group, Name, ObjectKey, User};

/// What an object is called: each name, with what it is unique in (a directory's id; 0 where it is unique
/// among all of the kind).
pub(super) trait Called {
    /// What lies beside each name: as much of the object as look-ups by name need.
    type Card: Card;

    fn names(&self) -> impl Iterator<Item = (u32, &Name)>;

    fn card(&self, id: u32) -> Self::Card;
}

/// What lies beside a name.
pub(super) trait Card: Clone + fmt::Debug + PartialEq {
    /// The object that has the name.
    fn id(&self) -> u32;
}

/// For kinds that are looked up by name less often than others.
impl Card for u32 {
    fn id(&self) -> u32 {
        *self
    }
}

/// Objects of one kind.
///
/// INVARIANT: the card beside a name says what the object with this name says.
#[derive(Clone, Debug)]
pub(super) struct Named<V: Called> {
    by_id: IdMap<V>,
    by_name: NameMap<V::Card>,
}

impl<V: Called> Default for Named<V> {
    fn default() -> Self {
        Self { by_id: IdMap::default(), by_name: NameMap::default() }
    }
}

impl<V: Called> Named<V> {
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
    /// What lies beside a name.
    #[inline]
    pub(super) fn card(&self, within: u32, key: &[u8]) -> Option<&V::Card> {
        self.by_name.get(Place { within, name: key })
    }

    /// The same with the name.
    #[inline]
    pub(super) fn named_card(&self, within: u32, key: &[u8]) -> Option<(&[u8], &V::Card)> {
        self.by_name.find(Place { within, name: key })
    }

    /// The object with a name.
    #[inline]
    pub(super) fn called(&self, within: u32, key: &[u8]) -> Option<&V> {
        self.get(self.card(within, key)?.id())
    }
}

impl<V: Called + Clone> Named<V> {
    /// An object to be changed in anything but its names and what lies beside them.
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut V> {
        self.by_id.get_mut(id.into())
    }

    /// Adds an object, or puts it in the place of the one with its id.
    pub(super) fn put(&mut self, key: ObjectKey, value: V) -> Result<(), Inconsistent> {
        // INVARIANT: callers have checked that ids fit.
        let id = key.id as u32;
        let card = value.card(id);
        let is_as_before = |old: &V| old.names().eq(value.names()) && old.card(id) == card;
        if self.get(id).is_some_and(is_as_before) {
            self.by_id.insert(key.id, value);
            return Ok(());
        }
        self.remove(id);
        for (within, name) in value.names() {
            if let Some(other) = self.card(within, name.key()) {
                return Err(Inconsistent::SameName {
                    kind: key.kind,
                    id: key.id,
                    name: name.to_string(),
                    other: other.id().into(),
                });
            }
            self.by_name.insert(Place { within, name: name.key() }, card.clone());
        }
        self.by_id.insert(key.id, value);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: u32) {
        if let Some(old) = self.by_id.remove(id.into()) {
            for (within, name) in old.names() {
                self.by_name.remove(Place { within, name: name.key() });
            }
        }
    }
}

impl Called for TaskEntry {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.task.name))
    }
}

impl Called for Arc<Directory> {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.name))
    }
}

impl Called for Arc<Group> {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((self.directory.0, &self.name))
    }
}

impl Called for Arc<User> {
    type Card = MemberCard;

    fn card(&self, _: u32) -> MemberCard {
        MemberCard::of(self)
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((self.directory.0, &self.name))
    }
}

impl Called for Scoped<FeedGroup> {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.object.name))
    }
}

impl Called for Scoped<Feed> {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        self.object.names().map(|name| (0, name))
    }
}

impl Called for Arc<Connector> {
    type Card = u32;

    fn card(&self, id: u32) -> u32 {
        id
    }

    fn names(&self) -> impl Iterator<Item = (u32, &Name)> {
        std::iter::once((0, &self.name))
    }
}
