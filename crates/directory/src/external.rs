//! Directories outside of the policy, as the rest of the house sees them: what they are asked, and what they say.
//!
//! They are read only. A driver answers from its server each time; remembering is the business of those who ask.

use std::fmt;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{claims::Claims, trace::Trace};

/// A place where users and groups live, which somebody else keeps.
///
/// INVARIANT: an answer is whole or it is an error. A size or time limit, a page that is missing, a referral that
/// nobody has followed: each is [`DirectoryError::Incomplete`], because a membership that is missing may be one that a
/// restriction is for.
#[async_trait]
pub trait UserDirectory: Send + Sync + fmt::Debug {
    /// The domains and NETBIOS names that it answers for, besides those that the policy names.
    async fn claims(&self) -> Result<Claims, DirectoryError>;

    /// Who is meant, with every group that contains them, directly or through groups of this directory. None for
    /// nobody. Two of that name are [`DirectoryError::NotUnique`].
    async fn find_user(&self, key: Key<'_>) -> Result<Option<Person>, DirectoryError>;

    /// The group that is meant. None if there is none.
    async fn find_group(&self, key: Key<'_>) -> Result<Option<ExternalGroup>, DirectoryError>;

    /// Users and groups whose names begin with a text, in the order of names, so many at most. It is for people who
    /// choose from a list: nothing is decided by it.
    async fn search(&self, prefix: &str, limit: usize) -> Result<Vec<Found>, DirectoryError>;

    /// Has a password verified. Empty ones never get here.
    async fn sign_in(&self, key: Key<'_>, password: &SecretString) -> Result<SignIn, DirectoryError>;

    /// Goes through all of it for an administrator to read: connect, bind, a user, a group, a membership, a search.
    async fn test(&self, probe: &Probe<'_>, trace: &mut Trace);
}

/// How a user or a group is named to a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// A name, taken literally.
    Name(&'a str),
    /// `jdoe@mycompany.corp` or `MYCOMPANY\jdoe`, when the domain is one of the directory's.
    Qualified(Qualified<'a>),
    /// The directory's own immutable id, as it gave it.
    Id(&'a str),
}

/// A name with a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualified<'a> {
    pub whole: &'a str,
    pub name: &'a str,
    pub domain: &'a str,
}

impl<'a> Qualified<'a> {
    /// Takes a name apart; none if it has no domain.
    pub fn parse(whole: &'a str) -> Option<Self> {
        let (domain, name) = match (whole.split_once('\\'), whole.rsplit_once('@')) {
            (Some((netbios, name)), _) => (netbios, name),
            (None, Some((name, domain))) => (domain, name),
            (None, None) => return None,
        };
        Some(Self { whole, name, domain })
    }
}

/// Somebody of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Immutable, and never given to somebody else.
    pub id: Box<str>,
    /// As the directory spells it.
    pub name: Box<str>,
    /// Empty if there is none.
    pub display_name: Box<str>,
    pub email: Box<str>,
    pub account: Account,
    /// Every group that contains them, directly or through others, each once.
    pub groups: Vec<ExternalGroup>,
}

/// Whether an account may be used at all. One that is locked after failed sign-ins only can't sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    Enabled,
    Disabled,
    Expired,
}

/// A group of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalGroup {
    /// Immutable, and never given to another one.
    pub id: Box<str>,
    /// As the directory spells it. None for a group of another domain, of which only the id is known.
    pub name: Option<Box<str>>,
}

/// Something that a search came upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: FoundKind,
    pub id: Box<str>,
    pub name: Box<str>,
    /// Empty if there is none.
    pub display_name: Box<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundKind {
    User,
    Group,
}

/// What came of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The password is theirs, and they may come in.
    Accepted(Person),
    Refused(Refusal),
}

/// Why somebody may not sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("no such user")]
    UnknownUser,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the password is empty")]
    EmptyPassword,
    #[error("the account is disabled")]
    Disabled,
    #[error("the account has expired")]
    AccountExpired,
    #[error("the account is locked after too many failed attempts")]
    Locked,
    #[error("the password has expired")]
    PasswordExpired,
    #[error("the password must be changed first")]
    PasswordMustChange,
    /// At this time, from this machine, …
    #[error("the directory doesn't let the account sign in here or now")]
    NotPermitted,
}

/// What a test of a directory looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe<'a> {
    pub user: Option<&'a str>,
    pub group: Option<&'a str>,
    pub search: Option<&'a str>,
}

/// Why a directory gave no answer. Never to be taken for "nobody".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// No connection, or it broke.
    #[error("{0}")]
    Unreachable(Box<str>),
    #[error("it didn't answer within {0} ms")]
    TimedOut(u64),
    /// The account that this server signs in with isn't let in.
    #[error("it refuses the bind account: {0}")]
    BindRefused(Box<str>),
    #[error("its answer is incomplete: {0}")]
    Incomplete(Box<str>),
    #[error("its answer makes no sense: {0}")]
    Malformed(Box<str>),
    #[error("`{0}` is the name of more than one there")]
    NotUnique(Box<str>),
    #[error("`{0}` can't be an id there")]
    InvalidId(Box<str>),
}

impl fmt::Display for FoundKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
        })
    }
}
