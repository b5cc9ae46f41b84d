//! # What feedgate is compared with
//!
//! | Module | Holds |
//! |---|---|
//! | [`pb`] | feedgate's own messages |
//! | [`model`] | one synthetic policy in three sizes, written out for each peer |
//! | [`ceiling`] | a gRPC server that answers without deciding: what the wire costs |
//! | [`load`] | the driver: requests that are encoded before, sent in a closed loop |
//! | [`decisions`] | how decisions of a library in this process are timed |
//! | [`process`] | what a process and the machine used, from `/proc` |

pub mod ceiling;
pub mod decisions;
pub mod load;
pub mod model;
pub mod process;
pub mod target;

/// Feedgate's messages, and the server's half of its services.
pub mod pb {
    #![allow(missing_docs, clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]
    tonic::include_proto!("feedgate.v1");
}
