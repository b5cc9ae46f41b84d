//! Three directories at once, seen from the wire: the built-in one, OpenLDAP and Active Directory. Who is meant, who may
//! come in, and what becomes of decisions when a server stops, hangs, comes back or is somebody else.

use std::{collections::BTreeMap, fs, time::Duration};

use feedgate::grpc::pb;
use tonic::Code;

use crate::support::{
    ask::{batch, feed, item},
    directories::{OpenLdap, PASSWORD, Samba},
    server::Server,
};

const POLICY: &str = "
version: 1
directories:
  - {name: ldap.example, domains: [ldap.example]}
  - {name: mycompany.corp, domains: [mycompany.corp]}
users:
  - {name: jdoe}
feeds:
  - {name: f, type: npm}
  - {name: g, type: npm}
grants:
  - {permit: View & Download Packages, to: {group: everybody, directory: ldap.example}, scope: all}
  - {permit: View & Download Packages, to: {group: odd, directory: ldap.example}, scope: all}
  - {restrict: View & Download Packages, to: {group: leads, directory: ldap.example}, scope: {feed: g}}
  - {restrict: View & Download Packages, to: {group: ring-c, directory: ldap.example}, scope: {feed: g}}
  - {permit: View & Download Packages, to: {group: everybody, directory: mycompany.corp}, scope: {feed: f}}
";

/// A server that asks both, and asks again after so many seconds.
fn server(ldap: &OpenLdap, samba: &Samba, refresh: u32, usable: u32) -> Server {
    let config = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let text = format!(
        "
[[directory]]
name = 'ldap.example'
refresh_seconds = {refresh}
usable_seconds = {usable}
[directory.ldap]
domain = 'ldap.example'
hosts = ['localhost:{}']
ca_file = '{}'
bind_dn = 'cn=svc-feeds,ou=services,dc=mycompany,dc=corp'
bind_password_file = '{}'
user_base = 'ou=people,dc=mycompany,dc=corp'
group_base = 'ou=groups,dc=mycompany,dc=corp'
disabled_filter = '(employeeType=disabled)'
connect_timeout_ms = 1000
request_timeout_ms = 1000
operation_timeout_ms = 3000

[[directory]]
name = 'mycompany.corp'
refresh_seconds = {refresh}
usable_seconds = {usable}
[directory.active_directory]
domain = 'mycompany.corp'
hosts = ['{}']
ca_file = '{}'
account = 'MYCOMPANY\\svc-feeds'
bind_password_file = '{}'
",
        ldap.tls_port(),
        ldap.path("ca.pem").display(),
        ldap.path("password").display(),
        samba.address(),
        samba.path("ca.pem").display(),
        samba.path("password").display(),
    );
    fs::write(config.path(), text).unwrap();
    let server = Server::start_with(&["--config", config.path().to_str().unwrap()]);
    server.cli(&["apply", "-f", &server.file("policy.yaml", POLICY)]).ended(0);
    server
}

fn whom(directory: &str, name: &str) -> pb::Subject {
    let identity = Some(pb::subject::user::Identity::Name(name.into()));
    let user = pb::subject::User { directory: directory.into(), identity };
    pb::Subject { kind: Some(pb::subject::Kind::User(user)) }
}

/// What is decided about everybody of these on both feeds: the reason, or the code of the error.
async fn decisions(server: &Server, whom: &[(&str, &str)]) -> BTreeMap<String, String> {
    let questions = whom.iter().flat_map(|who| ["f", "g"].map(|on| (*who, on)));
    let items = questions
        .clone()
        .map(|((directory, name), on)| item(self::whom(directory, name), "Feeds_ViewFeed", feed(on)))
        .collect();
    let answers = server.decisions().batch_check(batch(items)).await.unwrap().into_inner().results;
    let said = answers.into_iter().map(|answer| match answer.outcome.unwrap() {
        pb::batch_check_result::Outcome::Decision(decision) => {
            assert_eq!(decision.allowed, decision.reason() == pb::Reason::Permitted);
            let unknown = if decision.subject_unknown { " of nobody" } else { "" };
            format!("{}{unknown}", decision.reason().as_str_name().trim_start_matches("REASON_"))
        }
        pb::batch_check_result::Outcome::Error(error) => format!("{:?}", Code::from_i32(error.code)),
    });
    questions.map(|((directory, name), on)| format!("{directory}/{name} on {on}")).zip(said).collect()
}

const WHOM: [(&str, &str); 12] = [
    ("ldap.example", "jdoe"),
    ("ldap.example", "asmith"),
    ("ldap.example", "disabled"),
    ("ldap.example", "twin"),
    ("ldap.example", "star*"),
    ("ldap.example", "(paren)"),
    ("ldap.example", "comma, name"),
    ("ldap.example", "müller"),
    ("ldap.example", "nobody"),
    ("mycompany.corp", "jdoe"),
    ("", "jdoe@ldap.example"),
    ("", "jdoe"),
];

async fn sign_in(server: &Server, directory: &str, name: &str, password: &str) -> pb::VerifyLoginResponse {
    let request = pb::VerifyLoginRequest {
        directory: directory.into(),
        name: name.into(),
        password: password.into(),
        new_password: String::new(),
    };
    server.people().verify_login(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_same_name_in_three_directories() {
    let (ldap, samba) = (OpenLdap::shared(), Samba::shared());
    let server = server(&ldap, &samba, 1, 900);
    let meant = async |name: &str| {
        let question = crate::support::ask::check(whom("", name), "Feeds_ViewFeed", feed("f"));
        let answer = server.decisions().check(question).await;
        answer.map(|answer| answer.into_inner().subject.map(|user| (user.directory, user.name)))
    };
    let ambiguous = meant("jdoe").await.unwrap_err();
    assert_eq!(ambiguous.code(), Code::InvalidArgument);
    assert!(ambiguous.message().contains("(built-in, ldap.example, mycompany.corp)"), "{ambiguous}");
    for (name, directory) in [
        ("jdoe@ldap.example", "ldap.example"),
        ("JDOE@MyCompany.corp", "mycompany.corp"),
        // Nobody has written this down: the domain says itself what it is called.
        ("MYCOMPANY\\jdoe", "mycompany.corp"),
        ("müller@ldap.example", "ldap.example"),
    ] {
        let (found, _) = meant(name).await.unwrap().unwrap();
        assert_eq!(found, directory, "{name}");
    }
    assert_eq!(meant("jdoe@elsewhere.example").await.unwrap(), None);

    // A password is tried in one after the other, and whom it lets in is whom checks mean.
    server.cli_with(&["user", "password", "jdoe"], b"Another-1\n").ended(0);
    let accepted = sign_in(&server, "", "jdoe", PASSWORD).await;
    assert!(accepted.accepted, "{accepted:?}");
    let user = accepted.user.unwrap();
    assert_eq!((user.directory.as_str(), user.name.as_str()), ("ldap.example", "jdoe"));
    let refused: Vec<_> = accepted.attempts.iter().map(|attempt| attempt.directory.as_str()).collect();
    assert_eq!(refused, ["built-in"]);
    let identity = Some(pb::subject::user::Identity::Id(user.id));
    let by_id = pb::subject::User { directory: user.directory, identity };
    let by_id = pb::Subject { kind: Some(pb::subject::Kind::User(by_id)) };
    let question = crate::support::ask::check(by_id, "Feeds_ViewFeed", feed("f"));
    assert!(server.decisions().check(question).await.unwrap().into_inner().allowed);

    use pb::LoginRefusal as R;
    for (directory, name, password, refusal) in [
        ("", "jdoe", "wrong", R::WrongPassword),
        ("", "jdoe", "", R::EmptyPassword),
        ("ldap.example", "disabled", PASSWORD, R::Disabled),
        ("mycompany.corp", "disabled", PASSWORD, R::Disabled),
        ("mycompany.corp", "jdoe", "", R::EmptyPassword),
        ("ldap.example", "nobody", PASSWORD, R::UnknownUser),
        ("ldap.example", "*", PASSWORD, R::UnknownUser),
    ] {
        let answer = sign_in(&server, directory, name, password).await;
        assert!(!answer.accepted && answer.user.is_none());
        assert_eq!(answer.refusal(), refusal, "{directory}/{name}");
    }
    let log = server.log();
    assert!(!log.contains(PASSWORD) && !log.contains("Another-1"), "a password is in the log");
}

/// A server is stopped, hangs, comes back as somebody else and as itself: no answer becomes another one than it was, but
/// for none at all.
#[tokio::test]
async fn decisions_before_during_and_after_faults() {
    let (ldap, samba) = (OpenLdap::own("server"), Samba::shared());
    let server = server(&ldap, &samba, 1, 2);
    let before = decisions(&server, &WHOM).await;
    let expect = |who: &str, on: &str, expected: &str| {
        assert_eq!(before[&format!("{who} on {on}")], expected, "{who} on {on}");
    };
    expect("ldap.example/jdoe", "f", "PERMITTED");
    expect("ldap.example/jdoe", "g", "RESTRICTED");
    expect("ldap.example/asmith", "f", "PERMITTED");
    expect("ldap.example/asmith", "g", "RESTRICTED");
    expect("ldap.example/disabled", "f", "SUBJECT_DISABLED");
    expect("ldap.example/twin", "f", "InvalidArgument");
    expect("ldap.example/star*", "g", "PERMITTED");
    expect("ldap.example/müller", "g", "PERMITTED");
    expect("ldap.example/nobody", "f", "NOT_GRANTED of nobody");
    expect("mycompany.corp/jdoe", "f", "PERMITTED");
    expect("mycompany.corp/jdoe", "g", "NOT_GRANTED");
    expect("/jdoe", "f", "InvalidArgument");

    for fault in ["stopped", "hung", "expired", "other"] {
        match fault {
            "stopped" => ldap.stop(),
            "hung" => ldap.hang(),
            // It comes back with a certificate that has expired, or of another host.
            certificate => ldap.show(certificate),
        }
        let mut without_answer = 0;
        // Beyond the age at which nothing is usable any more.
        for _ in 0..8 {
            let during = decisions(&server, &WHOM).await;
            for (question, answer) in &during {
                assert!(
                    answer == &before[question] || answer == "Unavailable",
                    "{fault}: {question}: {answer}"
                );
            }
            without_answer = during.values().filter(|answer| *answer == "Unavailable").count();
            assert_eq!(during["mycompany.corp/jdoe on f"], "PERMITTED", "{fault}");
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        assert!(without_answer >= 20, "{fault}: {without_answer}");
        assert!(server.status().await.ready);
        match fault {
            "stopped" => ldap.restart(),
            "hung" => ldap.signal("CONT"),
            _ => ldap.show("server"),
        }
        let mut after = decisions(&server, &WHOM).await;
        for _ in 0..300 {
            if after == before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            after = decisions(&server, &WHOM).await;
        }
        assert_eq!(after, before, "{fault}");
    }
}

/// The first sight of a person costs one round of questions, whatever it is asked about; ten thousand checks behind it
/// cost none.
#[tokio::test]
async fn what_a_first_sight_costs() {
    let (ldap, samba) = (OpenLdap::own("server"), Samba::shared());
    let server = server(&ldap, &samba, 600, 900);
    let quiet = async || {
        // Names of the policy are bound, and the first connections are made, before anybody counts.
        let mut last = ldap.searches();
        loop {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let now = ldap.searches();
            if now == last {
                return now;
            }
            last = now;
        }
    };
    let before = quiet().await;
    decisions(&server, &[("ldap.example", "asmith")]).await;
    let first = ldap.searches() - before;
    let before = ldap.searches();
    for _ in 0..2_000 {
        decisions(&server, &[("ldap.example", "asmith")]).await;
    }
    decisions(&server, &vec![("ldap.example", "asmith"); 3_000]).await;
    let later = ldap.searches() - before;
    println!("a first sight: {first} searches; 10,000 checks behind it: {later}");
    assert!((1..=8).contains(&first), "{first}");
    assert_eq!(later, 0);
}

/// A change in a directory shows within the age at which it is asked again.
#[tokio::test]
async fn a_change_of_membership_shows() {
    let (ldap, samba) = (OpenLdap::own("server"), Samba::shared());
    let server = server(&ldap, &samba, 1, 900);
    let asked = [("ldap.example", "müller")];
    assert_eq!(decisions(&server, &asked).await["ldap.example/müller on g"], "PERMITTED");
    ldap.change(
        "dn: cn=leads,ou=groups,dc=mycompany,dc=corp\nchangetype: modify\nadd: member\n\
         member: uid=müller,ou=people,dc=mycompany,dc=corp\n",
    );
    for _ in 0..600 {
        if decisions(&server, &asked).await["ldap.example/müller on g"] == "RESTRICTED" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never showed");
}
