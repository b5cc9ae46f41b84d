//! Admission: the calls that are accepted, and the slots, memory and time that each may hold.
//!
//! A unary call is collected first, then given a slot, then handled, and keeps its slot until its response has been
//! sent. So an incomplete request never occupies a slot, and a response that its client doesn't read occupies only a
//! limited number of them, for a limited time.
//!
//! | File | Holds |
//! |---|---|
//! | `method` | the slot pool that a method uses, and the shape of its messages |
//! | `slots` | slot pools: a limit for all calls of a kind, a share for each connection, a reserve for quiet ones |
//! | `memory` | budgets for bytes that clients make the server hold |
//! | `listener` | the pools and budgets of one listener, and its clock |
//! | `connection` | the state of one connection: its deadlines, its shares, its unread responses |
//! | `collect` | requests on their way in |
//! | `stream` | requests that are streams |
//! | `respond` | responses on their way out |
//! | `layer` | the tower layer that puts these together |

mod collect;
mod connection;
mod layer;
mod listener;
mod memory;
mod method;
mod respond;
mod slots;
mod stream;

pub use connection::{ConnectionState, Peer};
pub use layer::AdmissionLayer;
pub use listener::{Limits, ListenerLimits};
