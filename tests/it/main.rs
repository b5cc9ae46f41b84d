//! One binary for all tests that see feedgate from outside: its library as a user of it would, and its
//! program as a client does.

mod decisions;
mod model;
mod support;
mod writes;
