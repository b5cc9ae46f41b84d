//! A decision point over real connections, started in this process.

mod decisions;
mod life;
mod policy;

use secrecy::ExposeSecret as _;
use tokio_stream::StreamExt as _;
use tonic::{
    Code, Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};
use tonic_types::StatusExt as _;

use super::{Config, Running};
use crate::grpc::pb::{
    self, change::Operation, decision_service_client::DecisionServiceClient, object::Kind,
    policy_service_client::PolicyServiceClient,
};

#[derive(Clone)]
struct Token(Option<String>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

type Policy = PolicyServiceClient<InterceptedService<Channel, Token>>;

struct Server {
    running: Running,
    channel: Channel,
    _data: tempfile::TempDir,
}

impl Server {
    async fn start(reflection: bool) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.uds = Some(data.path().join("grpc.sock"));
        config.reflection = reflection;
        let running = Running::start(config).await.unwrap();
        let endpoint = Channel::from_shared(format!("http://{}", running.grpc_addr())).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self { running, channel, _data: data }
    }

    fn decisions(&self) -> DecisionServiceClient<Channel> {
        DecisionServiceClient::new(self.channel.clone())
    }

    fn policy(&self) -> Policy {
        self.policy_with(Some(self.running.token().expose_secret().into()))
    }

    fn policy_with(&self, token: Option<String>) -> Policy {
        PolicyServiceClient::with_interceptor(self.channel.clone(), Token(token))
    }
}

fn user(name: &str) -> Option<pb::Subject> {
    let identity = Some(pb::subject::user::Identity::Name(name.into()));
    let user = pb::subject::User { directory: String::new(), identity };
    Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) })
}

fn on_feed(feed: &str) -> Option<pb::Target> {
    Some(pb::Target { kind: Some(pb::target::Kind::Feed(feed.into())) })
}

fn on_system() -> Option<pb::Target> {
    Some(pb::Target { kind: Some(pb::target::Kind::System(pb::target::System {})) })
}

fn put(kind: Kind) -> pb::Change {
    let object = Some(pb::Object { kind: Some(kind) });
    let put = pb::PutObject { object, update_mask: None };
    pb::Change { operation: Some(Operation::Put(put)), expected_object_revision: None }
}

fn feed(name: &str, promote_to: &str) -> pb::Change {
    put(Kind::Feed(pb::Feed { name: name.into(), promote_to: promote_to.into(), ..pb::Feed::default() }))
}

fn reason(status: &Status) -> (Code, String) {
    (status.code(), status.get_details_error_info().map(|info| info.reason).unwrap_or_default())
}

fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, why: &str) {
    assert_eq!(reason(&answer.unwrap_err()), (code, why.to_owned()));
}

fn write(changes: Vec<pb::Change>) -> pb::WriteRequest {
    pb::WriteRequest { changes, options: None }
}

async fn exported(policy: &mut Policy) -> Vec<pb::Object> {
    let mut messages = policy.export(pb::ExportRequest {}).await.unwrap().into_inner();
    let mut objects = Vec::new();
    while let Some(message) = messages.next().await {
        objects.extend(message.unwrap().objects);
    }
    objects
}
