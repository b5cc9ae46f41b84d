//! AnalysisService: what is odd in a policy, and what a change does to whom.

use tonic::{Request, Response, Status};

use super::{
    convert::{self, Invalid, Writing, access, lint},
    deadline::until_deadline,
    pb::{self, analysis_service_server::AnalysisService},
    stream::{self, Answers},
};
use crate::service::{DecisionPoint, access::AccessAnswer};

/// How many changes a preview may have.
const MAX_CHANGES: usize = 10_000;

/// Looks through policies.
#[derive(Clone, Debug)]
pub struct Analysis {
    point: DecisionPoint,
    request_key: [u8; 32],
}

impl Analysis {
    /// `request_key` is for hashes of requests, which cursors have.
    pub fn new(point: DecisionPoint, request_key: [u8; 32]) -> Self {
        Self { point, request_key }
    }
}

#[tonic::async_trait]
impl AnalysisService for Analysis {
    type LintStream = Answers<pb::LintResponse>;

    async fn lint(&self, request: Request<pb::LintRequest>) -> Result<Response<Self::LintStream>, Status> {
        use pb::lint_response::Part;
        let fingerprint = lint::fingerprint(request.get_ref(), &self.request_key);
        // What is wrong with the request is said at once.
        let (_, freshness) = lint::question(request.get_ref(), fingerprint)?;
        let freshness = until_deadline(freshness, &request);
        let (point, request) = (self.point.clone(), request.into_inner());
        Ok(Response::new(stream::answers(move |outlet| async move {
            let progress =
                |done, total| pb::LintResponse { part: Some(Part::Progress(pb::Progress { done, total })) };
            let meter = outlet.meter(progress);
            match lint::question(&request, fingerprint) {
                Ok((question, _)) => match point.lint(question, freshness, meter).await {
                    Ok(answer) => outlet.send(lint::messages(&answer)).await,
                    Err(error) => outlet.fail(error).await,
                },
                Err(invalid) => outlet.fail(invalid).await,
            }
        })))
    }

    type PreviewStream = Answers<pb::PreviewResponse>;

    async fn preview(
        &self,
        request: Request<pb::PreviewRequest>,
    ) -> Result<Response<Self::PreviewStream>, Status> {
        use pb::preview_response::Part;
        let freshness = convert::question::freshness(request.get_ref().consistency.as_ref())?;
        let freshness = until_deadline(freshness, &request);
        let (point, mut request) = (self.point.clone(), request.into_inner());
        let (fingerprint, page) = access::preview_fingerprint(&mut request, &self.request_key);
        access::page(&page, fingerprint)?;
        let pb::PreviewRequest { changes, consistency: _, page: _ } = request;
        let mut writing = Writing::new(None, MAX_CHANGES, &self.request_key)?;
        writing.add(changes)?;
        let steps = writing.finish("")?.steps;
        Ok(Response::new(stream::answers(move |outlet| async move {
            let part = |part| pb::PreviewResponse { part: Some(part) };
            let progress = |done, total| pb::PreviewResponse {
                part: Some(Part::Progress(pb::Progress { done, total })),
            };
            let Ok(page) = access::page(&page, fingerprint) else { return };
            match point.preview(steps, freshness, page, outlet.meter(progress)).await {
                Ok(answer) => {
                    let parts = in_order(answer, true, Part::Summary, Part::Groups, Part::Members);
                    outlet.send(parts.into_iter().map(part)).await;
                }
                Err(error) => outlet.fail(error).await,
            }
        })))
    }

    type CompareStream = Answers<pb::CompareResponse>;

    async fn compare(
        &self,
        request: Request<pb::CompareRequest>,
    ) -> Result<Response<Self::CompareStream>, Status> {
        use pb::compare_response::Part;
        let (point, mut request) = (self.point.clone(), request.into_inner());
        let (fingerprint, page) = access::compare_fingerprint(&mut request, &self.request_key);
        access::page(&page, fingerprint)?;
        let pb::CompareRequest { from, to, page: _ } = request;
        let from = convert::revision(from.ok_or_else(|| Invalid::missing("from"))?)
            .map_err(|it| it.under("from"))?;
        let to = to.map(convert::revision).transpose().map_err(|it| it.under("to"))?;
        Ok(Response::new(stream::answers(move |outlet| async move {
            let part = |part| pb::CompareResponse { part: Some(part) };
            let progress = |done, total| pb::CompareResponse {
                part: Some(Part::Progress(pb::Progress { done, total })),
            };
            let Ok(page) = access::page(&page, fingerprint) else { return };
            match point.compare(from, to, page, outlet.meter(progress)).await {
                Ok(answer) => {
                    let parts = in_order(answer, false, Part::Summary, Part::Groups, Part::Members);
                    outlet.send(parts.into_iter().map(part)).await;
                }
                Err(error) => outlet.fail(error).await,
            }
        })))
    }
}

/// The parts of an answer, in the order in which they are sent.
fn in_order<P>(
    answer: AccessAnswer,
    is_preview: bool,
    summary: fn(pb::AccessSummary) -> P,
    groups: fn(pb::AccessGroups) -> P,
    members: fn(pb::AccessMembers) -> P,
) -> Vec<P> {
    let parts = access::parts(answer, is_preview);
    [summary(parts.summary)]
        .into_iter()
        .chain(parts.groups.map(groups))
        .chain(parts.members.map(members))
        .collect()
}
