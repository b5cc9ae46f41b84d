//! Where a server is.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr};

use tonic::transport::Uri;

use crate::grpc::MAX_SOCKET_PATH;

/// The address of a server, as `--server` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Host and port, in clear text.
    Tcp(String),
    Unix(PathBuf),
}

/// Why it is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    #[error("TLS comes in a later release; use a loopback address or a Unix socket")]
    Tls,
    #[error("no port: write it as HOST:PORT, `{0}:7420` for example")]
    NoPort(String),
    #[error("no path: write it as unix:PATH, `unix:/run/feedgate/grpc.sock` for example")]
    NoPath,
    #[error("the path is too long for a socket: it has {0} bytes, and the system takes {MAX_SOCKET_PATH}")]
    TooLong(usize),
    #[error("neither HOST:PORT nor http://HOST:PORT nor unix:PATH")]
    Malformed,
}

impl Address {
    /// Whether what is sent there stays on this machine. Host names other than `localhost` aren't looked up: what they
    /// mean is decided elsewhere.
    pub fn is_local(&self) -> bool {
        let Self::Tcp(authority) = self else { return true };
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            // `unix:///run/x` is how gRPC libraries spell an absolute path, `unix:x` a relative one.
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path.len() {
                0 => Err(InvalidAddress::NoPath),
                length if length > MAX_SOCKET_PATH => Err(InvalidAddress::TooLong(length)),
                _ => Ok(Self::Unix(path.into())),
            };
        }
        if text.starts_with("https://") {
            return Err(InvalidAddress::Tls);
        }
        let authority = text.strip_prefix("http://").unwrap_or(text);
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let uri: Uri = format!("http://{authority}").parse().map_err(|_| InvalidAddress::Malformed)?;
        let plain = uri.authority().is_some_and(|a| a.as_str() == authority) && !authority.contains('@');
        match (plain, uri.host(), uri.port_u16()) {
            (true, Some(host), Some(_)) if !host.is_empty() => Ok(Self::Tcp(authority.to_owned())),
            (true, Some(host), None) if authority == host => Err(InvalidAddress::NoPort(host.to_owned())),
            _ => Err(InvalidAddress::Malformed),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(authority) => f.write_str(authority),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let tcp = |authority: &str| Ok(Address::Tcp(authority.into()));
        let unix = |path: &str| Ok(Address::Unix(path.into()));
        for (text, expected) in [
            ("127.0.0.1:7420", tcp("127.0.0.1:7420")),
            ("localhost:7420", tcp("localhost:7420")),
            ("[::1]:7420", tcp("[::1]:7420")),
            ("http://feedgate.svc:80", tcp("feedgate.svc:80")),
            ("http://feedgate.svc:80/", tcp("feedgate.svc:80")),
            ("unix:/run/fg.sock", unix("/run/fg.sock")),
            ("unix:///run/fg.sock", unix("/run/fg.sock")),
            ("unix:fg.sock", unix("fg.sock")),
            ("https://feedgate.svc:443", Err(InvalidAddress::Tls)),
            ("localhost", Err(InvalidAddress::NoPort("localhost".into()))),
            ("http://[::1]", Err(InvalidAddress::NoPort("[::1]".into()))),
            (format!("unix:{}", "x".repeat(107)).as_str(), unix(&"x".repeat(107))),
            (format!("unix:{}", "x".repeat(108)).as_str(), Err(InvalidAddress::TooLong(108))),
            ("unix:", Err(InvalidAddress::NoPath)),
            ("unix://", Err(InvalidAddress::NoPath)),
            ("", Err(InvalidAddress::Malformed)),
            (":7420", Err(InvalidAddress::Malformed)),
            ("localhost:", Err(InvalidAddress::Malformed)),
            ("localhost:99999", Err(InvalidAddress::Malformed)),
            ("http://a:1/path", Err(InvalidAddress::Malformed)),
            ("user@a:1", Err(InvalidAddress::Malformed)),
            ("ftp://a:1", Err(InvalidAddress::Malformed)),
        ] {
            assert_eq!(text.parse::<Address>(), expected, "{text}");
        }
    }

    #[test]
    fn loopback_addresses_and_unix_sockets_are_local() {
        for (text, expected) in [
            ("127.0.0.1:7420", true),
            ("127.8.9.1:7420", true),
            ("localhost:7420", true),
            ("LocalHost:7420", true),
            ("[::1]:7420", true),
            ("[::ffff:127.0.0.1]:7420", true),
            ("unix:/run/fg.sock", true),
            ("10.0.0.1:7420", false),
            ("0.0.0.0:7420", false),
            ("[::]:7420", false),
            ("[2001:db8::1]:7420", false),
            ("feedgate.svc:7420", false),
            ("localhost.example.com:7420", false),
            ("127.0.0.1.example.com:7420", false),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().is_local(), expected, "{text}");
        }
    }
}
