//! Edits: what somebody asks to be changed, by names. The writer resolves them against the policy as it is
//! when their turn comes, which makes [`Change`](super::Change)s of them.
//!
//! In a spec, a field that is `None` stays as it is (or takes its default in a new object). Lists that are
//! `Some` are complete.

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    BareNames, Effect, Name, ScopePrecedence, Secret, SignInOrder, UnknownFeed, attribute::AttributeName,
};

/// One step of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub edit: Edit,
    /// The revision that must have changed the object last.
    pub expected_revision: Option<u64>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The object mustn't be there yet.
    Create(Spec),
    /// Creates the object or changes the one that has its name.
    Put(Spec),
    /// The object must be there.
    Update(Spec),
    Rename {
        object: ObjectRef,
        to: NewName,
    },
    Delete {
        object: ObjectRef,
        cascade: bool,
        missing_ok: bool,
    },
    /// Makes a group's direct members exactly these.
    SetMembers {
        group: PrincipalName,
        members: Vec<Member>,
    },
    /// Makes the groups that directly contain a principal exactly these.
    SetGroups {
        member: Member,
        groups: Vec<PrincipalName>,
    },
    SetPassword(SetPassword),
    /// Gives a built-in task, known by its original name, its original attributes and description.
    RestoreTask(Name),
}

/// What an object is to be like, known by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    Attribute(AttributeSpec),
    Task(TaskSpec),
    Directory(DirectorySpec),
    User(UserSpec),
    Group(GroupSpec),
    Membership(Membership),
    FeedGroup(FeedGroupSpec),
    Feed(FeedSpec),
    Connector(ConnectorSpec),
    Grant(GrantSpec),
    Settings(SettingsSpec),
}

/// What an object is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewName {
    Name(Name),
    Attribute(AttributeName),
}

/// Which object is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectRef {
    Attribute(AttributeName),
    Task(Name),
    Directory(Name),
    User(PrincipalName),
    Group(PrincipalName),
    Membership(Membership),
    FeedGroup(Name),
    /// By its name or an alternate name.
    Feed(Name),
    Connector(Name),
    GrantId(u64),
    /// By its natural key; the comment plays no part.
    Grant(GrantSpec),
}

/// A user or a group (which of the two, the place says).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalName {
    /// By name, in the built-in directory or in the one given.
    Named {
        directory: Option<Name>,
        name: Name,
    },
    Id(u32),
}

impl PrincipalName {
    /// A principal of the built-in directory.
    pub fn built_in(name: Name) -> Self {
        Self::Named { directory: None, name }
    }
}

/// What a group can contain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    User(PrincipalName),
    Group(PrincipalName),
}

/// Whom a grant is for, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalRef {
    User(PrincipalName),
    Group(PrincipalName),
    Everyone,
    Authenticated { directory: Option<Name> },
    Anonymous,
}

impl From<Member> for PrincipalRef {
    fn from(member: Member) -> Self {
        match member {
            Member::User(user) => Self::User(user),
            Member::Group(group) => Self::Group(group),
        }
    }
}

/// Where a grant holds, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ScopeRef {
    AllFeeds,
    FeedGroup(Name),
    /// By the feed's name or an alternate name.
    Feed(Name),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeSpec {
    pub name: AttributeName,
    pub label: Option<Box<str>>,
    pub category: Option<Box<str>>,
    /// False in a new attribute if not given; can't be changed afterwards.
    pub feed_scopable: Option<bool>,
    pub description: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSpec {
    pub name: Name,
    pub description: Option<Box<str>>,
    pub attributes: Option<AttributesRef>,
}

/// A task's attributes, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributesRef {
    All,
    These(Vec<AttributeName>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectorySpec {
    pub name: Name,
    pub domains: Option<Vec<Name>>,
    pub netbios: Option<Vec<Name>>,
    /// True in a new directory if not given.
    pub enabled: Option<bool>,
    /// Behind all others in a new directory if not given.
    pub position: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSpec {
    pub user: PrincipalName,
    pub display_name: Option<Box<str>>,
    pub email: Option<Box<str>>,
    pub disabled: Option<bool>,
    /// Empty means unbound.
    pub external_id: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSpec {
    pub group: PrincipalName,
    pub description: Option<Box<str>>,
    /// Empty means unbound.
    pub external_id: Option<Box<str>>,
}

/// A member directly in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub group: PrincipalName,
    pub member: Member,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedGroupSpec {
    pub name: Name,
    pub description: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSpec {
    pub name: Name,
    pub feed_type: Option<Box<str>>,
    pub alternate_names: Option<Vec<Name>>,
    /// `Some(None)` takes it out of its group.
    pub group: Option<Option<Name>>,
    /// `Some(None)` lets packages be promoted anywhere.
    pub promote_to: Option<Option<Name>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectorSpec {
    pub name: Name,
    /// Needed in a new connector.
    pub source: Option<SourceRef>,
    pub feeds: Option<Vec<Name>>,
}

/// What a connector reads, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceRef {
    Url(Box<str>),
    Feed(Name),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSpec {
    /// Known by its id instead of its natural key; only in an update.
    pub id: Option<u64>,
    pub effect: Effect,
    pub principal: PrincipalRef,
    pub task: Name,
    pub scope: ScopeRef,
    /// Empty means none.
    pub comment: Option<Box<str>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsSpec {
    pub scope_precedence: Option<ScopePrecedence>,
    pub unknown_feed: Option<UnknownFeed>,
    pub bare_names: Option<BareNames>,
    pub sign_in: Option<SignInOrder>,
}

/// A new password for a built-in user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPassword {
    pub user: PrincipalName,
    pub password: NewPassword,
    /// Another one has to be chosen at the next sign-in.
    pub must_change: bool,
}

/// A password on its way in.
#[derive(Clone, Debug)]
pub enum NewPassword {
    /// As it was typed; hashed before it reaches the writer.
    Plain(SecretString),
    Hashed(Secret),
}

impl PartialEq for NewPassword {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(a), Self::Plain(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Hashed(a), Self::Hashed(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for NewPassword {}
