//! Active Directory, as Samba has it: the suite, and what is peculiar to it.

use feedgate::directory::{
    Account, DirectoryError, Key, Probe, Qualified, Refusal, SignIn, UserDirectory as _, trace::Trace,
};
use secrecy::SecretString;
use serde_json::json;

use super::conformance::{Admin, World, suite};
use crate::support::directories::{PASSWORD, Samba};

impl Admin for Samba {
    fn add_user(&self, name: &str) {
        self.remove_user(name);
        // "Secret-123", quoted, in UTF-16.
        let password = "IgBTAGUAYwByAGUAdAAtADEAMgAzACIA";
        self.change(&format!(
            "dn: CN={name},OU=Staff,DC=mycompany,DC=corp\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\n\
             userAccountControl: 66048\nunicodePwd:: {password}\n"
        ));
    }

    fn remove_user(&self, name: &str) {
        self.change(&format!("dn: CN={name},OU=Staff,DC=mycompany,DC=corp\nchangetype: delete\n"));
    }

    fn add_group(&self, name: &str, member: &str, later: &str) {
        for name in [name, later] {
            self.change(&format!("dn: CN={name},OU=Groups,DC=mycompany,DC=corp\nchangetype: delete\n"));
        }
        self.change(&format!(
            "dn: CN={name},OU=Groups,DC=mycompany,DC=corp\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n\
             member: CN={member},OU=Staff,DC=mycompany,DC=corp\n"
        ));
    }

    fn rename_group(&self, from: &str, to: &str) {
        self.change(&format!(
            "dn: CN={from},OU=Groups,DC=mycompany,DC=corp\nchangetype: modrdn\nnewrdn: CN={to}\ndeleteoldrdn: 1\n\n\
             dn: CN={to},OU=Groups,DC=mycompany,DC=corp\nchangetype: modify\nreplace: sAMAccountName\n\
             sAMAccountName: {to}\n"
        ));
    }
}

#[tokio::test]
async fn conforms() {
    let server = Samba::shared();
    let world = World {
        password: PASSWORD,
        odd: &["odd1", "(paren)", "müller"],
        // Nobody is listed as a member of the primary group, and it is in `Users` and in a distribution group.
        everybodys: &["Domain Users", "Users", "domain-news"],
        more_of_jdoe: &["news"],
        more_of_asmith: &["news"],
        disabled: "disabled",
        nobodys_id: "00000000-0000-4000-8000-000000000000",
        no_id: "jdoe",
        admin: &server,
    };
    suite(&server.directory(json!({})), &world).await;
}

/// A first sight costs one query for the person, and three for all their groups, however deep they are.
#[tokio::test]
async fn what_a_first_sight_costs() {
    let directory = Samba::shared().directory(json!({}));
    let mut trace = Trace::default();
    directory.test(&Probe { user: Some("jdoe"), group: None, search: None }, &mut trace).await;
    let asked = trace.steps.iter().map(|step| (step.name, step.asked.lines().count()));
    assert_eq!(asked.collect::<Vec<_>>(), [("connect", 1), ("bind", 1), ("user", 1), ("membership", 3)]);
}

#[tokio::test]
async fn accounts() {
    let directory = Samba::shared().directory(json!({}));
    for (name, account) in
        [("jdoe", Account::Enabled), ("disabled", Account::Disabled), ("expired", Account::Expired)]
    {
        let person = directory.find_user(Key::Name(name)).await.unwrap().unwrap();
        assert_eq!(person.account, account, "{name}");
    }
}

#[tokio::test]
async fn refusals() {
    let directory = Samba::shared().directory(json!({}));
    let right = SecretString::from(PASSWORD);
    for (name, refusal) in [
        ("disabled", Refusal::Disabled),
        ("expired", Refusal::AccountExpired),
        ("mustchange", Refusal::PasswordMustChange),
    ] {
        let answer = directory.sign_in(Key::Name(name), &right).await;
        assert_eq!(answer, Ok(SignIn::Refused(refusal)), "{name}");
    }
    // Three are too many.
    let key = Key::Name("locked");
    for _ in 0..4 {
        let answer = directory.sign_in(key, &SecretString::from("wrong")).await.unwrap();
        assert!(matches!(answer, SignIn::Refused(Refusal::WrongPassword | Refusal::Locked)), "{answer:?}");
    }
    assert_eq!(directory.sign_in(key, &right).await, Ok(SignIn::Refused(Refusal::Locked)));
    // They can't sign in now, but they may be used all the same.
    let person = directory.find_user(key).await.unwrap().unwrap();
    assert_eq!(person.account, Account::Enabled);
}

#[tokio::test]
async fn names_with_domains() {
    let directory = Samba::shared().directory(json!({}));
    let find = async |whole| directory.find_user(Key::Qualified(Qualified::parse(whole).unwrap())).await;
    let asmith = directory.find_user(Key::Name("asmith")).await.unwrap().unwrap();
    // By the name that she has for it, in a domain of her own; and by her account in the directory's.
    assert_eq!(find("alice.smith@mycompany.com").await, Ok(Some(asmith.clone())));
    assert_eq!(find("asmith@mycompany.corp").await, Ok(Some(asmith.clone())));
    assert_eq!(find("mycompany\\asmith").await, Ok(Some(asmith)));
    for nobody in ["asmith@mycompany.com", "alice.smith@mycompany.corp", "OTHER\\asmith", "asmith@other.corp"]
    {
        assert_eq!(find(nobody).await, Ok(None), "{nobody}");
    }
}

#[tokio::test]
async fn managed_service_accounts_on_request() {
    let server = Samba::shared();
    let key = Key::Name("svc-gmsa$");
    assert_eq!(server.directory(json!({})).find_user(key).await, Ok(None));
    let directory = server.directory(json!({"managed_service_accounts": true}));
    assert_eq!(&*directory.find_user(key).await.unwrap().unwrap().name, "svc-gmsa$");
}

#[tokio::test]
async fn parts_that_are_elsewhere() {
    let directory = Samba::shared().directory(json!({"ignore_referrals": []}));
    let answer = directory.find_user(Key::Name("jdoe")).await;
    assert!(
        matches!(&answer, Err(DirectoryError::Incomplete(why)) if why.contains("CN=Configuration")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn bind_accounts() {
    let server = Samba::shared();
    let directory = server.directory(json!({"account": "svc-feeds@mycompany.corp"}));
    assert!(directory.find_user(Key::Name("jdoe")).await.unwrap().is_some());
    let directory = server.directory(json!({"account": "MYCOMPANY\\nobody"}));
    let answer = directory.find_user(Key::Name("jdoe")).await;
    assert!(matches!(&answer, Err(DirectoryError::BindRefused(_))), "{answer:?}");
    // A domain controller takes no password in clear text.
    let clear = json!({"encryption": "none", "allow_clear_text": true, "ca_file": null});
    let answer = server.directory(clear).find_user(Key::Name("jdoe")).await;
    assert!(matches!(&answer, Err(DirectoryError::BindRefused(why)) if why.contains("(8)")), "{answer:?}");
}

/// Groups have a name for older clients and one that administrators see. Either finds a group, and two that it finds are
/// none.
#[tokio::test]
async fn groups_by_any_of_their_names() {
    let server = Samba::shared();
    let directory = server.directory(json!({}));
    let group = |cn: &str, name: &str| {
        let dn = format!("CN={cn},OU=Groups,DC=mycompany,DC=corp");
        server.change(&format!("dn: {dn}\nchangetype: delete\n"));
        server.change(&format!("dn: {dn}\nchangetype: add\nobjectClass: group\nsAMAccountName: {name}\n"));
    };
    group("Zz Build Team\\, EU", "zz-bt-eu");
    group("zz-first", "zz-second");
    group("zz-second", "zz-third");
    let build_team = directory.find_group(Key::Name("zz-bt-eu")).await.unwrap().unwrap();
    let qualified = Qualified::parse("Zz Build Team, EU@mycompany.corp").unwrap();
    for key in [Key::Name("Zz Build Team, EU"), Key::Qualified(qualified), Key::Id(&build_team.id)] {
        assert_eq!(directory.find_group(key).await, Ok(Some(build_team.clone())), "{key:?}");
    }
    for (name, found) in [("zz-first", true), ("zz-third", true), ("Zz Bulid Team, EU", false)] {
        assert_eq!(directory.find_group(Key::Name(name)).await.unwrap().is_some(), found, "{name}");
    }
    let ambiguous = directory.find_group(Key::Name("zz-second")).await;
    assert_eq!(ambiguous, Err(DirectoryError::NotUnique("zz-second".into())));
    let elsewhere = Qualified::parse("zz-third@other.corp").unwrap();
    assert_eq!(directory.find_group(Key::Qualified(elsewhere)).await, Ok(None));
}
