//! Credentials: kept beside the policy, never in a revision, an export, an event or a log.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::UserId;

/// How a built-in user signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub user: UserId,
    pub secret: Secret,
    /// Another password has to be chosen at the next sign-in.
    pub must_change: bool,
}

/// What a password is verified against.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Secret {
    /// An Argon2id hash in the PHC string format, its parameters included.
    Argon2id(Box<str>),
    /// As ProGet exports it: PBKDF2-HMAC-SHA1, 10,000 iterations, 20 bytes.
    ProGet { hash: Box<[u8]>, salt: Box<[u8]> },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argon2id(_) => "Argon2id(..)",
            Self::ProGet { .. } => "ProGet(..)",
        })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).finish_non_exhaustive()
    }
}
