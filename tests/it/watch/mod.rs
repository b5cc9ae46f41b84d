//! Following the policy as it changes.

mod handler;
mod many;
mod model;
mod network;
mod server;
