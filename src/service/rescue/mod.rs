//! The built-in administrator: a first password, and the way back in for those who have locked themselves out.
//!
//! | File | Holds |
//! |---|---|
//! | `plan` | what it takes to let them in again |
//! | `put_right` | the same, for an operator to read |

mod plan;
mod put_right;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::broadcast::error::RecvError;

use self::plan::Plan;
pub use self::put_right::PutRight;
use super::{DecisionPoint, ServiceError};
use crate::{
    engine::Index,
    model::{
        DirectoryId, Name, NameError, NameKey, UserId,
        edit::{Edit, NewPassword, PrincipalName, SetPassword, Step},
    },
    policy::WriteRequest,
};

/// Who administers a new store, as a member of a group.
const ADMIN: &str = "Admin";
const ADMINISTRATORS: &str = "Administrators";

impl DecisionPoint {
    /// The administrator of a new store, if they are there and never had a password.
    pub async fn admin_without_password(&self) -> Result<Option<UserId>, ServiceError> {
        let Some(admin) = admin(&self.index())? else { return Ok(None) };
        Ok(self.store().credential(admin).await?.is_none().then_some(admin))
    }

    /// The administrator, if they have a password that has to be changed.
    pub async fn admin_to_change_password(&self) -> Result<Option<UserId>, ServiceError> {
        let Some(admin) = admin(&self.index())? else { return Ok(None) };
        let credential = self.store().credential(admin).await?;
        Ok(credential.is_some_and(|credential| credential.must_change).then_some(admin))
    }

    /// Gives the administrator a password that has to be changed at the first sign-in. Makes no revision.
    pub async fn give_admin_password(&self, password: SecretString) -> Result<(), ServiceError> {
        let steps = vec![step(set_password(password)?)];
        self.write(WriteRequest {
            steps,
            expected: None,
            idempotency: None,
            dry_run: false,
            actor: "start".into(),
        })
        .await
        .map(drop)
    }

    /// Returns when the administrator's password has become another one; false if that can't happen any more.
    pub fn admin_password_changed(&self, admin: UserId) -> impl Future<Output = bool> + Send + use<> {
        // Whoever waits for this keeps nothing open.
        let (mut changes, point) = (self.passwords().changed.subscribe(), Arc::downgrade(&self.0));
        async move {
            loop {
                match changes.recv().await {
                    Ok(user) if user == admin => break true,
                    Ok(_) => {}
                    Err(RecvError::Closed) => break false,
                    Err(RecvError::Lagged(_)) => {
                        let Some(inner) = point.upgrade() else { break false };
                        if matches!(DecisionPoint(inner).admin_to_change_password().await, Ok(None)) {
                            break true;
                        }
                    }
                }
            }
        }
    }

    /// Makes sure that the user Admin can sign in with this password and administer, and says what that took. Without
    /// a password nothing is changed, and it says what it would take.
    ///
    /// Restrictions of the user's own and of the group Administrators' own are removed. Restrictions of others stay:
    /// if one of them is in the way, a permission of the user's own defeats it.
    pub async fn reset_admin(&self, password: Option<SecretString>) -> Result<Vec<PutRight>, ServiceError> {
        let index = self.index();
        let Plan { draft: _, mut steps, mut done } = Plan::of(&index)?;
        done.push(PutRight::PasswordSet);
        if let Some(password) = password {
            steps.push(step(set_password(password)?));
            let (expected, actor) = (Some(index.revision()), "reset-admin".into());
            let request = WriteRequest { steps, expected, idempotency: None, dry_run: false, actor };
            self.write(request).await?;
        }
        Ok(done)
    }
}

fn step(edit: Edit) -> Step {
    Step { edit, expected_revision: None }
}

fn invalid(source: NameError) -> ServiceError {
    ServiceError::InvalidName { field: "name", source }
}

fn name(name: &str) -> Result<Name, ServiceError> {
    Name::new(name).map_err(invalid)
}

fn key(name: &str) -> Result<NameKey<'_>, ServiceError> {
    NameKey::new(name).map_err(invalid)
}

fn named(principal: &str) -> Result<PrincipalName, ServiceError> {
    Ok(PrincipalName::built_in(name(principal)?))
}

fn admin(index: &Index) -> Result<Option<UserId>, ServiceError> {
    Ok(index.user_named(DirectoryId::BUILT_IN, &key(ADMIN)?).map(|user| user.id))
}

fn set_password(password: SecretString) -> Result<Edit, ServiceError> {
    let password = NewPassword::Plain(password);
    Ok(Edit::SetPassword(SetPassword { user: named(ADMIN)?, password, must_change: true }))
}
