//! # feedgate
//!
//! The decision point beside a package registry: a feed server asks over gRPC whether somebody may do
//! something on a feed, and gets the answer, and why, from a policy that survives anything.
//!
//! ## The house
//!
//! ```text
//!                      cli                the commands: servers are started, questions are asked
//!              ┌────────┼─────────┐
//!             app       │    interchange  policy files, policy tests, ProGet's exports
//!              │        │         │
//!             grpc ─────┘         │       how it is asked, over the wire
//!              │                  │
//!           service ──────┐       │       the use cases
//!         ┌────┴─────┐    │       │
//!      policy    directory│       │       the policy in force; whom a name means
//!      ┌──┴──┐       │ analysis   │       what a policy means as a whole
//!      │     │       ├────┘       │
//!   store  engine ───┘            │       what survives; what decides
//!      └──┬──┘                    │
//!       model ────────────────────┘       the words of the access model
//! ```
//!
//! Imports point downward only. The layers from `model` to `policy`, with `analysis`, `directory` and `interchange`, are
//! crates in `crates`: Cargo enforces their order, and an edit of the service doesn't compile them again. The others are
//! modules of this crate, whose order `tests/it/architecture.rs` checks. From the inside out:
//!
//! | Room | Holds |
//! |---|---|
//! | [`model`] | names, attributes, tasks, principals, feeds, grants, changes: plain data |
//! | [`engine`] | the index that a policy is laid out in, the decision, lookups; pure |
//! | [`analysis`] | proxies, promotions, lint, what a change does to whom; pure, over the engine |
//! | [`store`] | where policies survive: a trait, the record format, sled, memory, one suite for all |
//! | [`directory`] | whom a name means: LDAP, Active Directory, and what is remembered of their people |
//! | [`policy`] | the policy in force: drafts, the one writer, the published index |
//! | [`service`] | the use cases, in domain words |
//! | [`interchange`] | policy files and policy tests, ProGet's formats, over the model alone |
//! | [`grpc`] | the protocol: conversions, one table of errors, who may call what |
//! | [`app`] | configuration, listeners, start and end; a rehearsal without listeners |
//! | [`cli`] | the commands; a client of the API like any other |
//!
//! ## A check
//!
//! `grpc` converts the request; `service` finds out who is meant, loads the published [`engine::Index`] once,
//! and calls [`engine::decide`]: a synchronous function over borrowed values, without a lock, a clock or I/O.
//! The answer is made of the [`engine::Decision`] that it gives. A batch asks an [`engine::Series`] for each subject,
//! which says the same and remembers what grants on wider scopes than a feed say.
//!
//! People of external directories are *outsiders*: no objects of the policy, which only knows ids and names of some of
//! them. What a directory said about somebody is remembered, read without a lock, and asked for again in the background;
//! only the first sight of somebody waits for a directory.
//!
//! ## A write
//!
//! Edits by name go to the writer, one thread for all writes. It drafts them on the newest index, which makes
//! changes by id and the next index, sharing all that didn't change; hands the changes to the store; publishes
//! the index; puts the change sets into the hub; answers. What waits meanwhile goes together.
//!
//! ## A watch
//!
//! Whoever follows the policy is a revision and a place to wait in. The hub has the newest change sets, each with the
//! policies in front of it and behind it, which know what things were called; the store's history has the older ones.
//! A herald wakes those who wait, a few at a time. Nothing is queued for anybody, so that ten thousand idle watchers
//! cost their connections, and a slow one costs nobody anything.
//!
//! ## Long questions
//!
//! Lookups, explanations, lint, previews and comparisons look at many decisions at once. They work on a snapshot of
//! their own, on a few threads that are less urgent than those of checks. Lint, previews and comparisons, which can
//! take seconds, report progress and stop when nobody waits. An earlier revision is made from the present one by
//! undoing the history.
//!
//! ## Invariants
//!
//! - Whatever isn't known, about a person, a feed or the policy, ends in a denial or an error, never in "allowed".
//! - A check sees exactly one revision, and so does a batch. Revisions never go back and never repeat.
//! - Durable before visible, visible before acknowledged.
//! - Of an external directory permissions count by its own immutable ids only, restrictions by any name, too. What it says
//!   is whole, or it hasn't said anything.
//! - A watch tells each change set once, in order, with no gap, or says why it can't.
//! - After a write whose outcome nobody knows there are no more writes; checks go on.
//! - An index that grew change by change answers as one built from the store does.
//! - What looks at many decisions at once says what the decisions one by one say.
//! - Objects refer to each other by ids that are never used again.
//! - Credentials live outside revisions, exports and logs, and nothing secret has a `Debug`.
//!
//! Deliberately absent: a cache of answers. The index is immutable, so no answer can be stale.

pub use feedgate_analysis as analysis;
pub mod app;
pub mod cli;
pub use feedgate_directory as directory;
pub use feedgate_engine as engine;
pub mod grpc;
pub use feedgate_interchange as interchange;
pub use feedgate_model as model;
pub use feedgate_policy as policy;
pub mod service;
pub use feedgate_store as store;
