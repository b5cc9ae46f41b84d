//! Servers that say something else than LDAP, or half of it.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use feedgate::directory::{
    DirectoryError, Key, UserDirectory as _,
    ldap::{LdapDirectory, LdapSettings},
};
use serde_json::json;

/// "Success" to the first request, a bind.
const WELCOME: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00";
/// "Success" to the second one, a search, without a word about pages.
const DONE: &[u8] = b"\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00";
/// An entry `uid=x`, without attributes.
const ENTRY: &[u8] = b"\x30\x0e\x02\x01\x02\x64\x09\x04\x05uid=x\x30\x00";

/// Has somebody looked for at a server that gives these answers, one to each request, and then hangs up.
async fn asked(answers: &[&[u8]]) -> Result<(), DirectoryError> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            for answer in &answers {
                let mut request = [0; 4096];
                if !stream.read(&mut request).is_ok_and(|read| read > 0) || stream.write_all(answer).is_err()
                {
                    break;
                }
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "secret").unwrap();
    let settings: LdapSettings = serde_json::from_value(json!({
        "domain": "mycompany.corp", "hosts": [format!("127.0.0.1:{port}")], "encryption": "none",
        "allow_clear_text": true, "bind_dn": "cn=svc", "bind_password_file": password,
        "user_base": "ou=people", "group_base": "ou=groups",
    }))
    .unwrap();
    let directory = LdapDirectory::new(&settings).unwrap();
    directory.find_user(Key::Name("x")).await.map(|found| assert_eq!(found, None))
}

/// No end of pages is no end.
#[tokio::test]
async fn pages_without_a_word_whether_there_are_more() {
    for answer in [DONE.to_vec(), [ENTRY, DONE].concat()] {
        let answer = asked(&[WELCOME, &answer]).await;
        assert!(
            matches!(&answer, Err(DirectoryError::Incomplete(why)) if why.contains("page_size")),
            "{answer:?}"
        );
    }
}

/// A connection that ends in the middle of an answer ends nothing but the connection.
#[tokio::test]
async fn half_an_answer() {
    for answers in [
        &[][..],
        &[&WELCOME[..4]],
        &[WELCOME],
        &[WELCOME, ENTRY],
        &[WELCOME, &ENTRY[..9]],
        &[WELCOME, &DONE[..11]],
    ] {
        let answer = asked(answers).await;
        assert!(matches!(&answer, Err(DirectoryError::Unreachable(_))), "{answers:?}: {answer:?}");
    }
}

#[tokio::test]
async fn anything_else() {
    let entry_of_nothing = [b"\x30\x05\x02\x01\x02\x64\x00", DONE].concat();
    let reference_to_nothing = [b"\x30\x06\x02\x01\x02\x73\x01\x00", DONE].concat();
    for answers in [
        &[b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice()][..],
        &[b"\xff\xff\xff\xff\xff\xff\xff\xff"],
        // Results without a code, of a bind and of a search.
        &[b"\x30\x05\x02\x01\x01\x61\x00"],
        &[WELCOME, b"\x30\x05\x02\x01\x02\x65\x00"],
        &[WELCOME, &entry_of_nothing],
        &[WELCOME, &reference_to_nothing],
        // An answer to another kind of question.
        &[WELCOME, b"\x30\x0c\x02\x01\x02\x6b\x07\x0a\x01\x00\x04\x00\x04\x00"],
        &[WELCOME, b"\x30\x00"],
    ] {
        let answer = asked(answers).await;
        assert!(
            matches!(&answer, Err(DirectoryError::Unreachable(_) | DirectoryError::Malformed(_))),
            "{answers:?}: {answer:?}"
        );
    }
}
