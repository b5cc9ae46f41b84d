//! Directories: who a name means.
//!
//! The built-in directory is part of the policy and answers from the index. An external one that the policy
//! names, but that this server has no way to ask, is *unreachable*: who somebody is then remains unknown, and
//! that is an error, never a guess.
//!
//! | File | Holds |
//! |---|---|
//! | `external` | what a directory outside of the policy is asked, and what it says |
//! | `claims` | which domains one answers for |
//! | `trace` | what a test of one did |
//! | `ldap` | directories behind LDAP: OpenLDAP and others, Active Directory |
//! | `resolver` | the order of directories, names with `@` and `\`, bare names |
//! | `error` | why nobody can say whom a name means |

mod claims;
mod error;
mod external;
pub mod ldap;
mod resolver;
pub mod trace;

pub use claims::Claims;
pub use error::ResolveError;
pub use external::{
    Account, DirectoryError, ExternalGroup, Found, FoundKind, Key, Person, Probe, Qualified, Refusal, SignIn,
    UserDirectory,
};
pub use resolver::{Identity, Resolved, resolve};
