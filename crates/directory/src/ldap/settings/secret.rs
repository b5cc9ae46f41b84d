//! Where the password of the bind account is. It is read anew for each connection, so that it can be changed while
//! feedgate runs.

use std::path::{Path, PathBuf};

use feedgate_model::byte_order_mark;
use secrecy::SecretString;

use super::InvalidSettings;
use crate::DirectoryError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ldap) enum Secret {
    File(PathBuf),
    Environment(String),
}

impl Secret {
    pub(super) fn written(file: Option<&Path>, env: Option<&str>) -> Result<Self, InvalidSettings> {
        match (file, env) {
            (Some(file), None) => Ok(Self::File(file.into())),
            (None, Some(name)) => Ok(Self::Environment(name.into())),
            (None, None) | (Some(_), Some(_)) => Err(InvalidSettings::Password),
        }
    }

    /// The password. One line break at the end of a file isn't part of it.
    pub(in crate::ldap) async fn read(&self) -> Result<SecretString, DirectoryError> {
        let missing = |why: String| DirectoryError::BindRefused(why.into());
        let (text, place) = match self {
            Self::File(path) => {
                let place = format!("`bind_password_file` `{}`", path.display());
                let text = tokio::fs::read_to_string(path).await;
                (text.map_err(|error| missing(format!("can't read {place}: {error}")))?, place)
            }
            Self::Environment(name) => {
                let place = format!("`bind_password_env` `{name}`");
                // What is in there, if it isn't UTF-8, belongs into no message.
                let text = std::env::var(name);
                (text.map_err(|_| missing(format!("{place} isn't set, or isn't UTF-8")))?, place)
            }
        };
        let password = byte_order_mark::skip(&text);
        let password = password.strip_suffix('\n').unwrap_or(password);
        let password = password.strip_suffix('\r').unwrap_or(password);
        // A server takes an empty one for nobody in particular, and says yes.
        if password.is_empty() {
            return Err(missing(format!("{place} is empty")));
        }
        Ok(SecretString::from(password))
    }
}
