//! The resolution engine: from a policy, a subject and a demand to a decision.
//!
//! Pure: no async, no clock, no I/O, no protocol. See `index` for how a policy lies in memory.

pub mod decision;
pub mod explain;
pub mod index;

pub use decision::{Decision, Demand, PrincipalRank, Reason, ScopeRank, Target};
pub use explain::Candidate;
pub use index::Index;
