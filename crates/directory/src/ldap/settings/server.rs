//! How a server is reached, checked.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Encryption, Host, InvalidSettings, Secret};

/// How a server is reached.
#[derive(Clone, Debug)]
pub(in crate::ldap) struct Server {
    /// At least one.
    pub(in crate::ldap) hosts: Box<[Host]>,
    pub(in crate::ldap) encryption: Encryption,
    pub(in crate::ldap) ca_file: Option<PathBuf>,
    pub(in crate::ldap) verify_certificates: bool,
    /// None searches as nobody in particular.
    pub(in crate::ldap) account: Option<BindAccount>,
    /// How long it may take to reach a host.
    pub(in crate::ldap) connect_timeout: Duration,
    /// How long one request may take.
    pub(in crate::ldap) request_timeout: Duration,
    /// How long all of an answer may take.
    pub(in crate::ldap) operation_timeout: Duration,
    pub(in crate::ldap) connections: usize,
    /// None doesn't ask for pages.
    pub(in crate::ldap) page_size: Option<u16>,
    /// How URLs of continuation references begin that count for nothing, in lower case.
    pub(in crate::ldap) ignored: Box<[Box<str>]>,
}

/// The account that searches.
#[derive(Clone, Debug)]
pub(in crate::ldap) struct BindAccount {
    pub(in crate::ldap) name: Box<str>,
    pub(in crate::ldap) secret: Secret,
}

/// The keys that both tables have, as they were written.
pub(super) struct Written<'a> {
    pub(super) domain: &'a str,
    pub(super) hosts: &'a [String],
    pub(super) encryption: Encryption,
    pub(super) allow_clear_text: bool,
    pub(super) ca_file: Option<&'a Path>,
    pub(super) verify_certificates: bool,
    pub(super) account: &'a str,
    pub(super) password_file: Option<&'a Path>,
    pub(super) password_env: Option<&'a str>,
    pub(super) timeouts_ms: [u64; 3],
    pub(super) connections: u16,
    pub(super) page_size: u16,
    pub(super) ignored: Vec<String>,
}

pub(super) fn check(written: Written<'_>) -> Result<Server, InvalidSettings> {
    if written.domain.is_empty() {
        return Err(InvalidSettings::Empty("domain"));
    }
    encryption(&written)?;
    let hosts = written.hosts.iter().map(|host| Host::parse(host, written.encryption));
    let hosts: Box<[Host]> = hosts.collect::<Result<_, _>>()?;
    if hosts.is_empty() {
        return Err(InvalidSettings::NoHosts);
    }
    let [connect, request, operation] = written.timeouts_ms;
    let at_least_one = [
        ("connect_timeout_ms", connect),
        ("request_timeout_ms", request),
        ("operation_timeout_ms", operation),
        ("connections", written.connections.into()),
    ];
    if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
        return Err(InvalidSettings::Zero(key));
    }
    if written.ignored.iter().any(String::is_empty) {
        // It would be the beginning of every URL.
        return Err(InvalidSettings::Empty("ignore_referrals"));
    }
    Ok(Server {
        hosts,
        encryption: written.encryption,
        ca_file: written.ca_file.map(Into::into),
        verify_certificates: written.verify_certificates,
        account: account(&written)?,
        connect_timeout: Duration::from_millis(connect),
        request_timeout: Duration::from_millis(request),
        operation_timeout: Duration::from_millis(operation),
        connections: written.connections.into(),
        page_size: Some(written.page_size).filter(|size| *size > 0),
        ignored: written.ignored.iter().map(|url| url.to_ascii_lowercase().into()).collect(),
    })
}

fn encryption(written: &Written<'_>) -> Result<(), InvalidSettings> {
    if written.encryption == Encryption::None {
        if !written.allow_clear_text {
            return Err(InvalidSettings::ClearText);
        }
        if written.ca_file.is_some() {
            return Err(InvalidSettings::NoTls { key: "ca_file" });
        }
        if !written.verify_certificates {
            return Err(InvalidSettings::NoTls { key: "verify_certificates" });
        }
    }
    if !written.verify_certificates && written.ca_file.is_some() {
        return Err(InvalidSettings::CaUnused);
    }
    Ok(())
}

fn account(written: &Written<'_>) -> Result<Option<BindAccount>, InvalidSettings> {
    let Written { account, password_file, password_env, .. } = *written;
    if account.is_empty() {
        return match (password_file, password_env) {
            (None, None) => Ok(None),
            _ => Err(InvalidSettings::PasswordOfNobody),
        };
    }
    let secret = Secret::written(password_file, password_env)?;
    Ok(Some(BindAccount { name: account.into(), secret }))
}
