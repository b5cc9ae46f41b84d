//! Everything that is served, with its limits, ready for a listener.

use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error as ReflectionError};

use super::{
    Administration, Analysis, Decisions, People, Services, Watching,
    access::{AdminToken, GuardLayer},
    admission::AdmissionLayer,
    health::Health,
    pb::{
        self, analysis_service_server::AnalysisServiceServer, decision_service_server::DecisionServiceServer,
        directory_service_server::DirectoryServiceServer, policy_service_server::PolicyServiceServer,
    },
};
use crate::service::DecisionPoint;

/// The largest message that is taken. A batch of 10,000 fits, and a change set that doesn't can be streamed.
pub const MAX_REQUEST: usize = 4 << 20;
/// The largest message that is sent. Lists and exports are cut long before.
pub const MAX_RESPONSE: usize = 16 << 20;

/// The same for health and reflection, which anybody may ask.
pub const MAX_OPEN_REQUEST: usize = 64 << 10;

/// The services, who guards them, and how much they do at a time. A clone is the same one, for another listener.
#[derive(Clone, Debug)]
pub struct Surface {
    pub services: Services,
    pub guard: GuardLayer,
    pub admission: AdmissionLayer,
}

impl Surface {
    /// Mounts everything. The health is as [`Health`] says, which nobody has told yet.
    pub fn new(
        point: DecisionPoint,
        token: AdminToken,
        reflection: bool,
    ) -> Result<(Self, Health), ReflectionError> {
        let (health, health_service) = Health::new();
        let key = token.request_key();
        let decisions = DecisionServiceServer::new(Decisions::new(point.clone(), key))
            .max_decoding_message_size(MAX_REQUEST)
            .max_encoding_message_size(MAX_RESPONSE);
        let analysis = AnalysisServiceServer::new(Analysis::new(point.clone(), key))
            .max_decoding_message_size(MAX_REQUEST)
            .max_encoding_message_size(MAX_RESPONSE);
        let people = DirectoryServiceServer::new(People::new(point.clone()))
            .max_decoding_message_size(MAX_REQUEST)
            .max_encoding_message_size(MAX_RESPONSE);
        let watching = Watching::new(point.clone());
        let administration = PolicyServiceServer::new(Administration::new(point, key))
            .max_decoding_message_size(MAX_REQUEST)
            .max_encoding_message_size(MAX_RESPONSE);
        let routes = Routes::new(analysis).add_service(administration).add_service(watching);
        let routes = routes.add_service(people);
        let mut routes = routes.add_service(
            health_service
                .max_decoding_message_size(MAX_OPEN_REQUEST)
                .max_encoding_message_size(MAX_RESPONSE),
        );
        if reflection {
            routes = routes
                .add_service(
                    self_description()
                        .build_v1()?
                        .max_decoding_message_size(MAX_OPEN_REQUEST)
                        .max_encoding_message_size(MAX_RESPONSE),
                )
                .add_service(
                    self_description()
                        .build_v1alpha()?
                        .max_decoding_message_size(MAX_OPEN_REQUEST)
                        .max_encoding_message_size(MAX_RESPONSE),
                );
        }
        let guard = GuardLayer(token);
        Ok((
            Self { services: Services::new(decisions, routes), guard, admission: AdmissionLayer::default() },
            health,
        ))
    }
}

fn self_description() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}
