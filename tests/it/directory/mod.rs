//! Directories outside of the policy.
//!
//! | File | Holds |
//! |---|---|
//! | `scripted` | a directory that says what a test wants it to say |
//! | `world` | a decision point with such directories |
//! | `names` | whom names mean among several |
//! | `decisions` | what is decided about outsiders: by id and by name, fresh and stale |
//! | `unbound` | names that directories don't confirm, and two names of one principal |
//! | `watched` | what watchers are told about them |
//! | `provider` | the example of a provider in Python, and faults of one, seen from the wire |
//! | `hybrid` | the import of what a hybrid directory had, with its members asked |
//! | `conformance` | what every directory has to do alike: one suite |
//! | `ldap`, `active_directory` | OpenLDAP and Samba: the suite, and what is peculiar to each |
//! | `whole` | limits, pages, parts that are elsewhere |
//! | `tls` | whom a server has to be, and what is never said in clear text |
//! | `everywhere` | three directories at once, seen from the wire |
//! | `faults`, `nonsense` | servers that stop, hang and come back, or say something else |
//! | `hostile` | servers that attack whoever asks them |

mod active_directory;
mod conformance;
mod decisions;
mod everywhere;
mod faults;
mod hostile;
mod hybrid;
mod ldap;
mod names;
mod nonsense;
mod provider;
pub mod scripted;
mod tls;
mod unbound;
mod watched;
mod whole;
mod world;
