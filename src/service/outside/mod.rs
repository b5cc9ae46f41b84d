//! Directories outside of the policy: looking into them, and keeping what is known of them fresh.
//!
//! | File | Holds |
//! |---|---|
//! | `keep` | what goes on in the background |
//! | `bind`, `unbound` | names that the policy has, bound to ids |
//! | `search` | users and groups that begin with a text, everywhere |
//! | `refresh` | asking now |
//! | `test` | going through all that is asked, for an administrator to read |

mod bind;
mod keep;
mod refresh;
mod search;
mod test;
mod unbound;

pub use bind::Bound;
pub(super) use keep::Keepers;
pub use refresh::{RefreshedAll, RefreshedOne, Refreshment};
pub use search::{FoundPerson, Search, SearchAnswer};
pub use unbound::Unbound;
