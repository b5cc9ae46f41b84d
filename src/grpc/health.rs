//! Health: of the server and of each service, by `grpc.health.v1`.

use tonic::server::NamedService;
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health as HealthService, HealthServer},
    server::{HealthReporter, health_reporter},
};

use super::{
    Administration, Analysis, Decisions, Watching,
    pb::{
        analysis_service_server::AnalysisServiceServer, decision_service_server::DecisionServiceServer,
        policy_service_server::PolicyServiceServer,
    },
};

const ADMINISTRATION: &str = <PolicyServiceServer<Administration> as NamedService>::NAME;

/// The server as a whole, and its services.
const NAMES: [&str; 5] = [
    "",
    <AnalysisServiceServer<Analysis> as NamedService>::NAME,
    <DecisionServiceServer<Decisions> as NamedService>::NAME,
    ADMINISTRATION,
    <Watching as NamedService>::NAME,
];

/// Says whether the server serves.
#[derive(Clone, Debug)]
pub struct Health(HealthReporter);

impl Health {
    /// The service, and the handle that it hears it from.
    pub fn new() -> (Self, HealthServer<impl HealthService>) {
        let (reporter, service) = health_reporter();
        (Self(reporter), service)
    }

    /// A policy is loaded and checks are answered.
    pub async fn serving(&self) {
        self.set(ServingStatus::Serving).await;
    }

    /// Calls under way are finished, new ones should go elsewhere.
    pub async fn not_serving(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    /// Changes aren't taken any more; all else goes on.
    pub async fn read_only(&self) {
        self.0.set_service_status(ADMINISTRATION, ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        for name in NAMES {
            self.0.set_service_status(name, status).await;
        }
    }

    /// Ends the calls of those who watch, who have been told.
    pub async fn gone(&mut self) {
        for name in NAMES {
            self.0.clear_service_status(name).await;
        }
    }
}
