//! One host of a directory.

use std::fmt;

use super::{Encryption, InvalidSettings};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ldap) struct Host {
    pub(in crate::ldap) name: Box<str>,
    pub(in crate::ldap) port: u16,
    /// `ldaps://name:port`.
    pub(in crate::ldap) url: Box<str>,
}

impl Host {
    /// Takes `name:port` apart; the port may be left out.
    pub(super) fn parse(text: &str, encryption: Encryption) -> Result<Self, InvalidSettings> {
        let wrong = |why| InvalidSettings::Host { host: text.to_owned(), why };
        if text.contains("://") {
            return Err(wrong("has a scheme, which `encryption` says"));
        }
        let usual = if encryption == Encryption::Ldaps { 636 } else { 389 };
        let (name, port) = match text.rsplit_once(':') {
            None => (text, usual),
            Some((name, port)) => {
                let port = port.parse().ok().filter(|port| *port != 0);
                (name, port.ok_or_else(|| wrong("has no port behind its `:`"))?)
            }
        };
        if name.contains(['[', ']', ':']) {
            // The name in a certificate is compared with what stands here, and the LDAP client can't do that with one.
            return Err(wrong("is an IPv6 address, which needs a name here"));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if name.is_empty() || !name.chars().all(fits) {
            return Err(wrong("isn't the name of a host"));
        }
        let scheme = if encryption == Encryption::Ldaps { "ldaps" } else { "ldap" };
        Ok(Self { name: name.into(), port, url: format!("{scheme}://{name}:{port}").into() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}
