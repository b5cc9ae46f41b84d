//! A server that is lost before it answers.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use crate::support::{
    program::{feedgate, run},
    server::Server,
};

/// Passes on what clients send until it is this much, then cuts the connection. Gives its address.
fn proxy(server: &str, most: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = server.to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
            let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut answers, &mut back));
            let (mut sent, mut buffer) = (0, [0; 4096]);
            while let Ok(read @ 1..) = client.read(&mut buffer) {
                sent += read;
                if sent > most || server.write_all(&buffer[..read]).is_err() {
                    break;
                }
            }
            let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
        }
    });
    address
}

#[test]
fn a_change_without_an_answer_is_said_to_be_open() {
    let server = Server::start();
    let users: String = (0..3_000).map(|number| format!("  - {{name: user-{number}}}\n")).collect();
    let policy = server.file("policy.yaml", format!("version: 1\nusers:\n{users}"));
    let proxy = proxy(server.address(), 32 << 10);
    let lost = |words: &[&str]| {
        let mut command = server.command(words);
        run(command.env("FEEDGATE_SERVER", &proxy), b"")
    };
    let output = lost(&["apply", "-f", &policy]);
    output.failed(3, &format!("error: lost {proxy} before it answered: "));
    assert!(
        output.stderr.contains("whether the 3000 changes that were sent are stored isn't known"),
        "{output:?}"
    );
    assert!(output.stderr.contains("`feedgate history`"), "{output:?}");
    // Nothing is stored by a dry run, and nothing is open.
    let output = lost(&["apply", "-f", &policy, "--dry-run"]);
    output.ended(3);
    assert!(!output.stderr.contains("isn't known"), "{output:?}");
    server.cli(&["apply", "-f", &policy]).ended(0);
}

#[test]
fn a_socket_path_that_is_too_long_is_said_with_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(120));
    let path = path.to_str().unwrap();
    let (length, data) = (path.len(), folder.path().join("data"));
    let words = format!("it has {length} bytes, and the system takes 107");
    let mut serve = feedgate();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--uds", path, "--data"]).arg(&data);
    run(&mut serve, b"").failed(3, &words);
    assert!(!data.exists(), "nothing was made");
    run(feedgate().args(["status", "--server", &format!("unix:{path}")]), b"").failed(2, &words);
}
