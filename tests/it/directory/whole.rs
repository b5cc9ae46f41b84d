//! An answer is whole, or it is an error.

use feedgate::directory::{DirectoryError, Key, UserDirectory as _};
use serde_json::{Value, json};

use crate::support::directories::OpenLdap;

const LIMITED: &str = "cn=svc-limited,ou=services,dc=mycompany,dc=corp";
const MANY: &str = "ou=many,dc=mycompany,dc=corp";

async fn incomplete(changes: Value, expected: &str) {
    let answer = OpenLdap::shared().directory(changes.clone()).find_user(Key::Name("busy")).await;
    assert!(
        matches!(&answer, Err(DirectoryError::Incomplete(why)) if why.contains(expected)),
        "{changes}: {answer:?}"
    );
}

#[tokio::test]
async fn many_users_page_by_page() {
    let server = OpenLdap::shared();
    for page_size in [100, 500] {
        let directory = server.directory(json!({"user_base": MANY, "page_size": page_size}));
        let found = directory.search("u", 2_000).await.unwrap();
        let names: Vec<_> = found.iter().map(|found| found.name.to_string()).collect();
        let expected: Vec<_> = (1..=1_200).map(|number| format!("u{number:05}")).collect();
        assert_eq!(names[..1_200], expected);
    }
}

#[tokio::test]
async fn many_groups_page_by_page() {
    let directory = OpenLdap::shared().directory(json!({"group_base": MANY}));
    let person = directory.find_user(Key::Name("busy")).await.unwrap().unwrap();
    assert_eq!(person.groups.len(), 1_200);
}

#[tokio::test]
async fn limits() {
    // The server's for an answer without pages, and for all the pages of one.
    incomplete(json!({"group_base": MANY, "page_size": 0}), "size limit exceeded (4)").await;
    incomplete(json!({"group_base": MANY, "bind_dn": LIMITED, "page_size": 50}), "limit exceeded").await;
    // Ours.
    incomplete(json!({"group_base": MANY, "max_groups": 1_199}), "more than 1199").await;
    let enough = OpenLdap::shared().directory(json!({"group_base": MANY, "max_groups": 1_200}));
    assert!(enough.find_user(Key::Name("busy")).await.unwrap().is_some());
}

#[tokio::test]
async fn parts_that_are_elsewhere() {
    let base = json!({"group_base": "dc=mycompany,dc=corp", "page_size": 500});
    incomplete(base, "ldap://partners.test/ou=partners,dc=partners,dc=test").await;
    let directory = OpenLdap::shared().directory(json!({
        "group_base": "dc=mycompany,dc=corp", "ignore_referrals": ["ldap://PARTNERS.test/"]
    }));
    let person = directory.find_user(Key::Name("busy")).await.unwrap().unwrap();
    assert_eq!(person.groups.len(), 1_200);
    // Another one isn't that one.
    incomplete(
        json!({"group_base": "dc=mycompany,dc=corp", "ignore_referrals": ["ldap://partners.test/ou=other"]}),
        "ldap://partners.test/",
    )
    .await;
    // The base itself is elsewhere.
    incomplete(json!({"group_base": "ou=elsewhere,ou=partners,dc=mycompany,dc=corp"}), "it refers to").await;
}

#[tokio::test]
async fn a_base_that_is_not_there() {
    incomplete(json!({"group_base": "ou=gone,dc=mycompany,dc=corp"}), "no such object (32)").await;
}
