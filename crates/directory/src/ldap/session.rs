//! All the requests for one answer, within one deadline.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool::managed::{Object, PoolError};
use tokio::{sync::Semaphore, time::timeout_at};

use super::{
    connection::Trouble,
    entry::Entry,
    hosts::Hosts,
    pool::{self, Connections, Pooled},
    query::Query,
    search::{NoPage, Page, Progress},
    settings::{InvalidSettings, Server},
};
use crate::DirectoryError;

/// How many passwords of users are verified at a time: each has a connection of its own, which takes three descriptors.
const VERIFYING: usize = 32;

/// The way to a directory.
#[derive(Debug)]
pub struct Client {
    pub(super) hosts: Arc<Hosts>,
    pub(super) verifying: Semaphore,
    pool: Connections,
}

/// A series of requests on one connection, one after the other.
#[derive(Debug)]
pub struct Session<'a> {
    client: &'a Client,
    connection: Option<Pooled>,
    deadline: Instant,
    /// What was searched for, where, and how much there was, for whoever reads it.
    pub(super) asked: Vec<String>,
}

impl Client {
    pub(super) fn new(server: Server) -> Result<Self, InvalidSettings> {
        let hosts = Arc::new(Hosts::new(Arc::new(server)));
        Ok(Self { pool: pool::connections(hosts.clone())?, hosts, verifying: Semaphore::new(VERIFYING) })
    }

    pub(super) fn session(&self) -> Session<'_> {
        let deadline = Instant::now() + self.hosts.server.operation_timeout;
        Session { client: self, connection: None, deadline, asked: Vec::new() }
    }
}

impl Session<'_> {
    /// Gives the connection back to the others; the next request takes one again.
    pub(super) fn let_go(&mut self) {
        self.connection = None;
    }

    /// All that a query finds.
    ///
    /// A connection that was kept and has ended meanwhile is nobody's fault: the query goes over another one then,
    /// once.
    pub(super) async fn search(&mut self, query: &Query) -> Result<Vec<Entry>, DirectoryError> {
        let mut answer = self.attempt(query).await;
        if let Err(Failed { error: _, stale: true }) = answer {
            // The others have been waiting for as long.
            drop(self.client.pool.retain(|_, _| false));
            answer = self.attempt(query).await;
        }
        let answer = answer.map_err(|failed| failed.error);
        let came = match &answer {
            Ok(entries) => format!("{} found", entries.len()),
            Err(error) => error.to_string(),
        };
        self.asked.push(format!("{query}: {came}"));
        answer
    }

    async fn attempt(&mut self, query: &Query) -> Result<Vec<Entry>, Failed> {
        let mut progress = Progress::default();
        let server = self.client.hosts.server.clone();
        loop {
            let limit = server.request_timeout.min(self.left()?);
            let connection = match &mut self.connection {
                Some(connection) => connection,
                none => none.insert(connect(self.client, self.deadline).await?),
            };
            let used_before = Object::metrics(connection).recycle_count > 0;
            match progress.page(connection, &server, query, limit).await {
                Ok(Page::More) => {}
                Ok(Page::Last) => return Ok(progress.entries),
                Err(NoPage::Error(error)) => return Err(error.into()),
                Err(NoPage::Trouble(trouble)) => {
                    let stale = used_before && matches!(trouble, Trouble::Broke(_));
                    let error = trouble.at(&connection.url);
                    // What would come over it now is the answer to this.
                    drop(self.connection.take().map(Object::take));
                    return Err(Failed { error, stale });
                }
            }
        }
    }

    /// Waits for something as long as there is time.
    pub(super) async fn in_time<T>(
        &self,
        something: impl Future<Output = Result<T, DirectoryError>>,
    ) -> Result<T, DirectoryError> {
        let late = |_| Err(too_late(&self.client.hosts.server));
        timeout_at(self.deadline.into(), something).await.unwrap_or_else(late)
    }

    /// How long there is.
    pub(super) fn left(&self) -> Result<Duration, DirectoryError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(too_late(&self.client.hosts.server)) } else { Ok(left) }
    }
}

/// Why a search came to nothing.
struct Failed {
    error: DirectoryError,
    /// Whether the connection had ended before it was used.
    stale: bool,
}

impl From<DirectoryError> for Failed {
    fn from(error: DirectoryError) -> Self {
        Self { error, stale: false }
    }
}

async fn connect(client: &Client, deadline: Instant) -> Result<Pooled, DirectoryError> {
    match timeout_at(deadline.into(), client.pool.get()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(PoolError::Backend(error))) => Err(error),
        Ok(Err(error)) => Err(DirectoryError::Unreachable(error.to_string().into())),
        Err(_) => Err(too_late(&client.hosts.server)),
    }
}

fn too_late(server: &Server) -> DirectoryError {
    DirectoryError::TimedOut(u64::try_from(server.operation_timeout.as_millis()).unwrap_or(u64::MAX))
}
