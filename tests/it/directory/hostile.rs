//! An LDAP server that attacks whoever asks it, or whoever is on the way and answers in its place: messages that are
//! nested, announced, endless. The process survives, callers of the directory get an error, other callers get their
//! answers, and memory stays within a limit.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use feedgate::grpc::pb;
use futures_util::future::join_all;
use tonic::Code;

use crate::support::{
    ask::{check, feed},
    server::Server,
};

/// How much more memory the process may take under any of these attacks. Four connections are kept for searches; what
/// one search finds may take 16 MiB while it is read, and as much again until it is handed over.
const MEMORY_KIB: u64 = 128 << 10;
/// How long one answer may take: `operation_timeout_ms` of the directory.
const OPERATION: Duration = Duration::from_secs(2);

/// What the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attack {
    /// Answers binds with nested sequences.
    NestedBind,
    /// Answers searches with nested sequences, as an attribute of an entry.
    NestedSearch,
    /// Answers the request for TLS with nested sequences, in clear text.
    NestedStartTls,
    /// Announces an answer of 2 GiB, and sends it as far as it is read.
    Announced,
    /// Sends small entries without an end.
    Entries,
    /// Sends entries of a megabyte, of many empty elements, without an end.
    Elements,
    /// Sends references without an end.
    References,
    /// Answers a bind again and again.
    Answers,
}

/// An element with a length of four bytes, as Active Directory writes them.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

/// So many sequences in one another.
fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| element(0x30, &inner))
}

fn message(id: u8, answer: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, id], answer].concat())
}

/// Success, as an answer of this kind.
fn success(id: u8, kind: u8) -> Vec<u8> {
    message(id, &element(kind, b"\x0a\x01\x00\x04\x00\x04\x00"))
}

fn entry(id: u8, attributes: &[u8]) -> Vec<u8> {
    message(id, &element(0x64, &[b"\x04\x05uid=x", element(0x30, attributes).as_slice()].concat()))
}

impl Attack {
    /// Answers requests on one connection, until one of them is answered with the attack.
    fn serve(self, mut stream: TcpStream) -> io::Result<()> {
        loop {
            let request = read(&mut stream)?;
            let (id, kind) = (request[2], request[3]);
            match (kind, self) {
                // StartTLS.
                (0x77, _) => stream.write_all(&message(id, &element(0x78, &nested(12_000))))?,
                (0x60, Self::NestedBind) => {
                    stream.write_all(&message(id, &element(0x61, &nested(10_000))))?
                }
                (0x60, Self::Answers) => {
                    stream.write_all(&success(id, 0x61))?;
                    loop {
                        stream.write_all(&success(id, 0x61))?;
                    }
                }
                (0x60, _) => stream.write_all(&success(id, 0x61))?,
                (0x63, _) => self.search(&mut stream, id)?,
                // Whatever else, such as an unbind, ends it.
                _ => return Ok(()),
            }
        }
    }

    fn search(self, stream: &mut TcpStream, id: u8) -> io::Result<()> {
        let part = match self {
            Self::NestedSearch => return stream.write_all(&entry(id, &nested(12_000))),
            Self::Announced => {
                stream.write_all(&[
                    0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, id, 0x64, 0x84, 0x7f, 0xff, 0xff, 0xf0,
                ])?;
                vec![0; 1 << 20]
            }
            Self::Elements => entry(id, &b"\x04\x00".repeat(30_000)),
            Self::References => message(id, b"\x73\x0b\x04\x09ldap://x/").repeat(100),
            _ => entry(id, b"").repeat(100),
        };
        loop {
            stream.write_all(&part)?;
        }
    }
}

/// One request, which is short, without its outer header.
fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut header = [0; 2];
    stream.read_exact(&mut header)?;
    let mut length = usize::from(header[1]);
    if length >= 0x80 {
        let mut octets = vec![0; length & 0x7f];
        stream.read_exact(&mut octets)?;
        length = octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content)?;
    Ok(content)
}

/// Starts the server. Gives its port.
fn start(attack: Attack) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            // The other side hangs up, and should.
            thread::spawn(move || attack.serve(stream));
        }
    });
    port
}

const POLICY: &str = "
version: 1
directories:
  - {name: corp, domains: [corp.example]}
users:
  - {name: jdoe}
feeds:
  - {name: f, type: npm}
grants:
  - {permit: View & Download Packages, to: {user: jdoe}, scope: all}
";

/// The server, and the folder with the password that it reads.
fn server(attack: Attack) -> (Server, tempfile::TempDir) {
    let (encryption, clear) =
        if attack == Attack::NestedStartTls { ("starttls", "false") } else { ("none", "true") };
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "secret").unwrap();
    let config = folder.path().join("feedgate.toml");
    let text = format!(
        "
[[directory]]
name = 'corp'
[directory.ldap]
domain = 'corp.example'
hosts = ['localhost:{}']
encryption = '{encryption}'
allow_clear_text = {clear}
bind_dn = 'cn=svc'
bind_password_file = '{}'
user_base = 'ou=people'
group_base = 'ou=groups'
page_size = 0
operation_timeout_ms = {}
",
        start(attack),
        password.display(),
        OPERATION.as_millis(),
    );
    std::fs::write(&config, text).unwrap();
    let server = Server::start_with(&["--config", config.to_str().unwrap()]);
    server.cli(&["apply", "-f", &server.file("policy.yaml", POLICY)]).ended(0);
    (server, folder)
}

fn question(directory: &str, name: &str) -> pb::CheckRequest {
    let identity = Some(pb::subject::user::Identity::Name(name.into()));
    let user = pb::subject::User { directory: directory.into(), identity };
    let subject = pb::Subject { kind: Some(pb::subject::Kind::User(user)) };
    check(subject, "Feeds_ViewFeed", feed("f"))
}

/// Attacks a server for some seconds. `expected` is the error that callers of the directory get.
async fn survives(attack: Attack, expected: &str) {
    let (server, _folder) = server(attack);
    let ask = |directory: &'static str, name: String| {
        let mut decisions = server.decisions();
        async move { decisions.check(question(directory, &name)).await }
    };
    ask("built-in", "jdoe".into()).await.unwrap();
    let before = server.resident_kib();
    let began = Instant::now();
    for round in 0..2 {
        let attacked = join_all((0..16).map(|number| ask("corp", format!("user{round}-{number}"))));
        let others = async {
            for _ in 0..50 {
                let answer = ask("built-in", "jdoe".into()).await.unwrap().into_inner();
                assert!(answer.allowed);
            }
        };
        let (attacked, ()) = tokio::join!(attacked, others);
        let resident = server.resident_kib();
        assert!(resident < before + MEMORY_KIB, "{attack:?}: {before} KiB, then {resident} KiB");
        for answer in attacked {
            let error = answer.unwrap_err();
            assert_eq!(error.code(), Code::Unavailable, "{attack:?}: {error:?}");
            if round == 0 {
                assert!(error.message().contains(expected), "{attack:?}: {error:?}");
            }
        }
    }
    assert!(began.elapsed() < 5 * OPERATION, "{attack:?}: {:?}", began.elapsed());
    let log = server.log();
    assert!(!log.contains("overflow"), "{log}");
}

#[tokio::test]
async fn nested_messages_end_the_connection_and_not_the_process() {
    survives(Attack::NestedBind, "nested more than 16 levels deep").await;
    survives(Attack::NestedSearch, "nested more than 16 levels deep").await;
}

/// No certificate has been looked at by then.
#[tokio::test]
async fn nested_answer_to_starttls_ends_the_connection_and_not_the_process() {
    survives(Attack::NestedStartTls, "its answer to StartTLS can't be used").await;
}

#[tokio::test]
async fn announced_message_of_two_gib_is_not_read() {
    survives(Attack::Announced, "a message of 2147483653 bytes is longer than 1048576 bytes").await;
}

#[tokio::test]
async fn endless_answers_are_not_read_to_an_end() {
    survives(Attack::Entries, "there are more than 100 of them").await;
    // Without optimisation it takes until the time is over to read so many.
    survives(Attack::Elements, "").await;
    survives(Attack::References, "it refers elsewhere more than 1000 times").await;
    survives(Attack::Answers, "").await;
}
