//! The one door to generated code.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    missing_docs,
    reason = "generated from the protos"
)]

use std::fmt;

tonic::include_proto!("feedgate.v1");

/// Every service, message and comment of the API, for server reflection and for JSON by the original names.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/feedgate.binpb"));

/// Says that there is a password and whose, never which. The build leaves this one to us.
impl fmt::Debug for SetPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, secret: _, must_change } = self;
        f.debug_struct("SetPassword")
            .field("user", user)
            .field("must_change", must_change)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for set_password::Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Proget(_) => "Proget(..)",
        })
    }
}

impl fmt::Debug for set_password::ProGetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProGetHash(..)")
    }
}

/// Says how much there is of it: there are password hashes in the bytes.
impl fmt::Debug for BackupResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, data } = self;
        f.debug_struct("BackupResponse")
            .field("revision", revision)
            .field("bytes", &data.len())
            .finish_non_exhaustive()
    }
}

/// Says who wants to sign in, and keeps the passwords.
impl fmt::Debug for VerifyLoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { directory, name, password: _, new_password: _ } = self;
        f.debug_struct("VerifyLoginRequest")
            .field("directory", directory)
            .field("name", name)
            .finish_non_exhaustive()
    }
}

/// The same for what a provider is asked.
impl fmt::Debug for VerifyPasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, password: _ } = self;
        f.debug_struct("VerifyPasswordRequest").field("user", user).finish_non_exhaustive()
    }
}
