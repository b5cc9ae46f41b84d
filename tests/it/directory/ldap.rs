//! OpenLDAP: the suite, and what is peculiar to it.

use feedgate::directory::{Account, DirectoryError, Key, Qualified, UserDirectory as _};
use serde_json::json;

use super::conformance::{Admin, World, suite};
use crate::support::directories::{OpenLdap, PASSWORD};

impl Admin for OpenLdap {
    fn add_user(&self, name: &str) {
        self.remove_user(name);
        self.change(&format!(
            "dn: uid={name},ou=people,dc=mycompany,dc=corp\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {name}\n\
             cn: {name}\nsn: x\nuserPassword: {PASSWORD}\n"
        ));
    }

    fn remove_user(&self, name: &str) {
        self.change(&format!("dn: uid={name},ou=people,dc=mycompany,dc=corp\nchangetype: delete\n"));
    }

    fn add_group(&self, name: &str, member: &str, later: &str) {
        for name in [name, later] {
            self.change(&format!("dn: cn={name},ou=groups,dc=mycompany,dc=corp\nchangetype: delete\n"));
        }
        self.change(&format!(
            "dn: cn={name},ou=groups,dc=mycompany,dc=corp\nchangetype: add\nobjectClass: groupOfNames\n\
             member: uid={member},ou=people,dc=mycompany,dc=corp\n"
        ));
    }

    fn rename_group(&self, from: &str, to: &str) {
        self.change(&format!(
            "dn: cn={from},ou=groups,dc=mycompany,dc=corp\nchangetype: modrdn\nnewrdn: cn={to}\ndeleteoldrdn: 1\n"
        ));
    }
}

#[tokio::test]
async fn conforms() {
    let server = OpenLdap::shared();
    let long = "n".repeat(200);
    let world = World {
        password: PASSWORD,
        odd: &["star*", "(paren)", "back\\slash", "comma, name", "müller", &long],
        everybodys: &[],
        more_of_jdoe: &[],
        more_of_asmith: &["unique"],
        disabled: "disabled",
        nobodys_id: "00000000-0000-4000-8000-000000000000",
        no_id: "jdoe",
        admin: &server,
    };
    suite(&server.directory(json!({})), &world).await;
    let port = server.port();
    let starttls = json!({"encryption": "starttls", "hosts": [format!("localhost:{port}")], "page_size": 2});
    suite(&server.directory(starttls), &world).await;
}

#[tokio::test]
async fn two_of_a_name_are_nobody() {
    let directory = OpenLdap::shared().directory(json!({}));
    assert_eq!(directory.find_user(Key::Name("twin")).await, Err(DirectoryError::NotUnique("twin".into())));
}

#[tokio::test]
async fn without_a_filter_nobody_is_disabled() {
    let directory = OpenLdap::shared().directory(json!({"disabled_filter": null}));
    let person = directory.find_user(Key::Name("disabled")).await.unwrap().unwrap();
    assert_eq!(person.account, Account::Enabled);
}

/// Nobody may be made of half an answer: an attribute that the bind account may not see.
#[tokio::test]
async fn an_identity_that_is_not_there() {
    let directory = OpenLdap::shared().directory(json!({"id_attribute": "employeeNumber"}));
    let answer = directory.find_user(Key::Name("jdoe")).await;
    assert!(
        matches!(&answer, Err(DirectoryError::Malformed(why)) if why.contains("employeeNumber")),
        "{answer:?}"
    );
}

/// A first sight costs a query for the person and one for each ring of groups around them.
#[tokio::test]
async fn what_a_first_sight_costs() {
    let server = OpenLdap::own("server");
    let directory = server.directory(json!({"disabled_filter": null}));
    let (searches, binds) = (server.searches(), server.binds());
    directory.find_user(Key::Name("jdoe")).await.unwrap().unwrap();
    // jdoe; developers, ring-a; everybody, ring-c; ring-b; and ring-a once more, which is known.
    assert_eq!(server.searches() - searches, 5);
    assert_eq!(server.binds() - binds, 1);
    // The connection stays.
    directory.find_user(Key::Name("jdoe")).await.unwrap().unwrap();
    assert_eq!(server.searches() - searches, 10);
    assert_eq!(server.binds() - binds, 1);
}

/// A name with a domain is looked for as a whole, too. Two users of these names are nobody.
#[tokio::test]
async fn login_names_that_are_email_addresses() {
    let server = OpenLdap::own("server");
    let directory = server.directory(json!({}));
    let whole = "kim@mycompany.corp";
    let find = || directory.find_user(Key::Qualified(Qualified::parse(whole).unwrap()));
    assert_eq!(find().await, Ok(None));
    server.add_user(whole);
    let kim = find().await.unwrap().unwrap();
    assert_eq!(&*kim.name, whole);
    assert_eq!(directory.find_user(Key::Name(whole)).await, Ok(Some(kim)));
    server.add_user("kim");
    assert_eq!(find().await, Err(DirectoryError::NotUnique(whole.into())));
    server.remove_user(whole);
    assert_eq!(&*find().await.unwrap().unwrap().name, "kim");
}

/// Groups of login names, and primary groups, beside groups of DNs that contain one another.
#[tokio::test]
async fn posix_groups() {
    let server = OpenLdap::own("server");
    let posix = |name: &str, number: u32, member: &str| {
        server.change(&format!(
            "dn: cn={name},ou=groups,dc=mycompany,dc=corp\nchangetype: add\nobjectClass: posixGroup\n\
             gidNumber: {number}\nmemberUid: {member}\n"
        ));
    };
    posix("builders", 5001, "jdoe");
    posix("staff", 5002, "nobody");
    posix("others", 5003, "asmith");
    server.change(
        "dn: uid=jdoe,ou=people,dc=mycompany,dc=corp\nchangetype: modify\nadd: objectClass\n\
         objectClass: posixAccount\n-\nadd: uidNumber\nuidNumber: 1\n-\nadd: gidNumber\ngidNumber: 5002\n-\n\
         add: homeDirectory\nhomeDirectory: /\n",
    );
    let groups = async |filter: &str, name: &str| {
        let group_filter = "(&(|(objectClass=groupOfNames)(objectClass=posixGroup))(cn=%s))";
        let directory = server.directory(json!({
            "user_groups_filter": filter, "group_filter": group_filter, "members_filter": ""
        }));
        let person = directory.find_user(Key::Name(name)).await.unwrap().unwrap();
        for group in &person.groups {
            assert_eq!(directory.find_group(Key::Id(&group.id)).await, Ok(Some(group.clone())));
        }
        let mut names: Vec<_> = person.groups.iter().map(|group| group.name.clone().unwrap()).collect();
        names.sort();
        names.join(" ")
    };
    let by_name = "(&(objectClass=posixGroup)(memberUid=%u))";
    assert_eq!(groups(by_name, "jdoe").await, "builders");
    assert_eq!(groups(by_name, "asmith").await, "others");
    assert_eq!(groups(by_name, "busy").await, "");
    let primary = "(&(objectClass=posixGroup)(|(memberUid=%u)(gidNumber=%g)))";
    assert_eq!(groups(primary, "jdoe").await, "builders staff");
    assert_eq!(groups(primary, "asmith").await, "others");
    let all = format!("(|(&(objectClass=groupOfNames)(member=%s)){primary})");
    assert_eq!(groups(&all, "jdoe").await, "builders developers everybody ring-a ring-b ring-c staff");
    assert_eq!(groups(&all, "asmith").await, "developers everybody leads others");
}
