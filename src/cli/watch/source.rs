//! Where messages come from.

use std::{pin::Pin, time::Duration};

use futures_util::Stream;
use tokio_stream::StreamExt as _;
use tonic::Status;

use crate::{
    cli::{
        args::connect::Connect,
        client::Client,
        failure::{CallError, Failure},
        token::Bearer,
    },
    grpc::pb,
};

/// The messages of one connection, until it ends or breaks.
pub(super) type Messages = Pin<Box<dyn Stream<Item = Result<pb::WatchResponse, Failure>> + Send>>;

/// A server, as a reader needs one.
pub(super) trait Source {
    /// Begins a watch, over a connection of its own.
    async fn open(&mut self, request: pb::WatchRequest) -> Result<Messages, Failure>;

    /// Waits before it is tried again.
    async fn pause(&mut self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }

    /// What went wrong, as an error of this server.
    fn failure(&self, status: Status) -> Failure;
}

/// The server that the command line names.
pub(super) struct Server<'a> {
    connect: &'a Connect,
    /// What it is called.
    name: String,
    /// The connection that the command began with, until it is used.
    first: Option<Client>,
    token: Option<Bearer>,
}

impl<'a> Server<'a> {
    pub(super) fn new(connect: &'a Connect, client: Client) -> Self {
        Self { connect, name: client.server().to_owned(), token: client.token(), first: Some(client) }
    }
}

impl Source for Server<'_> {
    async fn open(&mut self, request: pb::WatchRequest) -> Result<Messages, Failure> {
        // Never over the same connection again: if nobody is at its other end any more, only silence would say so.
        let mut client = match self.first.take() {
            Some(client) => client,
            None => Client::again(self.connect, self.token.clone()).await?,
        };
        let request = client.unlimited(request);
        let messages =
            client.watch.watch(request).await.map_err(|status| client.failure(status))?.into_inner();
        Ok(Box::pin(messages.map(move |message| message.map_err(|status| client.failure(status)))))
    }

    fn failure(&self, status: Status) -> Failure {
        Failure::Call(CallError { status: Box::new(status), server: self.name.clone() })
    }
}
