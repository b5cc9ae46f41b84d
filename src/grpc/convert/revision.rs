//! Revisions.

use super::invalid::Invalid;
use crate::{
    grpc::pb,
    model::{Revision, StoreId},
};

/// A revision in a request. A store is never 0, so a forgotten one can't pass for another incarnation.
pub fn revision(revision: pb::Revision) -> Result<Revision, Invalid> {
    let pb::Revision { store, number } = revision;
    if store == 0 {
        return Err(Invalid::missing("store"));
    }
    Ok(Revision { store: StoreId(store), number })
}

impl From<Revision> for pb::Revision {
    fn from(revision: Revision) -> Self {
        let Revision { store: StoreId(store), number } = revision;
        Self { store, number }
    }
}
