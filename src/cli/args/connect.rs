//! Which server is asked, as whom, and how answers look: the flags that all client commands share.
//!
//! The environment isn't read by clap, but when a command asks a server: what it says can't be in the way of
//! `serve`, and a variable that is empty is one that isn't set.

use std::{convert::Infallible, env, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::{
    address::{Address, InvalidAddress},
    failure::Failure,
};

const HEADING: &str = "Server and output";

/// The flags by their ids, for whoever has to say that one is out of place.
pub(super) const FLAGS: [(&str, &str); 4] = [
    ("server", "--server"),
    ("token_file", "--token-file"),
    ("output", "--output"),
    ("plaintext", "--plaintext"),
];

#[derive(Debug, Args)]
pub struct Connect {
    /// The server: HOST:PORT, http://HOST:PORT or unix:PATH [env: FEEDGATE_SERVER] [default: 127.0.0.1:7420]
    #[arg(long, global = true, value_name = "ADDR", help_heading = HEADING)]
    server: Option<Address>,

    /// The file with the token; the environment's FEEDGATE_TOKEN may hold the token itself instead [env:
    /// FEEDGATE_TOKEN_FILE]
    ///
    /// `check`, `batch`, `promotion` and `effective` for one subject need none on a server that listens on loopback or a Unix socket. The
    /// server writes the administrator's to `admin-token` in its data folder.
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING)]
    token_file: Option<PathBuf>,

    /// Answers for people, or proto JSON for programs [default: table]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, help_heading = HEADING)]
    pub output: Option<Format>,

    /// Send the token and passwords to another machine although they can be read on the way [env:
    /// FEEDGATE_PLAINTEXT=1]
    ///
    /// Without it they are sent to loopback addresses and Unix sockets only.
    #[arg(long, global = true, help_heading = HEADING)]
    plaintext: bool,

    #[arg(long, global = true, hide = true, value_name = "FILE", value_parser = no_tls)]
    ca: Option<Infallible>,

    #[arg(long, global = true, hide = true, value_name = "FILE", value_parser = no_tls)]
    cert: Option<Infallible>,

    #[arg(long, global = true, hide = true, value_name = "FILE", value_parser = no_tls)]
    key: Option<Infallible>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
}

impl Connect {
    /// The server: what was typed, else what the environment says, else where one listens by default.
    pub fn server(&self) -> Result<Address, Failure> {
        self.server_or(variable("FEEDGATE_SERVER").as_deref())
    }

    fn server_or(&self, environment: Option<&str>) -> Result<Address, Failure> {
        let address = match (&self.server, environment) {
            (Some(typed), _) => return Ok(typed.clone()),
            (None, Some(text)) => text,
            (None, None) => "127.0.0.1:7420",
        };
        address.parse().map_err(|error| Failure::usage(format!("FEEDGATE_SERVER, `{address}`: {error}")))
    }

    /// The file with the token, if one is named.
    pub fn token_file(&self) -> Option<PathBuf> {
        let variable = || env::var_os("FEEDGATE_TOKEN_FILE").filter(|file| !file.is_empty());
        self.token_file.clone().or_else(|| variable().map(PathBuf::from))
    }

    /// Fails if secrets would be sent to another machine in plaintext and the user hasn't agreed to that.
    pub fn may_send(&self, secrets: &str, server: &Address) -> Result<(), Failure> {
        self.may_send_if(variable("FEEDGATE_PLAINTEXT").as_deref(), secrets, server)
    }

    fn may_send_if(&self, environment: Option<&str>, secrets: &str, server: &Address) -> Result<(), Failure> {
        let agreed = match environment {
            None | Some("0" | "false") => self.plaintext,
            Some("1" | "true") => true,
            Some(other) => {
                return Err(Failure::usage(format!("FEEDGATE_PLAINTEXT, `{other}`: it takes 1 or 0")));
            }
        };
        if agreed || server.is_local() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{server} is another machine, and there is no TLS: {secrets} could be read on the way; nothing was sent\n\
             hint: forward a local port to it, with `ssh -L` or `kubectl port-forward` for example, and name that \
             with `--server`; `--plaintext` sends {secrets} all the same"
        )))
    }

    pub fn format(&self) -> Format {
        self.output.unwrap_or_default()
    }
}

/// What a variable says; nothing if it is empty.
fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

/// The flags are kept free for TLS.
fn no_tls(_: &str) -> Result<Infallible, InvalidAddress> {
    Err(InvalidAddress::Tls)
}

#[cfg(test)]
mod tests {
    use crate::cli::args::Cli;

    #[test]
    fn what_is_typed_wins_over_the_environment() {
        let connect = |line: &str| Cli::read(line.split_whitespace()).unwrap().connect;
        for (line, environment, expected) in [
            ("feedgate status", None, "127.0.0.1:7420"),
            ("feedgate status", Some("a:1"), "a:1"),
            ("feedgate status --server b:2", Some("a:1"), "b:2"),
            ("feedgate --server b:2 status", Some("nonsense"), "b:2"),
        ] {
            let address = connect(line).server_or(environment).unwrap();
            assert_eq!(address.to_string(), expected, "{line} {environment:?}");
        }
        let failure = connect("feedgate status").server_or(Some("foo")).unwrap_err().to_string();
        assert!(failure.starts_with("error: FEEDGATE_SERVER, `foo`: no port"), "{failure}");
    }

    #[test]
    fn secrets_are_sent_to_another_machine_only_on_request() {
        for (line, environment, sent) in [
            ("feedgate status --server a:1", None, false),
            ("feedgate status --server 10.0.0.1:7420", Some("0"), false),
            ("feedgate status --server a:1 --plaintext", None, true),
            ("feedgate --plaintext status --server a:1", Some("0"), true),
            ("feedgate status --server a:1", Some("1"), true),
            ("feedgate status --server a:1", Some("true"), true),
            ("feedgate status --server a:1 --plaintext", Some("yes, please"), false),
            ("feedgate status --server 127.0.0.1:1", None, true),
            ("feedgate status --server unix:/run/fg.sock", None, true),
        ] {
            let connect = Cli::read(line.split_whitespace()).unwrap().connect;
            let told = connect.may_send_if(environment, "the token", &connect.server().unwrap());
            assert_eq!(told.is_ok(), sent, "{line} {environment:?}: {told:?}");
        }
    }
}
