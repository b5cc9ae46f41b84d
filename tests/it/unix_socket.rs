//! Where a server listens, and where it doesn't.

use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
};

use crate::support::{
    program::{feedgate, run},
    server::{Server, serve},
};

const QUESTION: [&str; 3] = ["check", "Admin", "Admin_ConfigureProGet"];

/// A server that listens on a socket, too, in a folder of the test's own.
fn listening(folder: &tempfile::TempDir) -> (Server, String) {
    let path = folder.path().join("grpc.sock").to_str().unwrap().to_owned();
    (Server::start_with(&["--uds", &path]), path)
}

fn ask(path: &str) -> i32 {
    run(feedgate().args(QUESTION).args(["--server", &format!("unix:{path}")]), b"").code
}

#[test]
fn a_check_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, path) = listening(&folder);
    assert_eq!(ask(&path), 0);
    let file = fs::symlink_metadata(&path).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o660);
    assert!(server.stop().success());
    assert!(!fs::exists(&path).unwrap(), "it goes with its server");
}

#[test]
fn a_socket_left_behind_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (mut server, path) = listening(&folder);
    server.kill9();
    assert!(fs::exists(&path).unwrap());
    assert_eq!(ask(&path), 3);
    server.restart();
    assert_eq!(ask(&path), 0);
}

#[test]
fn a_socket_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, path) = listening(&folder);
    let second = run(serve(&folder.path().join("data")).args(["--uds", &path]), b"");
    second.failed(3, "is in use: somebody answers on it");
    assert_eq!(ask(&path), 0);
}

#[test]
fn only_loopback_is_listened_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").to_str().unwrap().to_owned();
    for (listen, why) in [
        ("0.0.0.0:0", "is not a loopback address: there is no TLS yet"),
        ("[::]:0", "is not a loopback address: there is no TLS yet"),
        ("192.0.2.1:7420", "is not a loopback address: there is no TLS yet"),
        ("localhost", "is not an address"),
    ] {
        run(feedgate().args(["serve", "--data", &data, "--listen", listen]), b"").failed(2, why);
        assert!(!fs::exists(&data).unwrap(), "{listen}: nothing was made");
    }
}
