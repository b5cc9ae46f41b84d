//! Directories outside of the policy: looking into them, and keeping what is known of them fresh.
//!
//! | File | Holds |
//! |---|---|
//! | `keep` | what goes on in the background |
//! | `bind`, `unbound` | names that the policy has, bound to ids |
//! | `merge` | two names of one principal made one |
//! | `gone` | principals whose ids their directory doesn't have any more |
//! | `report` | names that aren't bound, why, and which grants suffer from it |
//! | `search` | users and groups that begin with a text, everywhere |
//! | `refresh` | asking now |
//! | `test` | going through all that is asked, for an administrator to read |

mod bind;
mod gone;
mod keep;
mod merge;
mod refresh;
mod report;
mod search;
mod test;
mod unbound;

pub use bind::Bound;
pub(super) use gone::Gone;
pub(super) use keep::Keepers;
pub use merge::Merged;
pub(super) use merge::Merges;
pub use refresh::{RefreshedAll, RefreshedOne, Refreshment};
pub use report::{MAX_NAMES, NameReport, UnboundName, WhyUnbound};
pub use search::{FoundPerson, Search, SearchAnswer};
pub use unbound::Unbound;
