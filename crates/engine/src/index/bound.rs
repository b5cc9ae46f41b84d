//! Principals of external directories: by the id that they are bound to, and which ones aren't yet.

use std::{collections::BTreeMap, hash::BuildHasher as _};

use foldhash::quality::FixedState;

use super::name_map::{NameMap, Place};
use feedgate_model::{DirectoryId, Group, Kind, Name, Object, User};

/// Something that can be bound to an id of an external directory.
pub(super) trait Bindable {
    const KIND: Kind;

    fn id(&self) -> u32;
    fn directory(&self) -> DirectoryId;
    fn name(&self) -> &Name;
    fn external_id(&self) -> Option<&str>;

    /// The directory, and the id there.
    fn binding(&self) -> Option<(DirectoryId, &str)> {
        Some((self.directory(), self.external_id()?))
    }

    /// A number that stands for it as long as it isn't bound; 0 for what is, or needs not be.
    fn mark(&self) -> u64 {
        if self.directory() == DirectoryId::BUILT_IN || self.external_id().is_some() {
            return 0;
        }
        FixedState::with_seed(1).hash_one((Self::KIND, self.id(), self.name().key()))
    }
}

impl Bindable for User {
    const KIND: Kind = Kind::User;

    fn id(&self) -> u32 {
        self.id.0
    }

    fn directory(&self) -> DirectoryId {
        self.directory
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }
}

impl Bindable for Group {
    const KIND: Kind = Kind::Group;

    fn id(&self) -> u32 {
        self.id.0
    }

    fn directory(&self) -> DirectoryId {
        self.directory
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn external_id(&self) -> Option<&str> {
        self.external_id.as_deref()
    }
}

/// The same for an object of any kind.
pub fn mark(object: &Object) -> u64 {
    match object {
        Object::User(user) => user.mark(),
        Object::Group(group) => group.mark(),
        _ => 0,
    }
}

/// Ids of objects of one kind, by what they are bound to.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound(NameMap<u32>);

impl Bound {
    /// Notes that an object has become another one, has come, or has gone.
    pub(super) fn note<T: Bindable>(&mut self, id: u32, before: Option<&T>, after: Option<&T>) {
        let [old, new] = [before, after].map(|object| object.and_then(Bindable::binding));
        if old == new {
            return;
        }
        // Another object may have come to be bound to it earlier in the same change set.
        if let Some(place) = old.map(place).filter(|place| self.0.get(*place) == Some(&id)) {
            self.0.remove(place);
        }
        if let Some(place) = new.map(place) {
            self.0.insert(place, id);
        }
    }

    /// The object that is bound to an id.
    pub(super) fn find(&self, directory: DirectoryId, external: &str) -> Option<u32> {
        self.0.get(place((directory, external))).copied()
    }
}

const fn place<'a>((directory, external): (DirectoryId, &'a str)) -> Place<'a> {
    Place { within: directory.0, name: external.as_bytes() }
}

/// For each directory, all who aren't bound in one number: another set of them is another number, none is 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Unbound(BTreeMap<DirectoryId, u64>);

impl Unbound {
    pub(super) fn note<T: Bindable>(&mut self, before: Option<&T>, after: Option<&T>) {
        for object in [before, after].into_iter().flatten() {
            // Taking out is putting in a second time.
            let mark = object.mark();
            if mark != 0 {
                let all = self.0.entry(object.directory()).or_default();
                *all ^= mark;
                if *all == 0 {
                    self.0.remove(&object.directory());
                }
            }
        }
    }

    pub(super) fn of(&self, directory: DirectoryId) -> u64 {
        self.0.get(&directory).copied().unwrap_or_default()
    }
}
