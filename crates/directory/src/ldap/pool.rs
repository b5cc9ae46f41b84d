//! The connections that search. Each is signed in with the bind account, and used by one at a time.

use std::sync::Arc;

use deadpool::managed::{Manager, Metrics, Object, Pool, RecycleError, RecycleResult};

use super::{connection::Connection, hosts::Hosts, settings::InvalidSettings};
use crate::DirectoryError;

pub(super) type Pooled = Object<Opener>;
pub(super) type Connections = Pool<Opener>;

#[derive(Debug)]
pub(super) struct Opener {
    pub(super) hosts: Arc<Hosts>,
}

impl Manager for Opener {
    type Type = Connection;
    type Error = DirectoryError;

    async fn create(&self) -> Result<Connection, DirectoryError> {
        self.hosts.open_bound().await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<DirectoryError> {
        if connection.is_usable() { Ok(()) } else { Err(RecycleError::message("it has ended")) }
    }
}

pub(super) fn connections(hosts: Arc<Hosts>) -> Result<Connections, InvalidSettings> {
    let size = hosts.server.connections;
    let pool = Pool::builder(Opener { hosts }).max_size(size).build();
    pool.map_err(|error| InvalidSettings::Pool(error.to_string()))
}
