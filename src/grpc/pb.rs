//! The one door to generated code.

#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "generated from the protos")]

tonic::include_proto!("feedgate.v1");

/// Every service, message and comment of the API, for server reflection and for JSON by the original names.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/feedgate.binpb"));
