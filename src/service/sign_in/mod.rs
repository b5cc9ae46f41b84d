//! Signing in: whose name and password these are (access model, section 6).
//!
//! A name is tried in the directories in which a check would look for it, in their order. One that can't be asked ends
//! it with an error, because behind it nobody knows whose name it is. Whoever is signed in is told as (directory, id,
//! name), so that a check can mean the same person.
//!
//! A directory to which the password is right, but which wants another one to be chosen first, ends it, too: the
//! person has been found. Any other refusal leaves the next directory its turn.
//!
//! | File | Holds |
//! |---|---|
//! | `built_in` | passwords that are kept here |
//! | `outside` | passwords that an external directory verifies |
//! | `lockout` | who has failed too often |

mod built_in;
mod lockout;
mod outside;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

pub(super) use self::lockout::Lockouts;
use super::{DecisionPoint, ServiceError, error::CheckError, query::ResolvedUser};
use crate::{
    directory::{Asked, InOrder, Refusal, candidates, enabled},
    model::{Directory, Name, SignInOrder},
};

/// Somebody at the door.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// None: by the rules of bare names, `@` and `\`.
    pub directory: Option<&'a str>,
    pub name: &'a str,
    pub password: &'a SecretString,
    /// What takes its place if it is right and has to be changed; only in the built-in directory.
    pub new_password: Option<&'a SecretString>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginAnswer {
    pub outcome: Result<ResolvedUser, Refused>,
    /// Each directory that refused, in the order in which they were asked.
    pub attempts: Vec<Attempt>,
}

/// A directory that refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub directory: Name,
    pub refused: Refused,
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub why: Why,
    /// For how long no password of this user is tried, in the built-in directory.
    pub locked_for: Option<Duration>,
}

/// The same, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The password is right and has to be changed, and the new one can't be taken.
    #[error("the new password is too short, too long, or the same")]
    NewPasswordUnfit,
}

/// What one directory says.
enum Verdict {
    Accepted(ResolvedUser),
    Refused(Refused),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { why: refusal.into(), locked_for: None }
    }
}

impl Why {
    /// The password is right, and nobody else is meant.
    fn ends_it(self) -> bool {
        matches!(
            self,
            Self::NewPasswordUnfit | Self::Refused(Refusal::PasswordMustChange | Refusal::PasswordExpired)
        )
    }

    /// How near somebody came.
    fn nearness(self) -> u8 {
        match self {
            Self::Refused(Refusal::UnknownUser) => 0,
            Self::Refused(Refusal::EmptyPassword) => 1,
            Self::Refused(Refusal::WrongPassword) => 2,
            Self::Refused(Refusal::Locked) => 3,
            Self::Refused(Refusal::Disabled | Refusal::AccountExpired | Refusal::NotPermitted) => 4,
            Self::Refused(Refusal::PasswordExpired | Refusal::PasswordMustChange)
            | Self::NewPasswordUnfit => 5,
        }
    }
}

impl DecisionPoint {
    /// Finds out whose name and password these are. A refusal is an answer.
    ///
    /// [`ResolveError`](crate::directory::ResolveError) if the name is malformed or a directory can't be asked,
    /// [`ServiceError::TooManySignIns`] if too many passwords wait to be verified.
    pub async fn sign_in(&self, login: Login<'_>) -> Result<LoginAnswer, ServiceError> {
        let index = self.index();
        let (directories, asked) = match login.directory {
            Some(directory) => {
                let directory = enabled(&index, directory).map_err(CheckError::from)?;
                let asked = Asked::literally(login.name).map_err(CheckError::from)?;
                (InOrder::from_slice(&[directory]), asked)
            }
            None => candidates(&index, self.connections(), login.name).map_err(CheckError::from)?,
        };
        if login.password.expose_secret().is_empty() {
            info!(name = login.name, reason = %Refusal::EmptyPassword, "a sign-in is refused, and nobody was asked");
            let outcome = Err(Refusal::EmptyPassword.into());
            return Ok(LoginAnswer { outcome, attempts: Vec::new() });
        }
        let only_holder = directories.len() > 1 && index.settings().sign_in == SignInOrder::FirstHolder;
        let mut attempts = Vec::new();
        for directory in directories {
            let verdict = self.sign_in_to(directory, &asked, login, only_holder).await;
            let verdict = verdict.inspect_err(
                |error| warn!(directory = %directory.name, name = login.name, why = %error, "a sign-in has no answer"),
            );
            match verdict? {
                Verdict::Accepted(user) => {
                    info!(directory = %user.directory, name = %user.name, id = %user.id, "signed in");
                    return Ok(LoginAnswer { outcome: Ok(user), attempts });
                }
                Verdict::Refused(refused) => {
                    warn!(directory = %directory.name, name = login.name, reason = %refused.why, "a failed login");
                    attempts.push(Attempt { directory: directory.name.clone(), refused });
                    let holds = refused.why != Why::Refused(Refusal::UnknownUser);
                    if refused.why.ends_it() || (only_holder && holds) {
                        break;
                    }
                }
            }
        }
        let nearest = attempts.iter().map(|attempt| attempt.refused).rev().max_by_key(|it| it.why.nearness());
        let outcome = Err(nearest.unwrap_or(Refusal::UnknownUser.into()));
        Ok(LoginAnswer { outcome, attempts })
    }

    async fn sign_in_to(
        &self,
        directory: &Directory,
        asked: &Asked<'_>,
        login: Login<'_>,
        only_holder: bool,
    ) -> Result<Verdict, ServiceError> {
        if directory.is_built_in() {
            self.sign_in_here(directory, login).await
        } else {
            self.sign_in_outside(directory, asked, login.password, only_holder).await
        }
    }
}
