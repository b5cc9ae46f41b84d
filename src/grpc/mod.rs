//! The gRPC surface: what comes over the wire becomes domain words here, and goes back.
//!
//! A handler is three lines: convert, call the service, convert. Whoever may call what is decided before any
//! handler runs; what went wrong becomes a status in one table.
//!
//! | File | Holds |
//! |---|---|
//! | `pb` | generated code, behind one door |
//! | `convert` | messages to domain words and back, one file a noun |

pub mod convert;
pub mod pb;
