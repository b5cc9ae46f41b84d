//! The resolution engine: from a policy, a subject and a demand to a decision.
//!
//! Pure: no async, no clock, no I/O, no protocol. A caller turns a subject into [`Principals`], names into a
//! [`Demand`], and asks [`decide`] or [`explain`]; both read an [`Index`], which never changes.
//!
//! | File | Holds |
//! |---|---|
//! | `decision` | what is asked and answered |
//! | `index` | a policy laid out for decisions, and how the next one is made from it |
//! | `principals` | who a subject is: the principals whose grants count |
//! | `decide` | which grant comes first, and what it says |
//! | `explain` | the same with everything that bore on it |

mod decide;
pub mod decision;
mod explain;
pub mod index;
mod principals;

pub use decide::decide;
pub use decision::{Decision, Demand, PrincipalRank, Reason, ScopeRank, Target};
pub use explain::{Candidate, explain};
pub use index::{Inconsistent, Index};
pub use principals::{Principals, Standing};
