//! The hosts of a directory in their order, and which of them are left alone for a while.
//!
//! A host that fails is left alone for a moment, and for longer each time it fails again. Meanwhile, whoever would
//! need it hears at once why, instead of waiting for the same failure. One who is due tries it; the others don't wait
//! for what comes of that.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use super::{
    connection::Connection,
    result,
    settings::{BindAccount, Host, Server},
};
use crate::DirectoryError;

/// How long a host is left alone. Up to as much again is added by chance, so that a fleet doesn't come back at once.
const BACKOFF: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(LONGEST)
    .without_max_times()
    .with_jitter();
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Hosts {
    pub(super) server: Arc<Server>,
    /// One for each host.
    hosts: Box<[Mutex<Option<Outage>>]>,
    /// Of the bind account: each failure may count towards locking it, so that no other host is tried, either.
    account: Mutex<Option<Outage>>,
}

/// Something that failed, and is left alone for a while.
#[derive(Debug)]
struct Outage {
    cause: DirectoryError,
    until: Instant,
    backoff: ExponentialBackoff,
}

impl Hosts {
    pub(super) fn new(server: Arc<Server>) -> Self {
        let hosts = server.hosts.iter().map(|_| Mutex::new(None)).collect();
        Self { server, hosts, account: Mutex::new(None) }
    }

    /// A connection to the first host that has one, nobody being signed in.
    pub(super) async fn open(&self) -> Result<Connection, DirectoryError> {
        self.first(false).await
    }

    /// The same, signed in with the bind account.
    pub(super) async fn open_bound(&self) -> Result<Connection, DirectoryError> {
        due(&self.account, patience(&self.server))?;
        let opened = self.first(true).await;
        match &opened {
            Ok(_) => *lock(&self.account) = None,
            Err(cause @ DirectoryError::BindRefused(_)) => failed(&self.account, cause.clone()),
            // Nobody has been asked about the account: the next one may ask.
            Err(_) => {
                if let Some(outage) = lock(&self.account).as_mut() {
                    outage.until = Instant::now();
                }
            }
        }
        opened
    }

    /// Signs the bind account in.
    pub(super) async fn bind(&self, connection: &mut Connection) -> Result<(), DirectoryError> {
        let Some(BindAccount { name, secret }) = &self.server.account else { return Ok(()) };
        let password = secret.read().await?;
        let answer = connection.bind(name, &password, self.server.request_timeout).await;
        let answer = match answer {
            Err(trouble) => return Err(trouble.at(&connection.url)),
            Ok(answer) => answer,
        };
        match answer.rc {
            0 => Ok(()),
            51 | 52 => Err(DirectoryError::Unreachable(
                format!("{}: {}", connection.url, result::words(&answer)).into(),
            )),
            _ => {
                let why = format!("`{name}` at {}: {}", connection.url, result::words(&answer));
                Err(DirectoryError::BindRefused(why.into()))
            }
        }
    }

    async fn open_at(&self, host: &Host, bound: bool) -> Result<Connection, DirectoryError> {
        let mut connection = Connection::open(&self.server, host).await?;
        if bound {
            self.bind(&mut connection).await?;
        }
        Ok(connection)
    }

    async fn first(&self, bound: bool) -> Result<Connection, DirectoryError> {
        let mut causes = Vec::new();
        for (host, outage) in self.server.hosts.iter().zip(&self.hosts) {
            if let Err(cause) = due(outage, patience(&self.server)) {
                causes.push(cause);
                continue;
            }
            match self.open_at(host, bound).await {
                Ok(connection) => {
                    *lock(outage) = None;
                    return Ok(connection);
                }
                // No other host will say anything else.
                Err(cause @ DirectoryError::BindRefused(_)) => {
                    *lock(outage) = None;
                    return Err(cause);
                }
                Err(cause) => {
                    tracing::warn!(host = %host, %cause, "a host of a directory can't be used");
                    failed(outage, cause.clone());
                    causes.push(cause);
                }
            }
        }
        let causes: Vec<_> = causes.iter().map(ToString::to_string).collect();
        Err(DirectoryError::Unreachable(causes.join("; ").into()))
    }
}

/// How long a try can take.
fn patience(server: &Server) -> Duration {
    server.connect_timeout + server.request_timeout
}

/// Whether something may be tried. Who hears yes is the one who tries: for as long as that can take, others don't.
fn due(outage: &Mutex<Option<Outage>>, patience: Duration) -> Result<(), DirectoryError> {
    let mut outage = lock(outage);
    let Some(outage) = outage.as_mut() else { return Ok(()) };
    let now = Instant::now();
    if now < outage.until {
        return Err(outage.cause.clone());
    }
    outage.until = now + patience;
    Ok(())
}

fn failed(outage: &Mutex<Option<Outage>>, cause: DirectoryError) {
    let mut outage = lock(outage);
    let mut backoff = match outage.take() {
        Some(before) => before.backoff,
        None => BACKOFF.build(),
    };
    let pause = backoff.next().unwrap_or(LONGEST);
    *outage = Some(Outage { cause, until: Instant::now() + pause, backoff });
}

fn lock(outage: &Mutex<Option<Outage>>) -> std::sync::MutexGuard<'_, Option<Outage>> {
    // Nothing that holds it can leave it half changed.
    outage.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(8);

    #[tokio::test(start_paused = true)]
    async fn left_alone_for_longer_each_time() {
        let outage = Mutex::new(None);
        assert_eq!(due(&outage, PATIENCE), Ok(()));
        let cause = DirectoryError::Unreachable("gone".into());
        let mut least = Duration::from_millis(200);
        for _ in 0..12 {
            failed(&outage, cause.clone());
            // At once, and whoever asks.
            advance(least - Duration::from_millis(1)).await;
            assert_eq!(due(&outage, PATIENCE), Err(cause.clone()));
            // By chance, up to twice as long.
            advance(least + Duration::from_millis(2)).await;
            assert_eq!(due(&outage, PATIENCE), Ok(()));
            least = (least * 2).min(LONGEST);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_tries_at_a_time() {
        let outage = Mutex::new(None);
        let cause = DirectoryError::Unreachable("gone".into());
        failed(&outage, cause.clone());
        advance(Duration::from_secs(1)).await;
        assert_eq!(due(&outage, PATIENCE), Ok(()));
        assert_eq!(due(&outage, PATIENCE), Err(cause));
        // One that never came back isn't waited for.
        advance(PATIENCE).await;
        assert_eq!(due(&outage, PATIENCE), Ok(()));
    }
}
