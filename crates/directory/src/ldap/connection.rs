//! One connection to one host.

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    net::{TcpStream, UnixStream},
    task::JoinHandle,
    time::timeout,
};

use super::{
    ber::Fault,
    relay::{Ended, Inbound, relay},
    settings::{Host, Server},
    transport::{Transport, secure},
};
use crate::DirectoryError;

/// How much the answer to a bind may be, in the memory that it takes.
const BIND: usize = 64 << 10;

/// A connection, encrypted as it is configured. Nobody has signed in on it yet, unless somebody did.
pub(super) struct Connection {
    pub(super) ldap: Ldap,
    pub(super) url: Box<str>,
    /// Whether something was begun on it and not ended: what would be read next is somebody else's answer.
    pub(super) dirty: bool,
    inbound: Arc<Inbound>,
    driver: JoinHandle<()>,
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The connection has ended. Another one may do.
    Broke(Box<str>),
    Slow(Duration),
    Nonsense,
    /// The server sent something that isn't passed on to the LDAP client.
    Fault(Fault),
    /// The rest of the answer is of no use.
    Stopped(DirectoryError),
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
        stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;

        // Boxed, or whoever waits for an answer carries the whole handshake about.
        let secured =
            timeout(limit.saturating_sub(began.elapsed()), Box::pin(secure(server, host, stream))).await;
        let secured = secured.map_err(|_| slow("it connects, but doesn't begin to talk"))?;
        let transport = secured.map_err(|why| unreachable(why.into()))?;

        let inbound = Arc::new(Inbound::default());
        let client = client(transport, Arc::clone(&inbound)).await;
        let (ldap, driver) = client.map_err(|error| unreachable(in_words(&error).into()))?;
        Ok(Self { ldap, url: host.url.clone(), dirty: false, inbound, driver })
    }

    /// Signs in. The result is the server's, whatever it is.
    pub(super) async fn bind(
        &mut self,
        name: &str,
        password: &SecretString,
        limit: Duration,
    ) -> Result<LdapResult, Trouble> {
        let mut ldap = self.ldap.clone();
        let mut left = BIND;
        self.ask(limit, &mut left, BIND, ldap.simple_bind(name, password.expose_secret())).await
    }

    /// Has a request answered in time, in no more memory than is `left` of the `whole`. Until it is, the connection
    /// counts as dirty.
    pub(super) async fn ask<T>(
        &mut self,
        limit: Duration,
        left: &mut usize,
        whole: usize,
        request: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, Trouble> {
        self.dirty = true;
        self.inbound.allow(*left, whole);
        let answer = timeout(limit, caught(request)).await;
        *left = self.inbound.allow_nothing();
        let answer = match answer {
            Err(_) => Err(self.cause().unwrap_or(Trouble::Slow(limit))),
            Ok(None) => Err(self.cause().unwrap_or(Trouble::Nonsense)),
            Ok(Some(Err(error))) => Err(self.cause().unwrap_or_else(|| Trouble::Broke(in_words(&error)))),
            Ok(Some(Ok(answer))) => Ok(answer),
        }?;
        self.dirty = false;
        Ok(answer)
    }

    /// Why no more comes from the server, as far as it is known on this side of the LDAP client.
    fn cause(&self) -> Option<Trouble> {
        self.inbound.ended().map(|ended| match ended {
            Ended::Fault(fault) => Trouble::Fault(fault),
            Ended::Broke(why) => Trouble::Broke(why),
        })
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
            Self::Nonsense => Fault::NotLdap.at(url),
            Self::Fault(fault) => fault.at(url),
            Self::Stopped(error) => error,
        }
    }
}

/// The LDAP client, at the other end of a socket pair: it sees only what the relay has checked.
async fn client(transport: Transport, inbound: Arc<Inbound>) -> Result<(Ldap, JoinHandle<()>), LdapError> {
    let (ours, theirs) = UnixStream::pair()?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(theirs.into_std()?));
    let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi:///").await?;
    let driver = tokio::spawn(async move {
        // Either side ends when the other one does.
        let ((), driven) = tokio::join!(relay(transport, ours, &inbound), connection.drive());
        if let Err(error) = driven {
            tracing::debug!(%error, "an LDAP connection ended");
        }
    });
    Ok((ldap, driver))
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
