//! What kinds of servers do differently.

use async_trait::async_trait;

use super::{entry::Entry, query::Query, session::Session};
use crate::{Account, Claims, DirectoryError, ExternalGroup, Key};

/// How users and groups are found and read on one kind of server.
#[async_trait]
pub trait Dialect: Send + Sync + std::fmt::Debug {
    async fn claims(&self, session: &mut Session<'_>) -> Result<Claims, DirectoryError>;

    /// How a user is searched for. None for a key that can be nobody's.
    async fn user_query(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Query>, DirectoryError>;

    /// How a group is searched for. None for a key that can be no group's.
    async fn group_query(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Query>, DirectoryError>;

    /// Users, and groups, whose names begin with a text. None if no name can.
    fn beginning(&self, prefix: &str, enough: usize) -> Option<Beginning>;

    /// The users in a group, as far as the server says by itself. For tests of a directory only.
    fn members_query(&self, group: &Entry, enough: usize) -> Option<Query>;

    fn user(&self, entry: &Entry) -> Result<User, DirectoryError>;

    fn group(&self, entry: &Entry) -> Result<ExternalGroup, DirectoryError>;

    /// Whether a user's account may be used, where it takes a search to know.
    async fn account(&self, session: &mut Session<'_>, user: &User) -> Result<Account, DirectoryError>;

    /// Every group of a user, each once.
    async fn groups_of(
        &self,
        session: &mut Session<'_>,
        entry: &Entry,
    ) -> Result<Vec<ExternalGroup>, DirectoryError>;
}

/// A user as an entry has them.
#[derive(Clone, Debug)]
pub struct User {
    pub(super) dn: Box<str>,
    pub(super) id: Box<str>,
    pub(super) name: Box<str>,
    pub(super) display_name: Box<str>,
    pub(super) email: Box<str>,
    pub(super) account: Account,
}

/// Searches for what begins with a text.
#[derive(Debug)]
pub struct Beginning {
    pub(super) users: Query,
    pub(super) groups: Query,
}
