//! Directories: where users and groups live.

use serde::{Deserialize, Serialize};

use super::{
    id::DirectoryId,
    name::{Name, NameKey},
};

/// The name of the directory that is part of every store.
pub const BUILT_IN_NAME: &str = "built-in";

/// A place where users and groups live. How to reach an external one is the server's own configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    pub id: DirectoryId,
    pub name: Name,
    /// Domains that it claims: the part of a name behind `@`.
    pub domains: Vec<Name>,
    /// NETBIOS names that it claims: the part of a name before `\`.
    pub netbios: Vec<Name>,
    pub enabled: bool,
    /// Where it stands in the order in which bare names are looked for, smallest first, ties by id.
    pub position: u32,
    /// The revision that last changed this object.
    pub revision: u64,
}

impl Directory {
    /// Whether a domain or a NETBIOS name is one of its own.
    pub fn claims(&self, domain: &NameKey<'_>) -> bool {
        let mut claims = self.domains.iter().chain(&self.netbios);
        claims.any(|claim| claim.key() == domain.as_bytes())
    }

    /// Whether this is the one that every store has.
    pub fn is_built_in(&self) -> bool {
        self.id == DirectoryId::BUILT_IN
    }
}
