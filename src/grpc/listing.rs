//! Lists: each takes its request apart, has the service find the objects, and shows a page of them.

use prost::Message;
use tonic::{Request, Response, Status};

use super::{
    convert::{Invalid, Names, catalogue, export, feeds, grant, list, people, principal_name},
    error::Failure,
    pb,
};
use crate::{
    engine::Index,
    service::{DecisionPoint, ServiceError, listing, page::Page},
};

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Answers with a page of the newest policy. A filter may look at everything there is, so that it is done
/// where it keeps no check waiting.
pub async fn answer<Q, A>(
    point: &DecisionPoint,
    request: Request<Q>,
    list: fn(&Index, Q) -> Result<A, ListError>,
) -> Result<Response<A>, Status>
where
    Q: Send + 'static,
    A: Send + 'static,
{
    let (index, request) = (point.index(), request.into_inner());
    match tokio::task::spawn_blocking(move || list(&index, request)).await {
        Ok(Ok(page)) => Ok(Response::new(page)),
        Ok(Err(ListError::Invalid(invalid))) => Err(invalid.into()),
        Ok(Err(ListError::Service(error))) => Err(error.into()),
        Err(_) => Err(Failure::internal("a list was given up").into()),
    }
}

/// A message, and what it weighs in a page.
fn weighed<T: Message>(message: T) -> (T, usize) {
    let weight = message.encoded_len();
    (message, weight)
}

pub fn attributes(
    index: &Index,
    request: pb::ListAttributesRequest,
) -> Result<pb::ListAttributesResponse, ListError> {
    let pb::ListAttributesRequest { page } = request;
    let (size, token) = list::page(page)?;
    let Page { items: attributes, next: next_page_token } =
        listing::attributes(index, &token)?.page(size, |it| weighed(catalogue::attribute(it)));
    Ok(pb::ListAttributesResponse { attributes, next_page_token })
}

pub fn tasks(index: &Index, request: pb::ListTasksRequest) -> Result<pb::ListTasksResponse, ListError> {
    let pb::ListTasksRequest { page } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let Page { items: tasks, next: next_page_token } =
        listing::tasks(index, &token)?.page(size, |it| weighed(catalogue::task(it, &names)));
    Ok(pb::ListTasksResponse { tasks, next_page_token })
}

pub fn directories(
    index: &Index,
    request: pb::ListDirectoriesRequest,
) -> Result<pb::ListDirectoriesResponse, ListError> {
    let pb::ListDirectoriesRequest { page } = request;
    let (size, token) = list::page(page)?;
    let Page { items: directories, next: next_page_token } =
        listing::directories(index, &token)?.page(size, |it| weighed(people::directory(it)));
    Ok(pb::ListDirectoriesResponse { directories, next_page_token })
}

pub fn users(index: &Index, request: pb::ListUsersRequest) -> Result<pb::ListUsersResponse, ListError> {
    let pb::ListUsersRequest { page, name_prefix, directory } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let filter = list::people(name_prefix, &directory)?;
    let Page { items: users, next: next_page_token } =
        listing::users(index, &filter, &token)?.page(size, |it| weighed(people::user(it, &names)));
    Ok(pb::ListUsersResponse { users, next_page_token })
}

pub fn groups(index: &Index, request: pb::ListGroupsRequest) -> Result<pb::ListGroupsResponse, ListError> {
    let pb::ListGroupsRequest { page, name_prefix, directory } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let filter = list::people(name_prefix, &directory)?;
    let Page { items: groups, next: next_page_token } =
        listing::groups(index, &filter, &token)?.page(size, |it| weighed(people::group(it, &names)));
    Ok(pb::ListGroupsResponse { groups, next_page_token })
}

pub fn members(index: &Index, request: pb::ListMembersRequest) -> Result<pb::ListMembersResponse, ListError> {
    let pb::ListMembersRequest { group, page } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let group = principal_name(group.as_ref(), "group")?;
    let Page { items: members, next: next_page_token } =
        listing::members(index, &group, &token)?.page(size, |it| weighed(export::member(it, &names)));
    Ok(pb::ListMembersResponse { members, next_page_token })
}

pub fn feed_groups(
    index: &Index,
    request: pb::ListFeedGroupsRequest,
) -> Result<pb::ListFeedGroupsResponse, ListError> {
    let pb::ListFeedGroupsRequest { page, name_prefix } = request;
    let (size, token) = list::page(page)?;
    let Page { items: feed_groups, next: next_page_token } =
        listing::feed_groups(index, &name_prefix, &token)?.page(size, |it| weighed(feeds::feed_group(it)));
    Ok(pb::ListFeedGroupsResponse { feed_groups, next_page_token })
}

pub fn feeds(index: &Index, request: pb::ListFeedsRequest) -> Result<pb::ListFeedsResponse, ListError> {
    let pb::ListFeedsRequest { page, name_prefix, feed_group, r#type } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let filter = list::feeds(name_prefix, &feed_group, r#type)?;
    let Page { items: feeds, next: next_page_token } =
        listing::feeds(index, filter, &token)?.page(size, |it| weighed(feeds::feed(it, &names)));
    Ok(pb::ListFeedsResponse { feeds, next_page_token })
}

pub fn connectors(
    index: &Index,
    request: pb::ListConnectorsRequest,
) -> Result<pb::ListConnectorsResponse, ListError> {
    let pb::ListConnectorsRequest { page } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let Page { items: connectors, next: next_page_token } =
        listing::connectors(index, &token)?.page(size, |it| weighed(feeds::connector(it, &names)));
    Ok(pb::ListConnectorsResponse { connectors, next_page_token })
}

pub fn grants(index: &Index, request: pb::ListGrantsRequest) -> Result<pb::ListGrantsResponse, ListError> {
    let pb::ListGrantsRequest { page, principal, scope, task, effect } = request;
    let ((size, token), names) = (list::page(page)?, Names::of(index));
    let filter = list::grants(principal.as_ref(), scope.as_ref(), &task, effect)?;
    let Page { items: grants, next: next_page_token } =
        listing::grants(index, &filter, &token)?.page(size, |it| weighed(grant::grant(&it, &names)));
    Ok(pb::ListGrantsResponse { grants, next_page_token })
}
