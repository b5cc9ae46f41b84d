//! Directories behind LDAP: OpenLDAP and others that keep to the standards, and Active Directory.
//!
//! The only place that names the LDAP client, and TLS for it.
//!
//! | File | Holds |
//! |---|---|
//! | `settings` | what an operator writes, checked |
//! | `directory` | what both kinds do alike: find, search, sign in |
//! | `dialect` | what they do differently, as a trait |
//! | `generic` | OpenLDAP and others |
//! | `active_directory` | a domain of Active Directory |
//! | `probe` | the test of a directory, step by step |
//! | `session` | all the requests for one answer, within one deadline |
//! | `search`, `query`, `entry` | searches, page by page, whole or not at all |
//! | `pool`, `hosts`, `connection` | connections: kept, to which host |
//! | `transport`, `tls` | TCP, TLS and StartTLS: encrypted how, with whom |
//! | `relay`, `ber` | messages, checked before the LDAP client parses them |
//! | `result` | result codes |
//! | `escape` | values for filters |
//!
//! ## Invariants
//!
//! - Everything that isn't whole is an error: a limit, a page that is missing, a part that is elsewhere.
//! - Nothing gets into a filter but through `escape`.
//! - A user's password goes over a connection of its own, which is closed behind it. Only success is a yes.
//! - The LDAP client sees no message that is too long, too deep or too much.
//! - Where encryption is configured, nothing is said without it.

mod active_directory;
mod ber;
mod connection;
mod dialect;
mod directory;
mod entry;
mod escape;
mod generic;
mod hosts;
mod pool;
mod probe;
mod query;
mod relay;
mod result;
mod search;
mod session;
mod settings;
mod tls;
mod transport;

use active_directory::Domain;
use directory::Directory;
use generic::Generic;

pub use settings::{ActiveDirectorySettings, Encryption, InvalidSettings, LdapSettings};

/// OpenLDAP, or another server that keeps to the standards.
pub type LdapDirectory = Directory<Generic>;

/// A domain of Active Directory.
pub type ActiveDirectory = Directory<Domain>;
