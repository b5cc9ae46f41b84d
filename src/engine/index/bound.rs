//! Principals of external directories by the id that they are bound to.

use super::name_map::{NameMap, tag};
use crate::model::{DirectoryId, Group, User};

/// Something that can be bound to an id of an external directory.
pub(super) trait Bindable {
    /// The directory, and the id there.
    fn binding(&self) -> Option<(DirectoryId, &str)>;
}

impl Bindable for User {
    fn binding(&self) -> Option<(DirectoryId, &str)> {
        Some((self.directory, self.external_id.as_deref()?))
    }
}

impl Bindable for Group {
    fn binding(&self) -> Option<(DirectoryId, &str)> {
        Some((self.directory, self.external_id.as_deref()?))
    }
}

/// Ids of objects of one kind, by what they are bound to.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound(NameMap);

impl Bound {
    /// Notes that an object has become another one, has come, or has gone.
    pub(super) fn note<T: Bindable>(&mut self, id: u32, before: Option<&T>, after: Option<&T>) {
        let [old, new] = [before, after].map(|object| object.and_then(Bindable::binding));
        if old == new {
            return;
        }
        if let Some((directory, external)) = old {
            self.0.remove(tag(directory.0, external.as_bytes()), id);
        }
        if let Some((directory, external)) = new {
            self.0.insert(tag(directory.0, external.as_bytes()), id);
        }
    }

    /// The first object that is bound to an id.
    pub(super) fn find<'a, T: Bindable + 'a>(
        &self,
        directory: DirectoryId,
        external: &str,
        get: impl Fn(u32) -> Option<&'a T>,
    ) -> Option<&'a T> {
        let is_it = |id| get(id).and_then(Bindable::binding) == Some((directory, external));
        get(self.0.find(tag(directory.0, external.as_bytes()), is_it)?)
    }
}
