//! Whom a server has to be, and what is never said in clear text.

use feedgate::directory::{
    DirectoryError, Key, Probe, SignIn, UserDirectory as _,
    ldap::LdapDirectory,
    trace::{Outcome, Trace},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::directories::{OpenLdap, PASSWORD};

/// Nobody is found, nobody signs in, nothing is sent, and the test says the same.
async fn refused(server: &OpenLdap, changes: Value, expected: &str) {
    let before = server.binds();
    let directory = server.directory(changes);
    let unreachable =
        |error: &DirectoryError| matches!(error, DirectoryError::Unreachable(why) if why.contains(expected));
    let found = directory.find_user(Key::Name("jdoe")).await;
    assert!(found.as_ref().is_err_and(unreachable), "{found:?}");
    let signed_in = directory.sign_in(Key::Name("jdoe"), &SecretString::from(PASSWORD)).await;
    assert!(signed_in.as_ref().is_err_and(unreachable), "{signed_in:?}");
    let mut trace = Trace::default();
    directory.test(&Probe { user: Some("jdoe"), group: None, search: None }, &mut trace).await;
    let [step] = trace.steps.as_slice() else { panic!("{trace:?}") };
    assert_eq!((step.name, step.outcome), ("connect", Outcome::Failed));
    assert!(step.answer[0].contains(expected), "{step:?}");
    assert_eq!(server.binds(), before);
}

fn both(server: &OpenLdap) -> [Value; 2] {
    let (plain, tls) = (server.port(), server.tls_port());
    [
        json!({"hosts": [format!("localhost:{tls}")]}),
        json!({"hosts": [format!("localhost:{plain}")], "encryption": "starttls"}),
    ]
}

fn with(mut changes: Value, key: &str, value: Value) -> Value {
    changes[key] = value;
    changes
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority() {
    let (server, other) = (OpenLdap::own("server"), OpenLdap::shared());
    for changes in both(&server) {
        let changes = with(changes, "ca_file", json!(other.path("ca.pem")));
        refused(&server, changes, "its certificate isn't trusted").await;
    }
}

#[tokio::test]
async fn a_certificate_of_another_host() {
    let server = OpenLdap::own("other");
    for changes in both(&server) {
        refused(&server, changes, "its certificate isn't for the host name `localhost`").await;
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired() {
    let server = OpenLdap::own("expired");
    for changes in both(&server) {
        refused(&server, changes, "its certificate has expired").await;
    }
    // Whoever doesn't look doesn't mind.
    for changes in both(&server) {
        let changes = with(with(changes, "ca_file", json!(null)), "verify_certificates", json!(false));
        assert!(server.directory(changes).find_user(Key::Name("jdoe")).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn no_certificate_at_all() {
    let server = OpenLdap::own("server");
    let tls = json!({"hosts": [format!("localhost:{}", server.port())]});
    refused(&server, tls, "TLS failed").await;
    let missing = json!({"ca_file": server.path("nothing.pem")});
    refused(&server, missing, "`ca_file`").await;
    let empty = json!({"ca_file": server.path("password")});
    refused(&server, empty, "there is no certificate in it").await;
}

/// Without TLS nothing is said, whatever the server would take.
#[tokio::test]
async fn a_server_that_refuses_starttls() {
    let server = OpenLdap::own("none");
    let changes = json!({"hosts": [format!("localhost:{}", server.port())], "encryption": "starttls"});
    refused(&server, changes, "it refuses StartTLS").await;
}

#[tokio::test]
async fn clear_text_takes_two_words() {
    let server = OpenLdap::shared();
    let host = format!("127.0.0.1:{}", server.port());
    let clear = json!({"hosts": [host], "encryption": "none", "ca_file": null});
    let error = LdapDirectory::new(&server.settings(clear.clone())).unwrap_err();
    assert!(error.to_string().contains("`allow_clear_text`"), "{error}");
    let directory = server.directory(with(clear, "allow_clear_text", json!(true)));
    let signed_in = directory.sign_in(Key::Name("jdoe"), &SecretString::from(PASSWORD)).await;
    assert!(matches!(signed_in, Ok(SignIn::Accepted(_))), "{signed_in:?}");
}
