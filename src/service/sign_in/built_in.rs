//! Passwords that are kept here.
//!
//! Whether a user is disabled is said only to whoever has the password: a stranger hears of every user that their
//! password is wrong, and waits as long to hear it as for a name that nobody has. (A server's client is told which of
//! the two it was, for its log.)

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tracing::{info, warn};

use super::{
    super::{
        DecisionPoint, ServiceError,
        error::CheckError,
        password::secret::{self, CantHash},
        query::ResolvedUser,
    },
    Lockouts, Login, Refused, Verdict, Why,
};
use crate::{
    directory::{Refusal, ResolveError},
    model::{Credential, Directory, DirectoryId, NameKey, Secret},
};

/// How often it is begun anew because the password was set by somebody else meanwhile.
const ATTEMPTS: usize = 4;

/// What a new password has at least, in characters.
const SHORTEST: usize = 8;
/// And at most, in bytes.
const LONGEST: usize = 1_024;

/// What verifying came to.
enum Proof {
    Locked(Refused),
    Wrong,
    Right {
        /// What takes the place of the secret.
        next: Option<Next>,
        /// A new password came, and can't be taken.
        unfit: bool,
    },
}

enum Next {
    /// Of the same password: stronger.
    Renewed(Result<Secret, CantHash>),
    /// Of the new password.
    Changed(Result<Secret, CantHash>),
}

impl DecisionPoint {
    pub(super) async fn sign_in_here(
        &self,
        directory: &Directory,
        login: Login<'_>,
    ) -> Result<Verdict, ServiceError> {
        let name =
            NameKey::new(login.name).map_err(|error| CheckError::from(ResolveError::InvalidName(error)))?;
        let _place = self.passwords().place(&name)?;
        let user = self.index().user_named(DirectoryId::BUILT_IN, &name).map(|user| user.id);
        let Some(user) = user else { return self.nobody(login, Refusal::UnknownUser).await };
        for _ in 0..ATTEMPTS {
            let Some(credential) = self.store().credential(user).await? else {
                return self.nobody(login, Refusal::WrongPassword).await;
            };
            let (next, unfit) = match self.prove(credential.clone(), login).await? {
                Proof::Locked(refused) => return Ok(Verdict::Refused(refused)),
                Proof::Wrong => return Ok(Verdict::Refused(Refusal::WrongPassword.into())),
                Proof::Right { next, unfit } => (next, unfit),
            };
            // As of now: verifying may have had to wait.
            let Some(now) = self.index().user(user).cloned() else {
                return Ok(Verdict::Refused(Refusal::UnknownUser.into()));
            };
            if now.disabled {
                return Ok(Verdict::Refused(Refusal::Disabled.into()));
            }
            let must_change = credential.must_change;
            let changed = matches!(next, Some(Next::Changed(_)));
            if !self.replace(credential, next).await? {
                continue;
            }
            return Ok(match (must_change && !changed, unfit) {
                (true, true) => Verdict::Refused(Refused { why: Why::NewPasswordUnfit, locked_for: None }),
                (true, false) => Verdict::Refused(Refusal::PasswordMustChange.into()),
                (false, _) => Verdict::Accepted(ResolvedUser {
                    directory: directory.name.as_str().into(),
                    id: now.id.to_string().into(),
                    name: now.name.as_str().into(),
                }),
            });
        }
        Err(ServiceError::TooManySignIns)
    }

    /// Refuses as late as if there were a password to verify.
    async fn nobody(&self, login: Login<'_>, refusal: Refusal) -> Result<Verdict, ServiceError> {
        let password = login.password.clone();
        self.passwords().of_stranger(move || secret::is_of_nobody(password.expose_secret())).await?;
        Ok(Verdict::Refused(refusal.into()))
    }

    async fn prove(&self, credential: Credential, login: Login<'_>) -> Result<Proof, ServiceError> {
        let lockouts = Arc::clone(&self.passwords().lockouts);
        // Who is locked out takes nobody's turn.
        if let Some(locked) = locked(&lockouts, &credential) {
            return Ok(Proof::Locked(locked));
        }
        let (password, new) = (login.password.clone(), login.new_password.cloned());
        let runtime = Handle::current();
        let work = move || {
            // For its clock.
            let _clock = runtime.enter();
            prove(&lockouts, &credential, &password, new.as_ref())
        };
        self.passwords().of_stranger(work).await
    }

    /// Replaces what a password was verified against. False if somebody else did so meanwhile: what was verified means
    /// nothing then.
    async fn replace(&self, before: Credential, next: Option<Next>) -> Result<bool, ServiceError> {
        let user = before.user;
        match next {
            None => Ok(true),
            Some(Next::Changed(secret)) => {
                let secret = secret.map_err(|_| ServiceError::Hash)?;
                let after = Credential { user, secret, must_change: false };
                let replaced = self.writer()?.renew(before, after).await?;
                if replaced {
                    info!(%user, "a password was changed by its user");
                    self.passwords().have_changed(user);
                }
                Ok(replaced)
            }
            // The old one is good enough as long as the new one can't be stored.
            Some(Next::Renewed(Err(CantHash))) => Ok(true),
            Some(Next::Renewed(Ok(secret))) => {
                let after = Credential { user, secret, must_change: before.must_change };
                let renewed = match self.writer() {
                    Ok(writer) => writer.renew(before, after).await,
                    Err(closed) => Err(closed),
                };
                Ok(renewed.unwrap_or_else(|error| {
                    warn!(%error, %user, "a password's hash could not be replaced by a stronger one");
                    true
                }))
            }
        }
    }
}

fn locked(lockouts: &Lockouts, credential: &Credential) -> Option<Refused> {
    let locked_for = lockouts.locked_for(credential.user, &credential.secret);
    locked_for.is_some().then_some(Refused { why: Why::Refused(Refusal::Locked), locked_for })
}

/// Verifies a password when its turn has come, and makes what takes the secret's place. Of those who were let in to
/// wait together, each looks whether the ones before have failed too often.
fn prove(
    lockouts: &Lockouts,
    credential: &Credential,
    password: &SecretString,
    new: Option<&SecretString>,
) -> Proof {
    let Credential { user, secret, must_change } = credential;
    if let Some(locked) = locked(lockouts, credential) {
        return Proof::Locked(locked);
    }
    let password = password.expose_secret();
    if !secret::is_of(secret, password) {
        lockouts.failed(*user, secret);
        return Proof::Wrong;
    }
    lockouts.forgive(*user);
    let new = new.map(|new| new.expose_secret()).filter(|_| *must_change);
    let (next, unfit) = match new {
        Some(new) if is_fit(new, password) => (Some(Next::Changed(secret::hash(new))), false),
        unfit => (secret::renewed(secret, password).map(Next::Renewed), unfit.is_some()),
    };
    Proof::Right { next, unfit }
}

fn is_fit(new: &str, old: &str) -> bool {
    new != old && new.len() <= LONGEST && new.chars().count() >= SHORTEST
}
