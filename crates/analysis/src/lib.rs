//! What a policy means as a whole: what is odd in it, and what a change does to whom.
//!
//! Over the engine, and as pure: no async, no clock, no I/O. Work that can take long reports to a [`Meter`], which
//! can end it.
//!
//! | File | Holds |
//! |---|---|
//! | `people` | who is asked about, as positions in bit sets |
//! | `survey` | who may use which attributes on a target, for everybody at once |
//! | `access` | what a change does to whom, exactly |
//! | `affected` | which decisions a change set may have changed |
//! | `proxy` | what somebody can bring about who isn't allowed it |
//! | `promotion` | whether packages may go from one feed to another |
//! | `connections` | which feeds read which through connectors |
//! | `lint` | what is nonsensical, ineffective or dangerous |
//! | `well_known`, `words` | attributes that mean something to each other; how things are said |
//! | `meter` | how far long work is, and whether it is still wanted |

pub mod access;
mod affected;
mod connections;
pub mod lint;
mod meter;
mod people;
mod promotion;
mod proxy;
mod survey;
mod well_known;
mod words;

pub use affected::{Affected, Entry, MAX_ENTRIES, Named, Place, affected};
pub use meter::{Cancelled, Meter, Unmetered};
pub use people::{Headcount, Person};
pub use promotion::{Outcome, Requirement, promotion};
pub use proxy::{Proxy, ProxyKind, proxies};
pub use well_known::CONFIGURE;
