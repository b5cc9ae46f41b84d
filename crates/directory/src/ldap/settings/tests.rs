use super::*;
use crate::ldap::{ActiveDirectory, LdapDirectory};

const LDAP: &str = r#"{
    "domain": "mycompany.corp", "hosts": ["ldap1.mycompany.corp"], "bind_dn": "cn=svc", "bind_password_env": "SECRET",
    "user_base": "ou=people", "group_base": "ou=groups"
}"#;

fn ldap(changes: &[(&str, serde_json::Value)]) -> Result<LdapSettings, serde_json::Error> {
    let mut table: serde_json::Map<String, serde_json::Value> = serde_json::from_str(LDAP).unwrap();
    table.extend(changes.iter().map(|(key, value)| (String::from(*key), value.clone())));
    table.retain(|_, value| !value.is_null());
    serde_json::from_value(table.into())
}

#[track_caller]
fn refused(changes: &[(&str, serde_json::Value)], expected: &str) {
    let error = LdapDirectory::new(&ldap(changes).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_usual() {
    let settings = ldap(&[]).unwrap();
    assert_eq!(settings.encryption, Encryption::Ldaps);
    let server = settings.server("cn=svc", Vec::new()).unwrap();
    assert_eq!(&*server.hosts[0].url, "ldaps://ldap1.mycompany.corp:636");
    LdapDirectory::new(&settings).unwrap();
}

#[test]
fn unknown_keys() {
    assert!(ldap(&[("hots", "x".into())]).unwrap_err().to_string().contains("unknown field `hots`"));
}

#[test]
fn clear_text_takes_two_words() {
    let none = ("encryption", "none".into());
    refused(
        std::slice::from_ref(&none),
        "encryption: `none` sends passwords in clear text: use `ldaps` or `starttls`, or set `allow_clear_text` to allow it",
    );
    LdapDirectory::new(&ldap(&[none.clone(), ("allow_clear_text", true.into())]).unwrap()).unwrap();
    refused(
        &[none, ("allow_clear_text", true.into()), ("verify_certificates", false.into())],
        "`verify_certificates` has no meaning with encryption `none`",
    );
}

#[test]
fn hosts() {
    let host = |text: &str| [("hosts", vec![text].into())];
    refused(&[("hosts", serde_json::json!([]))], "hosts: name one, as `ldap1.mycompany.corp:636`");
    refused(&host("a:b"), "hosts: `a:b` has no port behind its `:`: write `ldap1.mycompany.corp:636`");
    refused(
        &host("ldap://a:1"),
        "hosts: `ldap://a:1` has a scheme, which `encryption` says: write `ldap1.mycompany.corp:636`",
    );
    refused(&host("a/b"), "hosts: `a/b` isn't the name of a host: write `ldap1.mycompany.corp:636`");
}

#[test]
fn filters() {
    let filter = |text: &str| [("user_filter", text.into())];
    refused(&filter("(uid=x)"), "user_filter: `(uid=x)` needs a `%s` where the value goes, as in `(uid=%s)`");
    refused(&filter("(uid=%s"), "user_filter: `(uid=%s` isn't a filter of RFC 4515");
    refused(&filter("uid=%s"), "user_filter: `uid=%s` isn't a filter of RFC 4515");
    refused(
        &filter("(%s=x)"),
        "user_filter: in `(%s=x)` the `%s` stands where no value can be, as in `(uid=%s)`",
    );
    refused(&[("disabled_filter", "x".into())], "disabled_filter: `x` isn't a filter of RFC 4515");
}

#[test]
fn passwords() {
    let both =
        "give the bind account's password with `bind_password_file` or with `bind_password_env`, one of them";
    refused(&[("bind_password_env", ().into())], both);
    refused(&[("bind_password_file", "/x".into())], both);
    refused(
        &[("bind_dn", ().into())],
        "a password without an account: name the account, or leave the password out to search anonymously",
    );
    LdapDirectory::new(&ldap(&[("bind_dn", ().into()), ("bind_password_env", ().into())]).unwrap()).unwrap();
}

#[tokio::test]
async fn a_password_is_what_is_in_its_file() {
    use secrecy::ExposeSecret as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let secret = Secret::File(path.clone());
    for (content, expected) in
        [("a b\n", Some("a b")), ("a\r\n", Some("a")), (" a \n\n", Some(" a \n")), ("\n", None)]
    {
        std::fs::write(&path, content).unwrap();
        let read = secret.read().await;
        assert_eq!(read.as_ref().ok().map(|read| read.expose_secret()), expected, "{content:?}");
        assert!(!format!("{read:?}").contains("a b"));
    }
    std::fs::remove_file(&path).unwrap();
    assert!(secret.read().await.unwrap_err().to_string().contains("bind_password_file"));
}

#[test]
fn netbios_names_are_for_the_own_domain() {
    refused(
        &[("netbios", serde_json::json!({"OTHER": "other.corp"}))],
        "netbios: `OTHER` stands for `other.corp`, which isn't a domain of this directory",
    );
}

#[test]
fn active_directory() {
    let settings = |account: &str, domain: &str| -> ActiveDirectorySettings {
        serde_json::from_value(serde_json::json!({
            "domain": domain, "hosts": ["dc1"], "account": account, "bind_password_env": "SECRET"
        }))
        .unwrap()
    };
    for account in ["MYCOMPANY\\svc", "svc@mycompany.corp"] {
        ActiveDirectory::new(&settings(account, "mycompany.corp")).unwrap();
    }
    let error = |settings| ActiveDirectory::new(&settings).unwrap_err().to_string();
    assert!(
        error(settings("svc", "mycompany.corp"))
            .starts_with("account: write `svc` as `MYCOMPANY\\svc-feeds`")
    );
    assert!(error(settings("a@b", "x=y")).starts_with("domain: `x=y` isn't a DNS name"));
}

#[test]
fn active_directory_in_the_table_of_other_servers() {
    for id in ["objectGUID", "objectguid", "objectSid"] {
        let error =
            LdapDirectory::new(&ldap(&[("id_attribute", id.into())]).unwrap()).unwrap_err().to_string();
        let starts =
            format!("id_attribute: `{id}` is binary, as only Active Directory has it: write the table");
        assert!(error.starts_with(&starts), "{error}");
    }
    let users = ("user_filter", "(&(objectClass=user)(samaccountname=%s))".into());
    let id = ("id_attribute", "objectGUIDText".into());
    let error = LdapDirectory::new(&ldap(&[users.clone(), id.clone()]).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("`sAMAccountName` is an attribute of Active Directory"), "{error}");
    let disabled = ("disabled_filter", "(userAccountControl:1.2.840.113556.1.4.803:=2)".into());
    LdapDirectory::new(&ldap(&[users, id, disabled]).unwrap()).unwrap();
}

#[test]
fn placeholders_where_they_mean_nothing() {
    for key in ["user_filter", "group_filter", "members_filter"] {
        refused(
            &[(key, "(|(cn=%s)(memberUid=%u))".into())],
            &format!(
                "{key}: in `(|(cn=%s)(memberUid=%u))` `%u` means nothing: it is for `user_groups_filter`; write `%s` here"
            ),
        );
    }
    refused(
        &[("user_groups_filter", "(memberUid=%s)".into())],
        "user_groups_filter: in `(memberUid=%s)` `memberUid` holds login names, which `%u` stands for, not `%s`",
    );
    LdapDirectory::new(&ldap(&[("members_filter", "".into())]).unwrap()).unwrap();
}
