//! Where a server is.

use std::{fmt, path::PathBuf, str::FromStr};

use tonic::transport::Uri;

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
    #[error("neither HOST:PORT nor http://HOST:PORT nor unix:PATH")]
    Malformed,
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if let Some(path) = text.strip_prefix("unix:") {
            // `unix:///run/x` is how gRPC libraries spell an absolute path, `unix:x` a relative one.
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(InvalidAddress::NoPath) } else { Ok(Self::Unix(path.into())) };
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
}
