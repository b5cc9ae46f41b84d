//! # feedgate
//!
//! The decision point beside a package registry. (The map follows.)

pub mod app;
pub mod cli;
pub mod directory;
pub mod engine;
pub mod grpc;
pub mod interchange;
pub mod model;
pub mod policy;
pub mod service;
pub mod store;
