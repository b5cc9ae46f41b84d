//! DecisionService: what a feed server calls.

use std::time::Duration;

use tonic::{Request, Response, Status};

use super::{
    convert::{answer, lookup, question},
    deadline::{deadline, until_deadline},
    pb::{self, decision_service_server::DecisionService},
    stream::{self, Answers},
};
use crate::service::{DecisionPoint, MAX_BATCH, ServiceError, query::BatchAnswer};

/// The time that a batch may take if its caller allows as much.
const LONGEST_BATCH: Duration = Duration::from_secs(20);

/// Answers questions.
#[derive(Clone, Debug)]
pub struct Decisions {
    point: DecisionPoint,
    request_key: [u8; 32],
}

impl Decisions {
    /// `request_key` is for hashes of requests, which cursors have.
    pub fn new(point: DecisionPoint, request_key: [u8; 32]) -> Self {
        Self { point, request_key }
    }
}

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let (question, freshness) = question::check(request.get_ref())?;
        let answer = self.point.check(question, until_deadline(freshness, &request)).await?;
        Ok(Response::new(answer.into()))
    }

    async fn batch_check(
        &self,
        request: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        let pb::BatchCheckRequest { default_subject, default_attribute, default_target, items, consistency } =
            request.get_ref();
        let deadline = Some(deadline(&request, LONGEST_BATCH));
        let freshness = until_deadline(question::freshness(consistency.as_ref())?, &request);
        if items.is_empty() || items.len() > MAX_BATCH {
            Err(ServiceError::BatchSize { limit: MAX_BATCH, found: items.len() })?;
        }
        let (subject, target) = (default_subject.as_ref(), default_target.as_ref());
        let mut questions = Vec::with_capacity(items.len());
        let mut invalid = Vec::new();
        for (number, item) in items.iter().enumerate() {
            match question::item(item, subject, default_attribute, target) {
                Ok(question) => questions.push(question),
                Err(fault) => invalid.push((number, fault)),
            }
        }
        let answer = if questions.is_empty() {
            // Nothing that could be asked came in.
            let revision = self.point.index().revision();
            BatchAnswer { results: Vec::new(), subjects: Vec::new(), basis: None, revision }
        } else {
            self.point.batch(&questions, freshness, deadline).await?
        };
        Ok(Response::new(answer::batch(request.into_inner().items, invalid, answer)))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let (question, freshness) = question::explain(request.get_ref())?;
        let explanation = self.point.explain(question, until_deadline(freshness, &request)).await?;
        Ok(Response::new(explanation.into()))
    }

    async fn check_promotion(
        &self,
        request: Request<pb::CheckPromotionRequest>,
    ) -> Result<Response<pb::CheckPromotionResponse>, Status> {
        let (who, source, target, freshness) = question::promotion(request.get_ref())?;
        let freshness = until_deadline(freshness, &request);
        let promotion = self.point.promotion(who, source, target, freshness).await?;
        Ok(Response::new(promotion.into()))
    }

    type LookupFeedsStream = Answers<pb::LookupFeedsResponse>;

    async fn lookup_feeds(
        &self,
        request: Request<pb::LookupFeedsRequest>,
    ) -> Result<Response<Self::LookupFeedsStream>, Status> {
        let mut asked = pb::LookupFeedsRequest { consistency: None, ..request.get_ref().clone() };
        let (cursor, limit) = (std::mem::take(&mut asked.cursor), std::mem::take(&mut asked.limit));
        let fingerprint = lookup::fingerprint("LookupFeeds", &asked, &self.request_key);
        let (who, attribute, freshness) = question::lookup_feeds(request.get_ref())?;
        let freshness = until_deadline(freshness, &request);
        let portion = lookup::portion(&cursor, limit, fingerprint);
        let found = self.point.lookup_feeds(who, attribute, freshness, portion).await?;
        Ok(Response::new(stream::answers(move |outlet| async move {
            outlet.send(lookup::feeds(&found)).await;
        })))
    }

    type LookupPrincipalsStream = Answers<pb::LookupPrincipalsResponse>;

    async fn lookup_principals(
        &self,
        request: Request<pb::LookupPrincipalsRequest>,
    ) -> Result<Response<Self::LookupPrincipalsStream>, Status> {
        let mut asked = pb::LookupPrincipalsRequest { consistency: None, ..request.get_ref().clone() };
        let (cursor, limit) = (std::mem::take(&mut asked.cursor), std::mem::take(&mut asked.limit));
        let fingerprint = lookup::fingerprint("LookupPrincipals", &asked, &self.request_key);
        let (attribute, target, freshness) = question::lookup_principals(request.get_ref())?;
        let freshness = until_deadline(freshness, &request);
        let portion = lookup::portion(&cursor, limit, fingerprint);
        let found = self.point.lookup_principals(attribute, target, freshness, portion).await?;
        Ok(Response::new(stream::answers(move |outlet| async move {
            outlet.send(lookup::principals(&found)).await;
        })))
    }

    async fn list_effective_attributes(
        &self,
        request: Request<pb::ListEffectiveAttributesRequest>,
    ) -> Result<Response<pb::ListEffectiveAttributesResponse>, Status> {
        let (who, target, freshness) = question::effective(request.get_ref())?;
        let freshness = until_deadline(freshness, &request);
        let effective = self.point.effective_attributes(who, target, freshness).await?;
        Ok(Response::new(effective.into()))
    }
}
