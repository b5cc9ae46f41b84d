//! Gone principals: the policy has bound them to ids that their directory had no more when all of it was last refreshed.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::report::{Left, WhyUnbound};
use crate::{
    directory::{FoundKind, Named},
    engine::Index,
    model::{DirectoryId, GroupId, Name, UserId},
};

/// What refreshes found to be gone, by directory, with the ids that were not there.
#[derive(Debug, Default)]
pub(in crate::service) struct Gone(Mutex<BTreeMap<DirectoryId, BTreeMap<Named, Box<str>>>>);

impl Gone {
    /// Replaces what is known of a directory.
    pub(super) fn set(&self, directory: DirectoryId, gone: BTreeMap<Named, Box<str>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(directory, gone);
    }

    /// Those of a directory that a policy still has bound to these ids.
    pub(super) fn in_policy(&self, index: &Index, directory: DirectoryId) -> Vec<Left> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = all.get(&directory).into_iter().flatten();
        let still = gone.filter_map(|(named, id)| {
            let (name, bound) = bound(index, directory, *named)?;
            let (kind, why) = (named.kind, WhyUnbound::Vanished);
            (bound == &**id).then(|| Left { kind, id: named.id, directory, name: name.clone(), why })
        });
        still.collect()
    }
}

/// The name of a principal, and the id that it is bound to.
fn bound(index: &Index, directory: DirectoryId, named: Named) -> Option<(&Name, &str)> {
    match named.kind {
        FoundKind::User => {
            let user = index.user(UserId(named.id)).filter(|user| user.directory == directory)?;
            Some((&user.name, user.external_id.as_deref()?))
        }
        FoundKind::Group => {
            let group = index.group(GroupId(named.id)).filter(|group| group.directory == directory)?;
            Some((&group.name, group.external_id.as_deref()?))
        }
    }
}
