//! Policies from files and into files: policy files (YAML or JSON) and what a ProGet exports.
//!
//! Everything here translates between bytes and [`Edit`](feedgate_model::edit::Edit)s or
//! [`Spec`](feedgate_model::edit::Spec)s, names to names. Nothing here reads a file, calls a server or changes
//! a policy: the command line hands in the bytes and the present policy, and sends the edits on as one change
//! set. Putting what is there already changes nothing, so an edit is made for all that a file says; what it
//! *doesn't* say is compared only when it is to be pruned.
//!
//! | File | Holds |
//! |---|---|
//! | `existing` | the present policy, to look up what a file refers to |
//! | `key` | what tells whether two specs mean the same object |
//! | `order` | which directory comes before which |
//! | `problem`, `text`, `terms` | what is wrong with a file, and where |
//! | `json` | JSON in which no key stands twice |
//! | `yaml` | documents with the places of what is in them |
//! | `policy_file` | policy as code: reading, and writing |
//! | `policy_test` | what a policy is expected to decide |
//! | `suppressions` | findings that somebody has seen and accepted |
//! | `proget` | a ProGet's exports and API objects |
//! | `prune`, `administrator` | what goes because a file doesn't name it, and what never does |

mod administrator;
pub mod existing;
pub mod json;
mod key;
mod order;
pub mod policy_file;
pub mod policy_test;
mod problem;
pub mod proget;
mod prune;
pub mod suppressions;
mod terms;
#[cfg(test)]
mod testing;
mod text;
mod yaml;

pub use existing::Existing;
pub use policy_file::{PolicyEdits, PolicyFile};
pub use policy_test::PolicyTest;
pub use problem::{At, Note, Place, Problem};
