//! Passwords: on their way into the store they are hashed before anybody else sees them.

use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use super::error::ServiceError;
use crate::model::{
    Secret,
    edit::{Edit, NewPassword, Step},
};

/// One hash at a time: hashing is slow on purpose, and must not starve checks.
static ONE: Semaphore = Semaphore::const_new(1);

/// Hashes the passwords of a change set, in the background.
pub(super) async fn hash_all(mut steps: Vec<Step>) -> Result<Vec<Step>, ServiceError> {
    for step in &mut steps {
        let Edit::SetPassword(set) = &mut step.edit else { continue };
        if let NewPassword::Plain(password) = &set.password {
            set.password = NewPassword::Hashed(hash(password.clone()).await?);
        }
    }
    Ok(steps)
}

/// Stand-ins for the passwords of a change set that is only drafted: hashing takes time, and nobody keeps them.
pub(super) fn stand_in(steps: &mut [Step]) {
    for step in steps {
        if let Edit::SetPassword(set) = &mut step.edit {
            set.password = NewPassword::Hashed(Secret::Argon2id("".into()));
        }
    }
}

async fn hash(password: SecretString) -> Result<Secret, ServiceError> {
    let failed = |_| ServiceError::Hash;
    let _one = ONE.acquire().await.map_err(|_| ServiceError::Hash)?;
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
    });
    let hashed = hashed.await.map_err(|_| ServiceError::Hash)?.map_err(failed)?;
    Ok(Secret::Argon2id(hashed.into()))
}

/// ProGet's PBKDF2-HMAC-SHA1 (access model, section 9).
const PROGET_ITERATIONS: u32 = 10_000;

/// Whether a secret is this password.
pub(super) async fn is(secret: Secret, password: &'static str) -> Result<bool, ServiceError> {
    let _one = ONE.acquire().await.map_err(|_| ServiceError::Hash)?;
    let verified = tokio::task::spawn_blocking(move || match secret {
        Secret::Argon2id(hash) => PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
        Secret::ProGet { hash, salt } => {
            let mut computed = vec![0; hash.len()];
            pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password.as_bytes(), &salt, PROGET_ITERATIONS, &mut computed);
            computed.ct_eq(&hash).into()
        }
    });
    verified.await.map_err(|_| ServiceError::Hash)
}
