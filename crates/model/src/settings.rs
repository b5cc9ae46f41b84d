//! Settings: how the whole store reads its policy.

use serde::{Deserialize, Serialize};

/// What a store-wide choice was left to (access model, sections 5 and 6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub scope_precedence: ScopePrecedence,
    pub unknown_feed: UnknownFeed,
    pub bare_names: BareNames,
    pub sign_in: SignInOrder,
    /// The revision that last changed this object.
    pub revision: u64,
}

/// How a grant on a feed compares with one on its feed group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScopePrecedence {
    /// The feed wins.
    #[default]
    FeedOverGroup,
    /// They are equal, so a restriction wins.
    FeedAndGroupEqual,
}

/// What happens to a demand on a feed that isn't registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownFeed {
    /// It is denied.
    #[default]
    Deny,
    /// Grants on all feeds decide.
    AllFeedsGrants,
}

/// What a bare name means that more than one directory holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BareNames {
    /// Nothing: it is an error.
    #[default]
    Unique,
    /// The user of the first directory that holds it.
    First,
}

/// Who is asked at a sign-in with a bare name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInOrder {
    /// One directory after the other, until one accepts the password.
    #[default]
    UntilAccepted,
    /// Only the first one that knows the name.
    FirstHolder,
}
