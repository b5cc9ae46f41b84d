//! Sign-ins.

use secrecy::SecretString;

use super::directory::given;
use crate::{
    directory::Refusal,
    grpc::pb,
    service::sign_in::{Attempt, Login, LoginAnswer, Refused, Why},
};

/// Somebody at the door, with their passwords out of sight.
pub struct WantsIn {
    directory: String,
    name: String,
    password: SecretString,
    new_password: Option<SecretString>,
}

impl WantsIn {
    pub fn login(&self) -> Login<'_> {
        let Self { directory, name, password, new_password } = self;
        Login { directory: given(directory), name, password, new_password: new_password.as_ref() }
    }
}

impl From<pb::VerifyLoginRequest> for WantsIn {
    fn from(request: pb::VerifyLoginRequest) -> Self {
        let pb::VerifyLoginRequest { directory, name, password, new_password } = request;
        let new_password = Some(new_password).filter(|new| !new.is_empty()).map(Into::into);
        Self { directory, name, password: password.into(), new_password }
    }
}

impl From<LoginAnswer> for pb::VerifyLoginResponse {
    fn from(answer: LoginAnswer) -> Self {
        let LoginAnswer { outcome, attempts } = answer;
        let attempts = attempts.into_iter().map(Into::into).collect();
        match outcome {
            Ok(user) => Self { accepted: true, user: Some(user.into()), attempts, ..Self::default() },
            Err(Refused { why, locked_for }) => Self {
                accepted: false,
                user: None,
                refusal: pb::LoginRefusal::from(why).into(),
                // Waits are minutes.
                locked_for: locked_for.and_then(|wait| wait.try_into().ok()),
                attempts,
            },
        }
    }
}

impl From<Attempt> for pb::LoginAttempt {
    fn from(attempt: Attempt) -> Self {
        let Attempt { directory, refused: Refused { why, locked_for: _ } } = attempt;
        Self { directory: directory.to_string(), refusal: pb::LoginRefusal::from(why).into() }
    }
}

impl From<Why> for pb::LoginRefusal {
    fn from(why: Why) -> Self {
        match why {
            Why::NewPasswordUnfit => Self::NewPasswordUnfit,
            Why::Refused(refusal) => match refusal {
                Refusal::UnknownUser => Self::UnknownUser,
                Refusal::WrongPassword => Self::WrongPassword,
                Refusal::EmptyPassword => Self::EmptyPassword,
                Refusal::Disabled => Self::Disabled,
                Refusal::AccountExpired => Self::AccountExpired,
                Refusal::Locked => Self::Locked,
                Refusal::PasswordExpired => Self::PasswordExpired,
                Refusal::PasswordMustChange => Self::PasswordMustChange,
                Refusal::NotPermitted => Self::NotPermitted,
            },
        }
    }
}
