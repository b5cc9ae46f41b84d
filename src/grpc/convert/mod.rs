//! Conversions between messages and domain words.
//!
//! Every function takes a message apart by naming all of its fields, so that a field added to a proto breaks
//! the build here until somebody has said what it means. What can't be understood is an [`Invalid`] with the
//! path of the field.
//!
//! Three directions: requests to domain words (`…_spec`, `step`, `question`), domain words to answers
//! (`answer`, `object`), and, for the command line, domain words to requests ([`request`]).
//!
//! | File | Holds |
//! |---|---|
//! | `invalid`, `text`, `mask` | what a field may hold, and which fields are meant |
//! | `question` | subjects, targets, consistency |
//! | `revision` | revisions |
//! | `principal`, `people` | how principals are named; directories, users, groups, memberships |
//! | `catalogue` | attributes and tasks |
//! | `feeds` | feeds, feed groups, connectors |
//! | `grant`, `settings` | the rules |
//! | `object` | any of these, and references to them |
//! | `edit` | steps of a change set |
//! | `request` | the same from the client's side |

mod catalogue;
mod edit;
mod feeds;
mod grant;
mod invalid;
mod mask;
mod object;
mod people;
mod principal;
mod question;
pub mod request;
mod revision;
mod settings;
mod text;

pub use edit::step;
pub use invalid::{Fault, Invalid};
pub use mask::Mask;
pub use object::{object_ref, spec};
pub use principal::principal_name;
pub use question::{freshness, target, who};
