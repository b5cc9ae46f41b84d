//! Where a provider is, and how it is reached.

use std::{fs, net::IpAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;
use tonic::transport::Uri;

use crate::model::byte_order_mark;

/// How to reach a provider, as it stands in the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// `http://127.0.0.1:7421`, `https://people.example:443` or `unix:/run/people.sock`.
    pub address: String,
    /// Whom the provider's certificate must be from; none: the authorities that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// A certificate to show it, and its key.
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    /// Sent with every call as `authorization: Bearer`.
    pub token_file: Option<PathBuf>,
    /// Passwords in clear text, over a network.
    #[serde(default)]
    pub allow_clear_text: bool,
    /// How long an answer may take.
    #[serde(default = "usual_timeout")]
    pub timeout_ms: u64,
}

const fn usual_timeout() -> u64 {
    3_000
}

/// Number of bytes that the path of a Unix socket may have.
pub const MAX_SOCKET_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// A provider's address, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Unix(PathBuf),
    ClearText(Uri),
    Tls(Uri),
}

/// Why a provider can't be reached like this.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("`{0}` is not an address: write http://HOST:PORT, https://HOST:PORT or unix:PATH")]
    Address(String),
    #[error(
        "`{0}` is in clear text over a network, passwords and all: use https://, or say `allow_clear_text = true`"
    )]
    ClearText(String),
    #[error(
        "`{path}` is too long for a socket: it has {length} bytes, and the system takes {MAX_SOCKET_PATH}",
        path = .0.display(), length = .0.as_os_str().len()
    )]
    SocketPath(PathBuf),
    #[error("`cert_file` and `key_file` belong together")]
    HalfACertificate,
    #[error("`ca_file`, `cert_file` and `key_file` are for https:// addresses")]
    NoTls,
    #[error("`timeout_ms` must be between 10 and 60,000")]
    Timeout,
    #[error("can't read `{path}`: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("TLS to `{address}`: {source}")]
    Tls { address: String, source: tonic::transport::Error },
}

impl ProviderSettings {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// Checks all that can be checked without asking anybody.
    pub(super) fn address(&self) -> Result<Address, SettingsError> {
        if !(10..=60_000).contains(&self.timeout_ms) {
            return Err(SettingsError::Timeout);
        }
        if self.cert_file.is_some() != self.key_file.is_some() {
            return Err(SettingsError::HalfACertificate);
        }
        let malformed = || SettingsError::Address(self.address.clone());
        let address = if let Some(path) = self.address.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(malformed());
            }
            if path.len() > MAX_SOCKET_PATH {
                return Err(SettingsError::SocketPath(path.into()));
            }
            Address::Unix(path.into())
        } else {
            let uri: Uri = self.address.parse().map_err(|_| malformed())?;
            if uri.host().is_none() || uri.port_u16().is_none() || uri.path() != "/" {
                return Err(malformed());
            }
            match uri.scheme_str() {
                Some("https") => Address::Tls(uri),
                Some("http") if self.allow_clear_text || is_loopback(&uri) => Address::ClearText(uri),
                Some("http") => return Err(SettingsError::ClearText(self.address.clone())),
                _ => return Err(malformed()),
            }
        };
        let for_tls = [&self.ca_file, &self.cert_file].iter().any(|file| file.is_some());
        if for_tls && !matches!(address, Address::Tls(_)) {
            return Err(SettingsError::NoTls);
        }
        Ok(address)
    }

    /// The token as its file has it now.
    pub(super) fn token(&self) -> Result<Option<SecretString>, String> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let text = fs::read_to_string(path)
            .map_err(|error| format!("can't read the token in `{}`: {error}", path.display()))?;
        match byte_order_mark::skip(&text).trim() {
            "" => Err(format!("there is no token in `{}`", path.display())),
            token => Ok(Some(token.into())),
        }
    }

    /// What stands in a file that was named.
    pub(super) fn read(path: &PathBuf) -> Result<Vec<u8>, SettingsError> {
        let bytes = fs::read(path).map_err(|source| SettingsError::File { path: path.clone(), source })?;
        Ok(byte_order_mark::skip_in_bytes(&bytes).to_owned())
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("unix:/run/p.sock", "ok"),
            ("unix:///run/p.sock", "ok"),
            ("http://127.0.0.1:1", "ok"),
            ("http://[::1]:1", "ok"),
            ("http://localhost:1", "ok"),
            ("https://people.example:443", "ok"),
            ("http://people.example:80", "clear text"),
            ("http://10.0.0.1:80", "clear text"),
            ("https://people.example", "not an address"),
            ("people.example:80", "not an address"),
            ("https://people.example:443/path", "not an address"),
            ("unix:", "not an address"),
            ("", "not an address"),
        ] {
            let settings: ProviderSettings =
                serde_json::from_value(serde_json::json!({ "address": address })).unwrap();
            let outcome = settings.address().map_or_else(|error| error.to_string(), |_| "ok".to_owned());
            assert!(outcome.contains(expected), "{address}: {outcome}");
        }
    }

    #[test]
    fn what_belongs_together() {
        for (settings, expected) in [
            (serde_json::json!({ "address": "https://p:1", "cert_file": "/c" }), "belong together"),
            (serde_json::json!({ "address": "http://127.0.0.1:1", "ca_file": "/c" }), "are for https"),
            (serde_json::json!({ "address": "http://127.0.0.1:1", "timeout_ms": 1 }), "between 10"),
        ] {
            let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
            let error = settings.address().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
