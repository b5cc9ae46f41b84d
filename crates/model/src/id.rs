//! Ids: one type a kind, so that a feed's can't be taken for a user's.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($repr:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $repr);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// An attribute's. 1 to 21 are the built-in ones, in the order of the catalogue.
    AttributeId(u32);
    /// A task's. 1 to 5 are the built-in ones.
    TaskId(u32);
    /// A directory's.
    DirectoryId(u32);
    /// A user's, of any directory that the policy names users of.
    UserId(u32);
    /// A group's, of any directory.
    GroupId(u32);
    /// A feed group's.
    FeedGroupId(u32);
    /// A feed's.
    FeedId(u32);
    /// A connector's.
    ConnectorId(u32);
    /// A grant's: what an answer names as the one that decided.
    GrantId(u64);
}

/// The largest id of the 32-bit kinds: the index packs a kind of principal and an effect beside an id.
pub const MAX_ID: u32 = (1 << 30) - 1;

impl DirectoryId {
    /// The directory that is part of every store.
    pub const BUILT_IN: Self = Self(0);
}
