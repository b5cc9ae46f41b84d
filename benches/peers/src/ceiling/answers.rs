//! The constant answers: of the size and shape of feedgate's, made of its messages.

use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::pb::{self, decision_service_server::DecisionService};

/// What every call is answered with.
#[derive(Clone)]
pub struct Answers {
    subject: Option<pb::ResolvedUser>,
}

const REVISION: pb::Revision = pb::Revision { store: 0x5eed_5eed_5eed_5eed, number: 2 };

impl Answers {
    /// With `lean`, checks are answered without the subject.
    pub fn new(lean: bool) -> Self {
        Self { subject: (!lean).then(subject) }
    }
}

fn subject() -> pb::ResolvedUser {
    pb::ResolvedUser { directory: "built-in".into(), id: "123".into(), name: "user-000123".into() }
}

#[tonic::async_trait]
impl DecisionService for Answers {
    async fn check(&self, _: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        Ok(Response::new(pb::CheckResponse {
            allowed: true,
            reason: pb::Reason::Permitted.into(),
            grant_id: 4711,
            subject: self.subject.clone(),
            revision: Some(REVISION),
            ..pb::CheckResponse::default()
        }))
    }

    async fn batch_check(
        &self,
        request: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        let decision = pb::Decision {
            allowed: true,
            reason: pb::Reason::Permitted.into(),
            grant_id: 4711,
            subject_number: 1,
            ..pb::Decision::default()
        };
        let result = |item: pb::BatchCheckItem| pb::BatchCheckResult {
            outcome: Some(pb::batch_check_result::Outcome::Decision(decision)),
            correlation_id: item.correlation_id,
        };
        Ok(Response::new(pb::BatchCheckResponse {
            results: request.into_inner().items.into_iter().map(result).collect(),
            revision: Some(REVISION),
            subjects: vec![subject()],
            knowledge: None,
        }))
    }

    async fn check_promotion(
        &self,
        _: Request<pb::CheckPromotionRequest>,
    ) -> Result<Response<pb::CheckPromotionResponse>, Status> {
        Err(Status::unimplemented("only checks are measured"))
    }

    async fn explain(&self, _: Request<pb::ExplainRequest>) -> Result<Response<pb::ExplainResponse>, Status> {
        Err(Status::unimplemented("only checks are measured"))
    }

    async fn list_effective_attributes(
        &self,
        _: Request<pb::ListEffectiveAttributesRequest>,
    ) -> Result<Response<pb::ListEffectiveAttributesResponse>, Status> {
        Err(Status::unimplemented("only checks are measured"))
    }

    type LookupFeedsStream = BoxStream<pb::LookupFeedsResponse>;

    async fn lookup_feeds(
        &self,
        _: Request<pb::LookupFeedsRequest>,
    ) -> Result<Response<Self::LookupFeedsStream>, Status> {
        Err(Status::unimplemented("only checks are measured"))
    }

    type LookupPrincipalsStream = BoxStream<pb::LookupPrincipalsResponse>;

    async fn lookup_principals(
        &self,
        _: Request<pb::LookupPrincipalsRequest>,
    ) -> Result<Response<Self::LookupPrincipalsStream>, Status> {
        Err(Status::unimplemented("only checks are measured"))
    }
}
