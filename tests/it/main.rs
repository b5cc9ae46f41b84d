//! One binary for all tests that see feedgate from outside: its library as a user of it would, and its
//! program as a client does.

mod access;
mod architecture;
mod bad_input;
mod batch;
mod cli;
mod decisions;
mod durability;
mod model;
mod proget;
mod python;
mod support;
mod unix_socket;
mod writes;
