//! A decision point that nobody can reach but this process: for policies that are only tried out.
//!
//! It is the server in all but two things: its store forgets, and its connections are pipes in memory instead
//! of what a listener accepts. So a client of the API is one here, too, and what is rehearsed is what will be.

use std::{io, sync::Arc};

use anyhow::Context as _;
use secrecy::SecretString;
use tokio::{
    io::DuplexStream,
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};

use super::{server, token};
use crate::{
    grpc::{AdminToken, Surface},
    service::{DecisionPoint, Retention},
    store::MemoryStore,
};

/// What a pipe holds before whoever writes has to wait.
const PIPE: usize = 256 << 10;

/// A decision point in this process, with the policy of a new store. Dropping it ends it.
#[derive(Debug)]
pub struct Rehearsal {
    door: Door,
    token: SecretString,
    /// The server ends when nobody could tell it to any more.
    _stop: watch::Sender<bool>,
    _server: JoinSet<Result<(), tonic::transport::Error>>,
}

impl Rehearsal {
    /// Loads the policy of a new store, and answers whoever comes through the [`door`](Self::door).
    pub async fn start() -> anyhow::Result<Self> {
        let store = MemoryStore::new().context("no store can be made in memory")?;
        let point = DecisionPoint::open(Arc::new(store), Retention::default())
            .await
            .context("a new policy can't be loaded")?;
        let token = token::random()?;
        let (surface, _health) = Surface::new(point, AdminToken::new(&token), false)?;
        let (door, pipes) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let mut server = JoinSet::new();
        server.spawn(server::serve(surface, UnboundedReceiverStream::new(pipes).map(Ok), stopped));
        Ok(Self { door: Door(door), token, _stop: stop, _server: server })
    }

    /// The administrator's token: everything but a check needs one here, too.
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// The way in.
    pub fn door(&self) -> &Door {
        &self.door
    }
}

/// The way into a [`Rehearsal`]. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Door(mpsc::UnboundedSender<DuplexStream>);

impl Door {
    /// A new connection. Fails when the rehearsal is over.
    pub fn open(&self) -> io::Result<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        self.0.send(theirs).map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
        Ok(ours)
    }
}

#[cfg(test)]
mod tests {
    use hyper_util::rt::TokioIo;
    use tonic::{
        Code, Request,
        transport::{Channel, Endpoint},
    };

    use super::*;
    use crate::grpc::pb::{
        self, decision_service_client::DecisionServiceClient, policy_service_client::PolicyServiceClient,
        subject, target,
    };

    async fn channel(rehearsal: &Rehearsal) -> Result<Channel, tonic::transport::Error> {
        let door = rehearsal.door().clone();
        let connector = tower::service_fn(move |_| {
            let pipe = door.open();
            async move { pipe.map(TokioIo::new) }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connector).await
    }

    #[tokio::test]
    async fn a_new_store_answers_and_guards_itself() {
        let rehearsal = Rehearsal::start().await.unwrap();
        let channel = channel(&rehearsal).await.unwrap();
        let identity = Some(subject::user::Identity::Name("Admin".into()));
        let user = subject::User { directory: String::new(), identity };
        let question = pb::CheckRequest {
            subject: Some(pb::Subject { kind: Some(subject::Kind::User(user)) }),
            attribute: "Admin_ConfigureProGet".into(),
            target: Some(pb::Target { kind: Some(target::Kind::System(target::System {})) }),
            consistency: None,
        };
        let answer = DecisionServiceClient::new(channel.clone()).check(question).await.unwrap();
        assert!(answer.get_ref().allowed);
        let status =
            PolicyServiceClient::new(channel).get_status(Request::new(pb::GetStatusRequest {})).await;
        assert_eq!(status.unwrap_err().code(), Code::Unauthenticated);
    }

    #[tokio::test]
    async fn a_door_leads_nowhere_afterwards() {
        let rehearsal = Rehearsal::start().await.unwrap();
        let door = rehearsal.door().clone();
        drop(rehearsal);
        // The server's task ends when it is its turn.
        while door.open().is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
