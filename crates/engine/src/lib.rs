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
//! | `covering` | the scopes that cover a target |
//! | `by_rank` | what grants of one scope say, the user's own apart |
//! | `decide` | which grant comes first, and what it says |
//! | `series` | many decisions about one subject |
//! | `explain`, `nearby` | the same with everything that bore on it, and what just missed |
//! | `allowed`, `effective` | every attribute at once: which are allowed; and why each |
//! | `lookup` | the other way round: on which feeds, and who |

mod allowed;
mod by_rank;
mod covering;
mod decide;
pub mod decision;
mod effective;
mod explain;
pub mod index;
mod lookup;
mod nearby;
mod principals;
mod series;

pub use allowed::{Decided, Outlook, Said, allowed};
pub use decide::decide;
pub use decision::{Decision, Demand, PrincipalRank, Reason, ScopeRank, Target};
pub use effective::effective;
pub use explain::{Candidate, Explained, Rule, explain};
pub use index::{AttributeBits, Entry, Inconsistent, Index, Member, PrincipalKey, mark};
pub use lookup::{Holders, lookup_feeds};
pub use nearby::{Lack, NearMiss};
pub use principals::{Groups, Principals, Standing};
pub use series::Series;
