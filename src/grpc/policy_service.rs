//! PolicyService: administration. Every call has shown the token before it gets here.

use std::time::{Duration, Instant};

use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use super::{
    access::Caller,
    convert::{self, Invalid, Names, Writing, catalogue, feeds, grant, people},
    listing,
    pb::{self, policy_service_server::PolicyService},
    stream::{Answers, answers},
};
use crate::{
    policy,
    service::{DecisionPoint, find},
};

/// How many changes a single message may have; a stream may have as many as the writer takes.
const MAX_CHANGES: usize = 10_000;

/// How long the reader of a backup may leave a piece lying.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many messages of an export wait for a slow reader.
const EXPORT_AHEAD: usize = 2;

/// Shows the policy and changes it.
#[derive(Clone, Debug)]
pub struct Administration {
    point: DecisionPoint,
    request_key: [u8; 32],
    started: Instant,
}

impl Administration {
    /// `request_key` is for hashes of requests with an idempotency key.
    pub fn new(point: DecisionPoint, request_key: [u8; 32]) -> Self {
        Self { point, request_key, started: Instant::now() }
    }
}

#[tonic::async_trait]
impl PolicyService for Administration {
    async fn write(&self, request: Request<pb::WriteRequest>) -> Result<Response<pb::WriteResponse>, Status> {
        let Caller { actor } = Caller::of(&request)?;
        let pb::WriteRequest { changes, options } = request.into_inner();
        let mut writing = Writing::new(options, MAX_CHANGES, &self.request_key)?;
        writing.add(changes)?;
        let (written, report) = self.point.write_and_report(writing.finish(actor)?).await?;
        Ok(Response::new(convert::written::answer(written, report)))
    }

    async fn write_stream(
        &self,
        request: Request<Streaming<pb::WriteStreamRequest>>,
    ) -> Result<Response<pb::WriteStreamResponse>, Status> {
        let Caller { actor } = Caller::of(&request)?;
        let mut messages = request.into_inner();
        let first = messages.message().await?.unwrap_or_default();
        let pb::WriteStreamRequest { options, changes } = first;
        let mut writing = Writing::new(options, policy::MAX_STEPS, &self.request_key)?;
        writing.add(changes)?;
        while let Some(pb::WriteStreamRequest { options, changes }) = messages.message().await? {
            if options.is_some() {
                Err(Invalid::value("options", "belongs in the first message of a stream only"))?;
            }
            writing.add(changes)?;
        }
        let (written, report) = self.point.write_and_report(writing.finish(actor)?).await?;
        let pb::WriteResponse { revision, summary, changes, unbound, unbound_total, merged } =
            convert::written::answer(written, report);
        let answer = pb::WriteStreamResponse { revision, summary, changes, unbound, unbound_total, merged };
        Ok(Response::new(answer))
    }

    type ExportStream = tokio_stream::adapters::Map<
        ReceiverStream<pb::ExportResponse>,
        fn(pb::ExportResponse) -> Result<pb::ExportResponse, Status>,
    >;

    async fn export(
        &self,
        request: Request<pb::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        let pb::ExportRequest {} = request.into_inner();
        let index = self.point.index();
        let (sender, receiver) = tokio::sync::mpsc::channel(EXPORT_AHEAD);
        // Ends when the reader goes away.
        tokio::spawn(async move {
            for message in convert::export::messages(&index) {
                if sender.send(message).await.is_err() {
                    break;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver).map(Ok)))
    }

    type BackupStream = Answers<pb::BackupResponse>;

    async fn backup(
        &self,
        request: Request<pb::BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        let pb::BackupRequest {} = request.into_inner();
        // Nothing is sent before all of it is known to be whole.
        let (backup, place) = self.point.backup().await?;
        let revision = Some(backup.stamp().revision.into());
        let pieces = backup.into_pieces().map(move |data| pb::BackupResponse { revision, data });
        Ok(Response::new(answers(|outlet| async move {
            outlet.send_within(PATIENCE, pieces).await;
            drop(place);
        })))
    }

    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let pb::GetStatusRequest {} = request.into_inner();
        Ok(Response::new(convert::status(self.point.status_of_all().await, self.started.elapsed())))
    }

    async fn get_attribute(
        &self,
        request: Request<pb::GetAttributeRequest>,
    ) -> Result<Response<pb::GetAttributeResponse>, Status> {
        let pb::GetAttributeRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::attribute_name("name", &name)?);
        let attribute = Some(catalogue::attribute(find::attribute(&index, &name)?));
        Ok(Response::new(pb::GetAttributeResponse { attribute }))
    }

    async fn get_task(
        &self,
        request: Request<pb::GetTaskRequest>,
    ) -> Result<Response<pb::GetTaskResponse>, Status> {
        let pb::GetTaskRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::name("name", &name)?);
        let task = Some(catalogue::task(find::task(&index, &name)?, &Names::of(&index)));
        Ok(Response::new(pb::GetTaskResponse { task }))
    }

    async fn get_directory(
        &self,
        request: Request<pb::GetDirectoryRequest>,
    ) -> Result<Response<pb::GetDirectoryResponse>, Status> {
        let pb::GetDirectoryRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::name("name", &name)?);
        let directory = Some(people::directory(find::directory(&index, &name)?));
        Ok(Response::new(pb::GetDirectoryResponse { directory }))
    }

    async fn get_user(
        &self,
        request: Request<pb::GetUserRequest>,
    ) -> Result<Response<pb::GetUserResponse>, Status> {
        let pb::GetUserRequest { user } = request.into_inner();
        let (index, name) = (self.point.index(), convert::principal_name(user.as_ref(), "user")?);
        let user = Some(people::user(find::user(&index, &name)?, &Names::of(&index)));
        Ok(Response::new(pb::GetUserResponse { user }))
    }

    async fn get_group(
        &self,
        request: Request<pb::GetGroupRequest>,
    ) -> Result<Response<pb::GetGroupResponse>, Status> {
        let pb::GetGroupRequest { group } = request.into_inner();
        let (index, name) = (self.point.index(), convert::principal_name(group.as_ref(), "group")?);
        let group = Some(people::group(find::group(&index, &name)?, &Names::of(&index)));
        Ok(Response::new(pb::GetGroupResponse { group }))
    }

    async fn get_feed_group(
        &self,
        request: Request<pb::GetFeedGroupRequest>,
    ) -> Result<Response<pb::GetFeedGroupResponse>, Status> {
        let pb::GetFeedGroupRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::name("name", &name)?);
        let feed_group = Some(feeds::feed_group(find::feed_group(&index, &name)?));
        Ok(Response::new(pb::GetFeedGroupResponse { feed_group }))
    }

    async fn get_feed(
        &self,
        request: Request<pb::GetFeedRequest>,
    ) -> Result<Response<pb::GetFeedResponse>, Status> {
        let pb::GetFeedRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::name("name", &name)?);
        let feed = Some(feeds::feed(find::feed(&index, &name)?, &Names::of(&index)));
        Ok(Response::new(pb::GetFeedResponse { feed }))
    }

    async fn get_connector(
        &self,
        request: Request<pb::GetConnectorRequest>,
    ) -> Result<Response<pb::GetConnectorResponse>, Status> {
        let pb::GetConnectorRequest { name } = request.into_inner();
        let (index, name) = (self.point.index(), convert::name("name", &name)?);
        let connector = Some(feeds::connector(find::connector(&index, &name)?, &Names::of(&index)));
        Ok(Response::new(pb::GetConnectorResponse { connector }))
    }

    async fn get_grant(
        &self,
        request: Request<pb::GetGrantRequest>,
    ) -> Result<Response<pb::GetGrantResponse>, Status> {
        let pb::GetGrantRequest { id } = request.into_inner();
        let index = self.point.index();
        let grant = Some(grant::grant(&find::grant(&index, id)?, &Names::of(&index)));
        Ok(Response::new(pb::GetGrantResponse { grant }))
    }

    async fn get_settings(
        &self,
        request: Request<pb::GetSettingsRequest>,
    ) -> Result<Response<pb::GetSettingsResponse>, Status> {
        let pb::GetSettingsRequest {} = request.into_inner();
        let settings = Some(self.point.index().settings().as_ref().into());
        Ok(Response::new(pb::GetSettingsResponse { settings }))
    }

    async fn list_attributes(
        &self,
        request: Request<pb::ListAttributesRequest>,
    ) -> Result<Response<pb::ListAttributesResponse>, Status> {
        listing::answer(&self.point, request, listing::attributes).await
    }

    async fn list_tasks(
        &self,
        request: Request<pb::ListTasksRequest>,
    ) -> Result<Response<pb::ListTasksResponse>, Status> {
        listing::answer(&self.point, request, listing::tasks).await
    }

    async fn list_directories(
        &self,
        request: Request<pb::ListDirectoriesRequest>,
    ) -> Result<Response<pb::ListDirectoriesResponse>, Status> {
        listing::answer(&self.point, request, listing::directories).await
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        listing::answer(&self.point, request, listing::users).await
    }

    async fn list_groups(
        &self,
        request: Request<pb::ListGroupsRequest>,
    ) -> Result<Response<pb::ListGroupsResponse>, Status> {
        listing::answer(&self.point, request, listing::groups).await
    }

    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        listing::answer(&self.point, request, listing::members).await
    }

    async fn list_feed_groups(
        &self,
        request: Request<pb::ListFeedGroupsRequest>,
    ) -> Result<Response<pb::ListFeedGroupsResponse>, Status> {
        listing::answer(&self.point, request, listing::feed_groups).await
    }

    async fn list_feeds(
        &self,
        request: Request<pb::ListFeedsRequest>,
    ) -> Result<Response<pb::ListFeedsResponse>, Status> {
        listing::answer(&self.point, request, listing::feeds).await
    }

    async fn list_connectors(
        &self,
        request: Request<pb::ListConnectorsRequest>,
    ) -> Result<Response<pb::ListConnectorsResponse>, Status> {
        listing::answer(&self.point, request, listing::connectors).await
    }

    async fn list_grants(
        &self,
        request: Request<pb::ListGrantsRequest>,
    ) -> Result<Response<pb::ListGrantsResponse>, Status> {
        listing::answer(&self.point, request, listing::grants).await
    }
}
