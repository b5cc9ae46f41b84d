//! The command line: commands, and how results look. A client of the gRPC API, save for `serve` and `demo`.

pub mod address;
pub mod args;
mod batch;
mod changes;
mod check;
mod client;
mod demand;
mod explain;
mod failure;
mod json;
mod list;
mod output;
mod status;
mod table;
mod token;
mod words;
