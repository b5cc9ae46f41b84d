//! What a change does to whom: every access that is gained or lost between two policies, counted exactly and
//! put together in blocks that a person can read.
//!
//! An access is one person using one attribute on one target. One grant to Everyone on all feeds can touch a
//! billion of them, so that they are never listed one by one: a [`Block`] is a set of people, a set of attributes
//! and a list of targets, all of which go together; each access is in one block.
//!
//! | File | Holds |
//! |---|---|
//! | `reach` | which people, attributes and targets changes can have to do with |
//! | `targets` | the targets of two policies, in the order in which they are looked at |
//! | `comparison` | the two policies beside each other |
//! | `shortcut` | feeds whose own grants are what they were |
//! | `blocks` | what was gained and lost, put together |
//! | `common` | what people have in common |

mod blocks;
mod common;
mod comparison;
mod reach;
mod shortcut;
mod targets;

pub use blocks::{AttributeTotals, Block, Blocks, Direction};
pub use common::Common;
pub use comparison::Comparison;
