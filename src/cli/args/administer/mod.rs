//! The commands that change one thing, or show it, without a file.
//!
//! What is typed comes down to a [`Wish`]: edits in the words of the model, or an object to be shown. Every kind of
//! object has `add` and `edit` of its own, and what all have is in `common`.

mod attribute;
mod common;
mod connector;
mod feed;
mod feed_group;
mod grant;
mod group;
mod task;
mod user;
pub mod wish;

use clap::Subcommand;

use self::wish::Wish;
use crate::{cli::failure::Failure, model::Effect};

#[derive(Debug, Subcommand)]
pub enum Administer {
    /// Permit a task: to somebody, somewhere
    #[command(after_long_help = grant::GRANT, override_usage = grant::USAGE_OF_GRANT)]
    Grant(grant::Grant),
    /// Restrict somebody from a task, somewhere
    #[command(after_long_help = grant::RESTRICT, override_usage = grant::USAGE_OF_RESTRICT)]
    Restrict(grant::Grant),
    /// Take back a permission or a restriction
    #[command(after_long_help = grant::REVOKE, override_usage = grant::USAGE_OF_REVOKE)]
    Revoke(grant::Revoke),
    /// Users: add, edit, rename, disable, delete, show them, set a password
    #[command(subcommand, after_long_help = user::EXAMPLES)]
    User(user::User),
    /// Groups, and who is in them
    #[command(subcommand, after_long_help = group::EXAMPLES)]
    Group(group::Group),
    /// Feeds
    #[command(subcommand, after_long_help = feed::EXAMPLES)]
    Feed(feed::Feed),
    /// Sets of feeds
    #[command(subcommand, after_long_help = feed_group::EXAMPLES)]
    FeedGroup(feed_group::FeedGroup),
    /// Where feeds get packages from that they don't hold
    #[command(subcommand, after_long_help = connector::EXAMPLES)]
    Connector(connector::Connector),
    /// Tasks, what grants are made of
    #[command(subcommand, after_long_help = task::EXAMPLES)]
    Task(task::Task),
    /// Attributes beside those that are built in
    #[command(subcommand, after_long_help = attribute::EXAMPLES)]
    Attribute(attribute::Attribute),
}

impl Administer {
    /// What is wanted. Fails for what clap can't tell to be wrong.
    pub fn wish(self) -> Result<Wish, Failure> {
        Ok(match self {
            Self::Grant(grant) => grant.wish(Effect::Permit)?,
            Self::Restrict(grant) => grant.wish(Effect::Restrict)?,
            Self::Revoke(revoke) => revoke.wish()?,
            Self::User(user) => user.wish(),
            Self::Group(group) => group.wish(),
            Self::Feed(feed) => feed.wish(),
            Self::FeedGroup(group) => group.wish(),
            Self::Connector(connector) => connector.wish(),
            Self::Task(task) => task.wish(),
            Self::Attribute(attribute) => attribute.wish(),
        })
    }
}

#[cfg(test)]
mod tests;
