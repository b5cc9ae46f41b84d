//! One connection to one host.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};

use super::{
    settings::{Encryption, Host, Server},
    tls,
};
use crate::DirectoryError;

/// A connection, encrypted as it is configured. Nobody has signed in on it yet, unless somebody did.
pub(super) struct Connection {
    pub(super) ldap: Ldap,
    pub(super) url: Box<str>,
    /// Whether something was begun on it and not ended: what would be read next is somebody else's answer.
    pub(super) dirty: bool,
    driver: JoinHandle<()>,
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection has ended. Another one may do.
    Broke(Box<str>),
    Slow(Duration),
    Nonsense,
}

impl Connection {
    /// Connects and encrypts.
    pub(super) async fn open(server: &Server, host: &Host) -> Result<Self, DirectoryError> {
        let unreachable = |why: String| DirectoryError::Unreachable(format!("{host}: {why}").into());
        let limit = server.connect_timeout;
        let slow = |what: &str| unreachable(format!("{what} within {} ms", limit.as_millis()));

        let began = tokio::time::Instant::now();
        let stream = timeout(limit, TcpStream::connect((&*host.name, host.port))).await;
        let stream = stream.map_err(|_| slow("it can't be connected to"))?;
        let stream = stream.map_err(|error| unreachable(format!("can't connect: {error}")))?;
        let stream = stream.set_nodelay(true).and_then(|()| stream.into_std());
        let stream = stream.map_err(|error| unreachable(error.to_string()))?;

        let mut settings = LdapConnSettings::new().set_std_stream(StdStream::Tcp(stream));
        if server.encryption != Encryption::None {
            if !server.verify_certificates {
                tracing::warn!(
                    host = %host,
                    "certificates aren't verified (`verify_certificates = false`): whoever is on the way can read and \
                     change what this directory says, passwords included"
                );
            }
            let config = tls::config(server).await.map_err(unreachable)?;
            settings = settings.set_config(Arc::new(config));
            settings = settings.set_starttls(server.encryption == Encryption::StartTls);
        }
        // Boxed, or whoever waits for an answer carries the whole handshake about.
        let secured = Box::pin(LdapConnAsync::with_settings(settings, &host.url));
        let secured = timeout(limit.saturating_sub(began.elapsed()), caught(secured)).await;
        let secured = secured.map_err(|_| slow("it connects, but doesn't begin to talk"))?;
        let secured = secured.ok_or_else(|| unreachable("its answer to StartTLS can't be read".into()))?;
        let (connection, ldap) = secured.map_err(|error| unreachable(tls::in_words(host, &error)))?;

        let driver = tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "an LDAP connection ended");
            }
        });
        Ok(Self { ldap, url: host.url.clone(), dirty: false, driver })
    }

    /// Signs in. The result is the server's, whatever it is.
    pub(super) async fn bind(
        &mut self,
        name: &str,
        password: &SecretString,
        limit: Duration,
    ) -> Result<LdapResult, Trouble> {
        let mut ldap = self.ldap.clone();
        self.ask(limit, ldap.simple_bind(name, password.expose_secret())).await
    }

    /// Has a request answered in time. Until it is, the connection counts as dirty.
    pub(super) async fn ask<T>(
        &mut self,
        limit: Duration,
        request: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, Trouble> {
        self.dirty = true;
        let answer = match timeout(limit, caught(request)).await {
            Err(_) => Err(Trouble::Slow(limit)),
            Ok(None) => Err(Trouble::Nonsense),
            Ok(Some(Err(error))) => Err(Trouble::Broke(in_words(&error))),
            Ok(Some(Ok(answer))) => Ok(answer),
        }?;
        self.dirty = false;
        Ok(answer)
    }

    /// Whether it can be used once more.
    pub(super) fn is_usable(&mut self) -> bool {
        !self.dirty && !self.ldap.is_closed() && !self.driver.is_finished()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("url", &self.url)
            .field("dirty", &self.dirty)
            .finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It may hang in a write to a server that doesn't read.
        self.driver.abort();
    }
}

impl Trouble {
    pub(super) fn at(self, url: &str) -> DirectoryError {
        match self {
            Self::Broke(why) => DirectoryError::Unreachable(format!("{url}: {why}").into()),
            Self::Slow(limit) => {
                DirectoryError::TimedOut(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Nonsense => DirectoryError::Malformed(format!("{url}: it can't be read as LDAP").into()),
        }
    }
}

/// The LDAP client panics over answers that it can't read. None then.
async fn caught<T>(request: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(request).catch_unwind().await.ok()
}

fn in_words(error: &LdapError) -> Box<str> {
    match error {
        LdapError::Io { source } => format!("the connection broke: {source}").into(),
        LdapError::EndOfStream | LdapError::ResultRecv { .. } | LdapError::OpSend { .. } => {
            "the connection broke".into()
        }
        error => error.to_string().into(),
    }
}
