//! DecisionService: what a feed server calls.

use tonic::{Request, Response, Status};

use super::{
    convert::{answer, question},
    pb::{self, decision_service_server::DecisionService},
};
use crate::service::{DecisionPoint, MAX_BATCH, ServiceError, query::BatchAnswer};

/// Answers questions.
#[derive(Clone, Debug)]
pub struct Decisions {
    point: DecisionPoint,
}

impl Decisions {
    pub fn new(point: DecisionPoint) -> Self {
        Self { point }
    }
}

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let (question, freshness) = question::check(request.get_ref())?;
        let answer = self.point.check(question, freshness).await?;
        Ok(Response::new(answer.into()))
    }

    async fn batch_check(
        &self,
        request: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        let pb::BatchCheckRequest { default_subject, default_attribute, default_target, items, consistency } =
            request.get_ref();
        let freshness = question::freshness(consistency.as_ref())?;
        if items.is_empty() || items.len() > MAX_BATCH {
            Err(ServiceError::BatchSize { limit: MAX_BATCH, found: items.len() })?;
        }
        let (subject, target) = (default_subject.as_ref(), default_target.as_ref());
        let mut asked = Vec::with_capacity(items.len());
        let mut questions = Vec::with_capacity(items.len());
        for item in items {
            let question = question::item(item, subject, default_attribute, target);
            asked.push((item.correlation_id.clone(), question.map(|question| questions.push(question))));
        }
        let answer = if questions.is_empty() {
            // Nothing that could be asked came in.
            let revision = self.point.index().revision();
            BatchAnswer { results: Vec::new(), subjects: Vec::new(), revision }
        } else {
            self.point.batch(&questions, freshness).await?
        };
        Ok(Response::new(answer::batch(asked, answer)))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let (question, freshness) = question::explain(request.get_ref())?;
        let explanation = self.point.explain(question, freshness).await?;
        Ok(Response::new(explanation.into()))
    }

    async fn check_promotion(
        &self,
        _request: Request<pb::CheckPromotionRequest>,
    ) -> Result<Response<pb::CheckPromotionResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type LookupFeedsStream = tokio_stream::Empty<Result<pb::LookupFeedsResponse, Status>>;

    async fn lookup_feeds(
        &self,
        _request: Request<pb::LookupFeedsRequest>,
    ) -> Result<Response<Self::LookupFeedsStream>, Status> {
        Err(Status::unimplemented(""))
    }

    type LookupPrincipalsStream = tokio_stream::Empty<Result<pb::LookupPrincipalsResponse, Status>>;

    async fn lookup_principals(
        &self,
        _request: Request<pb::LookupPrincipalsRequest>,
    ) -> Result<Response<Self::LookupPrincipalsStream>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_effective_attributes(
        &self,
        request: Request<pb::ListEffectiveAttributesRequest>,
    ) -> Result<Response<pb::ListEffectiveAttributesResponse>, Status> {
        let (who, target, freshness) = question::effective(request.get_ref())?;
        let effective = self.point.effective_attributes(who, target, freshness).await?;
        Ok(Response::new(effective.into()))
    }
}
