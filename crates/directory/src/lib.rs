//! Directories: who a name means.
//!
//! The built-in directory is part of the policy and answers from the index. An external one answers from what is
//! remembered of its people; what isn't, somebody has to ask for before there is an answer. One that the policy names,
//! but that this server has no way to ask, is *unreachable*: who somebody is then remains unknown, and that is an
//! error, never a guess.
//!
//! | File | Holds |
//! |---|---|
//! | `external` | what a directory outside of the policy is asked, and what it says |
//! | `claims` | which domains one answers for |
//! | `trace` | what a test of one did |
//! | `events` | what directories turn out to have changed |
//! | `people` | whom it knows, as far as that is remembered |
//! | `connection` | a directory of the policy, and how to reach it |
//! | `names` | names of the policy that aren't bound to an id |
//! | `flights` | questions that are under way |
//! | `turns` | the order in which they are asked |
//! | `caller` | the client on whose behalf one is asked |
//! | `published` | what is replaced while others read it |
//! | `ldap` | directories behind LDAP: OpenLDAP and others, Active Directory |
//! | `resolver` | the order of directories, names with `@` and `\`, bare names |
//! | `error` | why nobody can say whom a name means |

mod caller;
mod claims;
mod connection;
mod error;
mod events;
mod external;
mod flights;
pub mod ldap;
mod names;
mod people;
mod published;
mod resolver;
pub mod trace;
mod turns;

pub use caller::{Caller, on_behalf_of};
pub use claims::Claims;
pub use connection::{Connection, Connections, Reach, SameName};
pub use error::ResolveError;
pub use events::{Listener, MembershipChange, News};
pub use external::{
    Account, DirectoryError, ExternalGroup, Found, FoundKind, Key, Person, Probe, Qualified, Refusal, SignIn,
    UserDirectory,
};
pub use names::{LookedUp, Named, Names};
pub use people::{Ages, Basis, Health, Known, OwnedKey, People, Refreshed, Sighting};
pub use resolver::{
    Asked, Identity, InOrder, Lookup, NamedUsers, Outside, Resolved, Unresolved, candidates, enabled,
    in_order, resolve, there, unreachable,
};
