//! One binary for all tests that see feedgate from outside: its library as a user of it would, and its
//! program as a client does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what it expects by failing"
)]

mod access;
mod against_naive;
mod architecture;
mod bad_input;
mod batch;
mod care;
mod catalogue;
mod cli;
mod consistency;
mod crashes;
mod cursors;
mod decisions;
mod directory;
mod disk;
mod durability;
mod giving_up;
mod history;
mod hostile;
mod limits;
mod lint;
mod logging;
mod no_room;
mod policy_file;
mod power_loss;
mod proget;
mod python;
mod readme;
mod sign_in;
mod support;
mod unix_socket;
mod watch;
mod writes;
