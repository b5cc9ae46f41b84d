//! A connection to a server, and what every call over it has: the token, and a limit on waiting.

use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint, Uri},
};

use super::{
    address::Address,
    args::connect::Connect,
    failure::{CallError, Failure},
    token::{self, Bearer},
};
use crate::{
    app::Rehearsal,
    grpc::pb::{
        analysis_service_client::AnalysisServiceClient, decision_service_client::DecisionServiceClient,
        directory_service_client::DirectoryServiceClient, policy_service_client::PolicyServiceClient,
        watch_service_client::WatchServiceClient,
    },
};

const CONNECT: Duration = Duration::from_secs(5);
/// A question is answered in microseconds; a server that takes this long isn't well.
const QUESTION: Duration = Duration::from_secs(30);
/// A change set of a million objects takes its time, and so does the analysis of a policy.
const WRITE: Duration = Duration::from_secs(600);
/// Pages and parts of an export have a bounded number of objects, not of bytes.
const MAX_ANSWER: usize = 64 << 20;

pub struct Client {
    pub decision: DecisionServiceClient<Channel>,
    pub policy: PolicyServiceClient<Channel>,
    pub analysis: AnalysisServiceClient<Channel>,
    pub watch: WatchServiceClient<Channel>,
    pub directory: DirectoryServiceClient<Channel>,
    token: Option<Bearer>,
    /// What it is called in messages.
    server: String,
}

impl Client {
    /// Connects, so that a server that isn't there is found before anything else is done.
    pub async fn connect(connect: &Connect) -> Result<Self, Failure> {
        let server = connect.server()?;
        let token = token::find(connect.token_file().as_deref())?;
        if token.is_some() {
            connect.may_send("the token", &server)?;
        }
        Self::to(server, token).await
    }

    /// The same for commands whose requests can contain passwords or their hashes.
    pub async fn connect_for_passwords(connect: &Connect) -> Result<Self, Failure> {
        connect.may_send("the token and passwords", &connect.server()?)?;
        Self::connect(connect).await
    }

    /// To the same server over a new connection, with the token as it is now; or as it was, while it can't be read.
    pub async fn again(connect: &Connect, known: Option<Bearer>) -> Result<Self, Failure> {
        let server = connect.server()?;
        let token = token::find(connect.token_file().as_deref()).unwrap_or(known);
        if token.is_some() {
            connect.may_send("the token", &server)?;
        }
        Self::to(server, token).await
    }

    pub async fn to(server: Address, token: Option<Bearer>) -> Result<Self, Failure> {
        let channel = channel(&server).await.map_err(|error| {
            Failure::Call(CallError {
                status: Box::new(Status::from_error(error.into())),
                server: server.to_string(),
            })
        })?;
        Ok(Self::over(channel, token, server.to_string()))
    }

    /// To a decision point in this process.
    pub fn within(rehearsal: &Rehearsal) -> Result<Self, Failure> {
        let door = rehearsal.door().clone();
        let connector = tower::service_fn(move |_: Uri| {
            let pipe = door.open();
            async move { pipe.map(TokioIo::new) }
        });
        let channel =
            endpoint("http://localhost").map(|endpoint| endpoint.connect_with_connector_lazy(connector));
        let channel = channel.context("no server can be had in this process")?;
        Ok(Self::over(channel, Some(token::bearer(rehearsal.token())?), "this process".to_owned()))
    }

    fn over(channel: Channel, token: Option<Bearer>, server: String) -> Self {
        Self {
            decision: DecisionServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER),
            policy: PolicyServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER),
            analysis: AnalysisServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER),
            directory: DirectoryServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER),
            watch: WatchServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER),
            token,
            server,
        }
    }

    /// What it shows, if it has anything to show.
    pub fn token(&self) -> Option<Bearer> {
        self.token.clone()
    }

    /// A call that reads.
    pub fn ask<T>(&self, message: T) -> Request<T> {
        self.request(message, QUESTION)
    }

    /// A call that writes, or reads or analyses everything.
    pub fn write<T>(&self, message: T) -> Request<T> {
        self.request(message, WRITE)
    }

    fn request<T>(&self, message: T, limit: Duration) -> Request<T> {
        let mut request = self.unlimited(message);
        request.set_timeout(limit);
        request
    }

    /// A call that goes on until somebody ends it.
    pub fn unlimited<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        request
    }

    /// What the server is called.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What a failed call means for the command.
    pub fn failure(&self, status: Status) -> Failure {
        Failure::Call(CallError { status: Box::new(status), server: self.server.clone() })
    }

    /// The same for a request with so many changes, which may be stored although no answer came.
    pub fn write_failure(&self, status: Status, changes: usize, dry_run: bool) -> Failure {
        let lost =
            [Code::Unknown, Code::Internal, Code::Unavailable, Code::Cancelled, Code::DeadlineExceeded];
        match self.failure(status) {
            Failure::Call(error)
                if !dry_run && error.reason().is_none() && lost.contains(&error.status.code()) =>
            {
                Failure::Lost(error, changes)
            }
            failure => failure,
        }
    }
}

async fn channel(server: &Address) -> Result<Channel, tonic::transport::Error> {
    match server {
        Address::Tcp(authority) => endpoint(&format!("http://{authority}"))?.connect().await,
        Address::Unix(path) => {
            let path = path.clone();
            let connector = tower::service_fn(move |_: Uri| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            });
            // The authority is for the request's `:authority` header only.
            endpoint("http://localhost")?.connect_with_connector(connector).await
        }
    }
}

fn endpoint(uri: &str) -> Result<Endpoint, tonic::transport::Error> {
    Endpoint::from_shared(uri.to_owned())?
        .connect_timeout(CONNECT)
        .user_agent(concat!("feedgate-cli/", env!("CARGO_PKG_VERSION")))
}
