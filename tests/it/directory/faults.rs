//! Servers that stop, hang and come back, and accounts that aren't let in: an error each, and never an answer.

use std::time::Duration;

use feedgate::directory::{DirectoryError, Key, Person, SignIn, UserDirectory, ldap::LdapDirectory};
use secrecy::SecretString;
use serde_json::json;

use crate::support::directories::{OpenLdap, PASSWORD};

async fn jdoe(directory: &LdapDirectory) -> Result<Option<Person>, DirectoryError> {
    directory.find_user(Key::Name("jdoe")).await
}

/// Until it answers: how long it is left alone is up to chance.
async fn recovered(directory: &LdapDirectory) -> Person {
    loop {
        match jdoe(directory).await {
            Ok(person) => return person.unwrap(),
            Err(DirectoryError::Unreachable(_) | DirectoryError::TimedOut(_)) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn stopped_and_started() {
    let server = OpenLdap::own("server");
    let directory = server.directory(json!({}));
    let before = jdoe(&directory).await.unwrap().unwrap();
    server.stop();
    for _ in 0..3 {
        let answer = jdoe(&directory).await;
        assert!(
            matches!(&answer, Err(DirectoryError::Unreachable(why)) if why.contains("can't connect")),
            "{answer:?}"
        );
        let signed_in = directory.sign_in(Key::Name("jdoe"), &SecretString::from(PASSWORD)).await;
        assert!(matches!(signed_in, Err(DirectoryError::Unreachable(_))), "{signed_in:?}");
        assert!(matches!(directory.search("j", 10).await, Err(DirectoryError::Unreachable(_))));
    }
    server.restart();
    assert_eq!(recovered(&directory).await, before);
}

/// Connections that were kept have ended meanwhile: nobody notices.
#[tokio::test]
async fn restarted_between_questions() {
    let server = OpenLdap::own("server");
    let directory = server.directory(json!({}));
    let before = jdoe(&directory).await.unwrap();
    server.restart();
    assert_eq!(jdoe(&directory).await, Ok(before));
}

#[tokio::test]
async fn hung() {
    let server = OpenLdap::own("server");
    let timeouts =
        json!({"connect_timeout_ms": 1_500, "request_timeout_ms": 1_500, "operation_timeout_ms": 6_000});
    let directory = server.directory(timeouts);
    let before = jdoe(&directory).await.unwrap().unwrap();
    server.hang();
    // On the connection that was kept, on a new one, and while it is left alone.
    assert_eq!(jdoe(&directory).await, Err(DirectoryError::TimedOut(1_500)));
    for _ in 0..3 {
        let answer = jdoe(&directory).await;
        let expected = "it connects, but doesn't begin to talk within 1500 ms";
        assert!(
            matches!(&answer, Err(DirectoryError::Unreachable(why)) if why.contains(expected)),
            "{answer:?}"
        );
    }
    server.signal("CONT");
    assert_eq!(recovered(&directory).await, before);
}

#[tokio::test]
async fn another_host_when_the_first_is_gone() {
    let (first, second) = (OpenLdap::own("server"), OpenLdap::own("server"));
    let port = |server: &OpenLdap| format!("localhost:{}", server.port());
    let hosts = [port(&first), port(&second)];
    let directory = first.directory(json!({
        "hosts": hosts, "encryption": "starttls", "ca_file": null, "verify_certificates": false
    }));
    let of_first = jdoe(&directory).await.unwrap().unwrap();
    first.stop();
    // Another server has another jdoe.
    let of_second = jdoe(&directory).await.unwrap().unwrap();
    assert_ne!(of_first.id, of_second.id);
    let signed_in = directory.sign_in(Key::Name("jdoe"), &SecretString::from(PASSWORD)).await;
    assert_eq!(signed_in, Ok(SignIn::Accepted(of_second)));
    second.stop();
    let answer = jdoe(&directory).await;
    let all = |why: &str| hosts.iter().all(|host| why.contains(host));
    assert!(matches!(&answer, Err(DirectoryError::Unreachable(why)) if all(why)), "{answer:?}");
}

#[tokio::test]
async fn a_bind_account_that_is_not_let_in() {
    let server = OpenLdap::own("server");
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "wrong\n").unwrap();
    let directory = server.directory(json!({"bind_password_file": password}));
    for _ in 0..3 {
        let answer = jdoe(&directory).await;
        assert!(
            matches!(&answer, Err(DirectoryError::BindRefused(why)) if why.contains("(49)")),
            "{answer:?}"
        );
    }
    // The right one is in the file now: it is read again.
    std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    loop {
        match jdoe(&directory).await {
            Ok(person) => break assert!(person.is_some()),
            Err(DirectoryError::BindRefused(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("{error}"),
        }
    }
    std::fs::remove_file(&password).unwrap();
    let other = server.directory(json!({"bind_password_file": password}));
    let answer = jdoe(&other).await;
    assert!(
        matches!(&answer, Err(DirectoryError::BindRefused(why)) if why.contains("can't read")),
        "{answer:?}"
    );
}
