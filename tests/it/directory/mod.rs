//! Directories outside of the policy.
//!
//! | File | Holds |
//! |---|---|
//! | `scripted` | a directory that says what a test wants it to say |
//! | `decisions` | what is decided about outsiders: by id and by name, fresh and stale |
//! | `provider` | the example of a provider in Python, and faults of one, seen from the wire |

mod decisions;
mod provider;
pub mod scripted;
