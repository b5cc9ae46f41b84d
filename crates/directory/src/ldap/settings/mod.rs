//! What an operator writes: the tables `[directory.ldap]` and `[directory.active_directory]`.
//!
//! The two have much in common, and the same word means the same in both. What was written is checked when a driver is
//! made of it, before anything is asked of a server.
//!
//! | File | Holds |
//! |---|---|
//! | `server` | how a server is reached, checked |
//! | `host` | one host |
//! | `secret` | where the password of the bind account is |
//! | `template` | a filter with a gap for a value |
//! | `memberships` | the filter for the groups of a user |
//! | `error` | why settings can't be used |

mod error;
mod host;
mod memberships;
mod secret;
mod server;
mod template;

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

pub use error::InvalidSettings;
pub(super) use host::Host;
pub(super) use memberships::Memberships;
pub(super) use secret::Secret;
pub(super) use server::{BindAccount, Server};
pub(super) use template::{Template, filter};

/// How a connection is kept from being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte, usually on port 636.
    #[default]
    Ldaps,
    /// TLS after a request for it, usually on port 389. If that is refused, nothing else is said.
    StartTls,
    /// Passwords in clear text. Needs `allow_clear_text`, too.
    None,
}

/// Gives a table the keys that both kinds have.
macro_rules! table {
    ($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The DNS domain whose users these are, as in `jdoe@mycompany.corp`.
            pub domain: String,
            /// NETBIOS names and the domains that they stand for, as in `MYCOMPANY\jdoe`.
            #[serde(default)]
            pub netbios: BTreeMap<String, String>,
            /// `host:port` or `host`, in the order in which they are tried.
            #[serde(default)]
            pub hosts: Vec<String>,
            #[serde(default)]
            pub encryption: Encryption,
            #[serde(default)]
            pub allow_clear_text: bool,
            /// Certificates of the authorities that are trusted, in PEM. The system's, if there is none.
            pub ca_file: Option<PathBuf>,
            #[serde(default = "yes")]
            pub verify_certificates: bool,
            /// A file with the password of the bind account, read again for each new connection.
            pub bind_password_file: Option<PathBuf>,
            /// The environment variable with the password of the bind account.
            pub bind_password_env: Option<String>,
            /// How long it may take to reach a host, TLS included.
            #[serde(default = "connect_timeout")]
            pub connect_timeout_ms: u64,
            /// How long one request may take: a bind, one page of a search.
            #[serde(default = "request_timeout")]
            pub request_timeout_ms: u64,
            /// How long all the requests for one answer may take.
            #[serde(default = "operation_timeout")]
            pub operation_timeout_ms: u64,
            /// How many connections are kept for searches.
            #[serde(default = "connections")]
            pub connections: u16,
            /// How many entries are asked for at once; 0 for servers that know no pages.
            #[serde(default = "page_size")]
            pub page_size: u16,
            /// A person with more groups than that is an error.
            #[serde(default = "max_groups")]
            pub max_groups: usize,
            $($own)*
        }

        impl $name {
            /// How the server is reached, with the account that searches.
            pub(super) fn server(&self, account: &str, ignored: Vec<String>) -> Result<Server, InvalidSettings> {
                server::check(server::Written {
                    domain: &self.domain,
                    hosts: &self.hosts,
                    encryption: self.encryption,
                    allow_clear_text: self.allow_clear_text,
                    ca_file: self.ca_file.as_deref(),
                    verify_certificates: self.verify_certificates,
                    account,
                    password_file: self.bind_password_file.as_deref(),
                    password_env: self.bind_password_env.as_deref(),
                    timeouts_ms: [self.connect_timeout_ms, self.request_timeout_ms, self.operation_timeout_ms],
                    connections: self.connections,
                    page_size: self.page_size,
                    ignored,
                })
            }
        }
    };
}

table! {
    /// `[directory.ldap]`: OpenLDAP, and others that keep to the standards.
    ///
    /// In the filters `%s` stands for a value, which is escaped.
    pub struct LdapSettings {
        /// Nobody, if it is empty: searches are anonymous then.
        #[serde(default)]
        pub bind_dn: String,
        /// Where users are searched for.
        pub user_base: String,
        /// Where groups are searched for.
        pub group_base: String,
        /// Users; `%s` is a name.
        #[serde(default = "user_filter")]
        pub user_filter: String,
        /// The groups of a user or of a group; `%s` is their DN, `%u` the login name of a user, `%g` the `gidNumber` of a
        /// user.
        #[serde(default = "user_groups_filter")]
        pub user_groups_filter: String,
        /// Groups; `%s` is a name.
        #[serde(default = "group_filter")]
        pub group_filter: String,
        /// The users of a group, for tests of a directory; `%s` is its DN. Not looked for, if it is empty.
        #[serde(default = "members_filter")]
        pub members_filter: String,
        /// Users who match it may not be used, such as `(pwdAccountLockedTime=000001010000Z)`.
        pub disabled_filter: Option<String>,
        /// What is immutable and never used twice, of users and groups.
        #[serde(default = "entry_uuid")]
        pub id_attribute: String,
        #[serde(default = "uid")]
        pub user_name_attribute: String,
        #[serde(default = "cn")]
        pub display_name_attribute: String,
        #[serde(default = "mail")]
        pub email_attribute: String,
        #[serde(default = "cn")]
        pub group_name_attribute: String,
        /// How the URLs of continuation references begin that are known to lead nowhere.
        #[serde(default)]
        pub ignore_referrals: Vec<String>,
    }
}

table! {
    /// `[directory.active_directory]`: one domain of Active Directory.
    pub struct ActiveDirectorySettings {
        /// `MYCOMPANY\svc-feeds` or `svc-feeds@mycompany.corp`.
        pub account: String,
        /// The domain's own, such as `DC=mycompany,DC=corp`, unless it is written.
        pub base: Option<String>,
        /// Further domains of `userPrincipalName`s, as in `jdoe@mycompany.com`.
        #[serde(default)]
        pub upn_suffixes: Vec<String>,
        /// Whether group managed service accounts count as users, too.
        #[serde(default)]
        pub managed_service_accounts: bool,
        /// How the URLs of continuation references begin that are known to lead nowhere. The partitions of the domain
        /// that hold no users (configuration, schema, DNS), unless it is written.
        pub ignore_referrals: Option<Vec<String>>,
    }
}

fn yes() -> bool {
    true
}

fn connect_timeout() -> u64 {
    3_000
}

fn request_timeout() -> u64 {
    5_000
}

fn operation_timeout() -> u64 {
    10_000
}

fn connections() -> u16 {
    4
}

fn page_size() -> u16 {
    500
}

fn max_groups() -> usize {
    10_000
}

fn user_filter() -> String {
    "(&(objectClass=inetOrgPerson)(uid=%s))".into()
}

fn user_groups_filter() -> String {
    "(|(&(objectClass=groupOfNames)(member=%s))(&(objectClass=groupOfUniqueNames)(uniqueMember=%s)))".into()
}

fn group_filter() -> String {
    "(&(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))(cn=%s))".into()
}

fn members_filter() -> String {
    "(&(objectClass=inetOrgPerson)(memberof=%s))".into()
}

fn entry_uuid() -> String {
    "entryUUID".into()
}

fn uid() -> String {
    "uid".into()
}

fn cn() -> String {
    "cn".into()
}

fn mail() -> String {
    "mail".into()
}

#[cfg(test)]
mod tests;
