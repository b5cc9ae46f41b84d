//! What a command wants, in the words of the model.

use crate::{
    cli::args::access::Show,
    model::{
        AttributeName, Name,
        edit::{ConnectorSpec, Edit, FeedSpec, ObjectRef, PrincipalName, TaskSpec},
    },
};

/// What somebody wants to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// All of it as one revision, or nothing but saying what would change.
    Write { what: What, dry_run: bool },
    /// Only see whose access this would change.
    Preview { what: What, show: Show },
    /// Look at an object.
    Show(ObjectRef),
}

/// What is to be written.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    Edits(Vec<Edit>),
    Amendment(Amendment),
    /// The password itself is read from standard input.
    Password {
        user: PrincipalName,
        must_change: bool,
    },
}

/// An update with a list that depends on what the list is now.
#[derive(Debug, PartialEq, Eq)]
pub enum Amendment {
    Task(TaskSpec, Difference<AttributeName>),
    Feed(FeedSpec, Difference<Name>),
    Connector(ConnectorSpec, Difference<Name>),
}

/// What comes into a list, and what goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference<T> {
    pub add: Vec<T>,
    pub remove: Vec<T>,
}

impl<T> Difference<T> {
    /// Nothing, if nothing comes or goes.
    pub fn new(add: Vec<T>, remove: Vec<T>) -> Option<Self> {
        (!add.is_empty() || !remove.is_empty()).then_some(Self { add, remove })
    }
}
