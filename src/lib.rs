//! # feedgate
//!
//! The decision point beside a package registry. (The map follows.)

pub mod engine;
pub mod interchange;
pub mod model;
pub mod policy;
pub mod service;
pub mod store;

/// Generated code; its one door is `grpc`.
pub mod pb {
    #![allow(clippy::all, clippy::pedantic, reason = "generated from the protos")]
    tonic::include_proto!("feedgate.v1");
}
