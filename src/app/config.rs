//! Configuration: defaults, then a TOML file, then the environment, then flags; the later wins.
//!
//! ```toml
//! data = "/var/lib/feedgate"
//! listen = "127.0.0.1:7420"
//! uds = "/run/feedgate/grpc.sock"
//! threads = 0        # that answer; 0: one for each core
//! reflection = true
//! [history]
//! change_sets = 10000
//! hours = 24
//! [store]
//! spare_mib = 32
//! [log]
//! filter = "info"
//! format = "text"   # or "json"
//!
//! [[directory]]     # one for each directory of the policy that this server can ask
//! name = "people"
//! refresh_seconds = 60
//! usable_seconds = 900
//! [directory.provider]
//! address = "unix:/run/people.sock"
//! ```
//!
//! `[directory.ldap]` and `[directory.active_directory]` are in `deploy/directories.toml`.
//!
//! In the environment: `FEEDGATE_DATA`, `FEEDGATE_LISTEN`, `FEEDGATE_UDS`, `FEEDGATE_THREADS`, `FEEDGATE_REFLECTION`,
//! `FEEDGATE_HISTORY_CHANGE_SETS`, `FEEDGATE_HISTORY_HOURS`, `FEEDGATE_STORE_SPARE_MIB`, `FEEDGATE_LOG_FILTER`,
//! `FEEDGATE_LOG_FORMAT`. Other variables that begin so are somebody else's:
//! Kubernetes makes some for every service of that name. In the file an unknown key is an error.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::directories::Directory;
use crate::{service::Retention, store::SPARE_BYTES};

/// Everything that can be configured, checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder of the store and the token.
    pub data: PathBuf,
    #[serde(default)]
    pub listen: Listen,
    /// A Unix socket to listen on, too.
    pub uds: Option<PathBuf>,
    #[serde(default)]
    pub threads: Threads,
    /// Whether the API describes itself.
    #[serde(default = "yes")]
    pub reflection: bool,
    #[serde(default)]
    pub history: History,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub log: Log,
    /// How directories outside of the policy are reached.
    #[serde(default, rename = "directory")]
    pub directories: Vec<Directory>,
}

/// How many threads answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Threads(u8);

impl Threads {
    /// As many as were asked for, or as this process may use cores.
    pub fn number(self) -> usize {
        match self.0 {
            // One that can't be told is one.
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            number => number.into(),
        }
    }
}

/// How the store treats its disk.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// What has to stay free: changes are refused before that is touched.
    pub spare_mib: u32,
}

/// How much of the history is kept: a change set stays as long as it is among the newest, or young.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    pub change_sets: u64,
    /// 0: by number alone.
    pub hours: u32,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or directives of tracing-subscriber's `EnvFilter`.
    pub filter: String,
    pub format: LogFormat,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// What was typed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uds: Option<PathBuf>,
}

/// A loopback address to listen on; port 0 picks a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Listen(SocketAddr);

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read `{path}`: {source}", path = path.display())]
    File { path: PathBuf, source: std::io::Error },
    /// Each value that is wrong, why, and where it came from.
    #[error("configuration: {0}")]
    Value(String),
    #[error("configuration: log.filter: `{filter}` is neither a level nor a list of directives: {why}")]
    Filter { filter: String, why: String },
}

/// Why an address can't be listened on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidListen {
    #[error("`{0}` is not an address: write it as `127.0.0.1:7420`, `[::1]:7420` or `localhost:7420`")]
    Malformed(String),
    #[error(
        "`{0}` is not a loopback address: there is no TLS yet, so anybody on the network could read tokens and forge answers; listen on 127.0.0.1 or a Unix socket"
    )]
    NotLoopback(SocketAddr),
}

impl Config {
    /// The defaults for a data folder.
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            listen: Listen::default(),
            uds: None,
            threads: Threads::default(),
            reflection: true,
            history: History::default(),
            store: Store::default(),
            log: Log::default(),
            directories: Vec::new(),
        }
    }

    /// Reads and checks all sources.
    pub fn load(file: Option<&Path>, flags: Flags) -> Result<Self, ConfigError> {
        let mut sources = Figment::new();
        if let Some(path) = file {
            // Figment takes a file that isn't there for an empty one.
            std::fs::metadata(path).map_err(|source| ConfigError::File { path: path.into(), source })?;
            sources = sources.merge(Toml::file_exact(path));
        }
        let sources = sources.merge(environment()).merge(Serialized::defaults(flags));
        let config: Self = sources.extract().map_err(|error| ConfigError::Value(in_words(error)))?;
        config.log.filter()?;
        Ok(config)
    }
}

fn in_words(errors: figment::Error) -> String {
    let in_words = errors.into_iter().map(|error| {
        let origin = error.metadata.as_ref().and_then(|metadata| match &metadata.source {
            Some(figment::Source::File(path)) => Some(format!(" (in `{}`)", path.display())),
            _ if metadata.name.contains("environment") => Some(" (in the environment)".into()),
            _ => None,
        });
        let key = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path.join(".")) };
        format!("{key}{}{}", error.kind, origin.unwrap_or_default())
    });
    in_words.collect::<Vec<_>>().join("; ")
}

/// What can be set in the environment.
const KEYS: [&str; 10] = [
    "data",
    "listen",
    "uds",
    "threads",
    "reflection",
    "history.change_sets",
    "history.hours",
    "store.spare_mib",
    "log.filter",
    "log.format",
];

fn environment() -> Env {
    Env::prefixed("FEEDGATE_")
        .map(|key| {
            let key = key.as_str().to_ascii_lowercase();
            let within =
                |table: &str| Some(format!("{table}.{}", key.strip_prefix(table)?.strip_prefix('_')?));
            ["log", "history", "store"].into_iter().find_map(within).unwrap_or(key).into()
        })
        .only(&KEYS)
}

impl History {
    /// The same, for the history itself.
    pub fn retention(self) -> Retention {
        let Self { change_sets, hours } = self;
        Retention { change_sets, age: Duration::from_hours(hours.into()) }
    }
}

impl Store {
    /// The same in bytes.
    pub fn spare_bytes(self) -> u64 {
        u64::from(self.spare_mib) << 20
    }
}

impl Default for Store {
    fn default() -> Self {
        Self { spare_mib: u32::try_from(SPARE_BYTES >> 20).unwrap_or(u32::MAX) }
    }
}

impl Default for History {
    fn default() -> Self {
        let Retention { change_sets, age } = Retention::default();
        Self { change_sets, hours: u32::try_from(age.as_secs() / 3600).unwrap_or(u32::MAX) }
    }
}

impl Log {
    /// The filter, parsed.
    pub fn filter(&self) -> Result<EnvFilter, ConfigError> {
        EnvFilter::try_new(&self.filter)
            .map_err(|error| ConfigError::Filter { filter: self.filter.clone(), why: error.to_string() })
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Text }
    }
}

impl Listen {
    /// Refuses what isn't loopback.
    pub fn new(address: SocketAddr) -> Result<Self, InvalidListen> {
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(InvalidListen::NotLoopback(address)) }
    }

    /// The address.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self((Ipv4Addr::LOCALHOST, 7420).into())
    }
}

impl TryFrom<String> for Listen {
    type Error = InvalidListen;

    fn try_from(text: String) -> Result<Self, InvalidListen> {
        text.parse()
    }
}

impl std::str::FromStr for Listen {
    type Err = InvalidListen;

    /// Names other than `localhost` aren't looked up: what they mean would be decided elsewhere.
    fn from_str(text: &str) -> Result<Self, InvalidListen> {
        let numeric = match text.strip_prefix("localhost:") {
            Some(port) => port.parse().ok().map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
            None => text.parse().ok(),
        };
        Self::new(numeric.ok_or_else(|| InvalidListen::Malformed(text.into()))?)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str, flags: Flags) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        Config::load(Some(file.path()), flags)
    }

    #[test]
    fn flags_win_over_the_file() {
        let toml = "data = '/a'\nlisten = '127.0.0.1:1'\nuds = '/s'\nthreads = 3\n[history]\nhours = 1\n[log]\nformat = 'json'";
        let flags = Flags { listen: Some("localhost:2".into()), ..Flags::default() };
        let config = load(toml, flags).unwrap();
        assert_eq!(config.data, PathBuf::from("/a"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:2");
        assert_eq!((config.uds.unwrap(), config.reflection), (PathBuf::from("/s"), true));
        assert_eq!(config.threads.number(), 3);
        assert_eq!((config.history.change_sets, config.history.hours), (10_000, 1));
        assert_eq!((config.log.filter.as_str(), config.log.format), ("info", LogFormat::Json));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (toml, why) in [
            ("", "missing field `data`"),
            ("data = '/a'\ndatum = 1", "unknown field: found `datum`"),
            ("data = '/a'\n[log]\nlevel = 'info'", "unknown field: found `level`"),
            ("data = '/a'\nlisten = '0.0.0.0:7420'", "no TLS yet"),
            ("data = '/a'\nlisten = 'example.com:7420'", "is not an address"),
            ("data = '/a'\nthreads = 1000", "invalid value"),
            ("data = '/a'\nlog.filter = 'a=b=c'", "neither a level nor a list"),
            ("data =", "TOML"),
        ] {
            let error = load(toml, Flags::default()).unwrap_err().to_string();
            assert!(error.contains(why), "{toml:?}: {error}");
        }
        Config::load(Some(Path::new("/nowhere/feedgate.toml")), Flags::default()).unwrap_err();
    }

    #[test]
    fn only_loopback_is_listened_on() {
        for good in ["127.0.0.1:0", "127.1.2.3:7420", "[::1]:7420", "localhost:7420"] {
            good.parse::<Listen>().unwrap();
        }
        for bad in ["0.0.0.0:0", "[::]:0", "10.0.0.1:7420", "7420", "localhost", "127.0.0.1", ""] {
            bad.parse::<Listen>().unwrap_err();
        }
    }
}
