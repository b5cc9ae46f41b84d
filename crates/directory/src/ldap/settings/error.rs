//! Why settings can't be used, in words for the operator.

/// What is wrong, and with which key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    #[error("`{0}` is empty")]
    Empty(&'static str),
    #[error("hosts: name one, as `ldap1.mycompany.corp:636`")]
    NoHosts,
    #[error("hosts: `{host}` {why}: write `ldap1.mycompany.corp:636`")]
    Host { host: String, why: &'static str },
    #[error(
        "encryption: `none` sends passwords in clear text: use `ldaps` or `starttls`, or set `allow_clear_text` to allow it"
    )]
    ClearText,
    #[error("`{key}` has no meaning with encryption `none`")]
    NoTls { key: &'static str },
    #[error("`ca_file` has no meaning when certificates aren't verified: leave `verify_certificates` alone")]
    CaUnused,
    #[error(
        "give the bind account's password with `bind_password_file` or with `bind_password_env`, one of them"
    )]
    Password,
    #[error(
        "a password without an account: name the account, or leave the password out to search anonymously"
    )]
    PasswordOfNobody,
    #[error("{key}: `{text}` isn't a filter of RFC 4515")]
    Filter { key: &'static str, text: String },
    #[error("{key}: `{text}` needs a `%s` where the value goes, as in `(uid=%s)`")]
    NoGap { key: &'static str, text: String },
    #[error("{key}: in `{text}` the `%s` stands where no value can be, as in `(uid=%s)`")]
    Gap { key: &'static str, text: String },
    #[error("{key}: in `{text}` `{attribute}` holds {what}, which `%{expected}` stands for, not `%{found}`")]
    Compared {
        key: &'static str,
        text: String,
        attribute: String,
        found: char,
        expected: char,
        what: &'static str,
    },
    #[error(
        "{key}: in `{text}` `{placeholder}` means nothing: it is for `user_groups_filter`; write `%s` here"
    )]
    OnlyForGroups { key: &'static str, text: String, placeholder: &'static str },
    #[error(
        "id_attribute: `{0}` is binary, as only Active Directory has it: write the table `[directory.active_directory]` \
         instead of `[directory.ldap]`, which takes it by itself and knows disabled accounts, expired ones and primary \
         groups"
    )]
    BinaryId(String),
    #[error(
        "`{0}` is an attribute of Active Directory, where disabled accounts would count as enabled ones here: write the \
         table `[directory.active_directory]` instead of `[directory.ldap]`; or, if it is another server, say with \
         `disabled_filter` which accounts are disabled, as in `(userAccountControl:1.2.840.113556.1.4.803:=2)`"
    )]
    DisabledUnknown(&'static str),
    #[error("{key}: `{text}` isn't the name of an attribute")]
    Attribute { key: &'static str, text: String },
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
    #[error("netbios: `{netbios}` stands for `{domain}`, which isn't a domain of this directory")]
    Netbios { netbios: String, domain: String },
    #[error("account: write `{0}` as `MYCOMPANY\\svc-feeds` or `svc-feeds@mycompany.corp`")]
    Account(String),
    #[error("connections: {0}")]
    Pool(String),
    #[error(
        "domain: `{0}` isn't a DNS name: write it as `mycompany.corp`, or write the `base` of its DNs, too"
    )]
    Domain(String),
}
