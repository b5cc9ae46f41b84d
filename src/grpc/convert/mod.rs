//! Conversions between messages and domain words.
//!
//! Every function takes a message apart by naming all of its fields, so that a field added to a proto breaks
//! the build here until somebody has said what it means. What can't be understood is an [`Invalid`] with the
//! path of the field.
//!
//! Three directions: requests to domain words (`…_spec`, `step`, `question`), domain words to answers
//! (`answer`, `object`), and, for the command line, domain words to requests ([`from_edit`]).
//!
//! | File | Holds |
//! |---|---|
//! | `invalid`, `text`, `mask` | what a field may hold, and which fields are meant |
//! | `question`, `answer` | what is asked of the decision point, and what it says |
//! | `revision`, `names` | revisions; ids to names |
//! | `principal`, `people` | how principals are named; directories, users, groups, memberships |
//! | `catalogue` | attributes and tasks |
//! | `feeds` | feeds, feed groups, connectors |
//! | `grant`, `settings` | the rules |
//! | `object` | any of these, and references to them |
//! | `edit`, `write`, `written` | a step of a change set, change sets, and what came of them |
//! | `list`, `export` | which page of which objects; all of them |
//! | `lookup`, `access`, `lint` | lookups, what changes do to whom, what is odd |
//! | `watch` | following the policy |
//! | `directory`, `login` | searches, tests, refreshing; sign-ins |
//! | `status` | how the server is |
//! | `from_edit` | change sets from the client's side |

pub mod access;
pub mod answer;
pub mod catalogue;
pub mod directory;
mod edit;
pub mod export;
pub mod feeds;
pub mod from_edit;
pub mod grant;
mod invalid;
pub mod lint;
pub mod list;
pub mod login;
pub mod lookup;
mod mask;
mod names;
mod object;
pub mod people;
mod principal;
pub mod question;
mod revision;
mod settings;
mod status;
mod text;
pub mod watch;
mod write;
pub mod written;

pub use edit::step;
pub use invalid::{Fault, Invalid};
pub use mask::Mask;
pub use names::Names;
pub use object::{object, object_ref, spec};
pub use principal::principal_name;
pub use revision::revision;
pub use status::status;
pub use text::{attribute_name, name};
pub use write::Writing;
