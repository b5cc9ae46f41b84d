//! How far a piece of work is, and whether it is still wanted.

/// Nobody waits for the answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work was given up: nobody waits for it")]
pub struct Cancelled;

/// What long work reports to, many times a second.
pub trait Meter {
    /// So many of so many steps are done. An error ends the work.
    fn at(&self, done: u64, total: u64) -> Result<(), Cancelled>;
}

/// Reports to nobody, and never ends the work.
#[derive(Clone, Copy, Debug)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn at(&self, _: u64, _: u64) -> Result<(), Cancelled> {
        Ok(())
    }
}
