//! Directories: who a name means.
//!
//! The built-in directory is part of the policy and answers from the index. An external one that the policy
//! names, but that this server has no way to ask, is *unreachable*: who somebody is then remains unknown, and
//! that is an error, never a guess.
//!
//! | File | Holds |
//! |---|---|
//! | `resolver` | the order of directories, names with `@` and `\`, bare names |
//! | `error` | why nobody can say whom a name means |

mod error;
mod resolver;

pub use error::ResolveError;
pub use resolver::{Identity, Resolved, resolve};
