//! Who is asked about, as positions in bit sets.
//!
//! A policy of 100,000 people and 10,000 feeds has a billion pairs of them. They are looked at feed by feed, for
//! all people at once: a set of people is a bit each, and a grant to a group sets or clears the bits of its
//! members. People who can't be told apart by any grant, because they are in the same groups and no grant names
//! them, are one *class* and share a bit.
//!
//! | File | Holds |
//! |---|---|
//! | `bit_set` | sets of positions |
//! | `presence` | what a policy knows of somebody |
//! | `population` | everybody, in classes |
//! | `crowds` | for each principal the classes that it stands for |

mod bit_set;
mod crowds;
mod population;
mod presence;

pub use bit_set::BitSet;
pub use crowds::{Crowd, Crowds};
pub use population::{Headcount, Population};
pub use presence::{Person, Presence};
