//! `list`: objects of one kind, all pages of them in one answer.

pub(super) mod tables;

use super::{
    args::{
        connect::Format,
        list::{Feeds, Grants, List, Names, OnlyEffect},
    },
    client::Client,
    failure::{Exit, Failure},
    json, output, paging,
};
use crate::grpc::pb;

/// Asks for page after page and shows them as one: `listed!(client, format, rpc, request, Response.field)`,
/// where the table is the function of the field's name.
macro_rules! listed {
    ($client:ident, $format:ident, $rpc:ident, $request:expr, $response:ident . $field:ident) => {{
        let mut request = $request;
        let (objects, _) = paging::pages(usize::MAX, async |page| {
            request.page = Some(page);
            let call = $client.ask(request.clone());
            let page = $client.policy.$rpc(call).await.map_err(|s| $client.failure(s))?.into_inner();
            Ok((page.$field, page.next_page_token))
        })
        .await?;
        match $format {
            Format::Json => {
                let merged = pb::$response { $field: objects, ..Default::default() };
                json::render(stringify!($response), &merged)?
            }
            Format::Table => tables::$field(&objects),
        }
    }};
}

pub(super) async fn run(client: &mut Client, list: List, format: Format) -> Result<Exit, Failure> {
    let text = match list {
        List::Attributes => {
            let request = pb::ListAttributesRequest::default();
            listed!(client, format, list_attributes, request, ListAttributesResponse.attributes)
        }
        List::Tasks => {
            let request = pb::ListTasksRequest::default();
            listed!(client, format, list_tasks, request, ListTasksResponse.tasks)
        }
        List::Directories => {
            let request = pb::ListDirectoriesRequest::default();
            listed!(client, format, list_directories, request, ListDirectoriesResponse.directories)
        }
        List::Users(Names { prefix, directory }) => {
            let (name_prefix, directory) = (prefix.unwrap_or_default(), directory.unwrap_or_default());
            let request = pb::ListUsersRequest { page: None, name_prefix, directory };
            listed!(client, format, list_users, request, ListUsersResponse.users)
        }
        List::Groups(Names { prefix, directory }) => {
            let (name_prefix, directory) = (prefix.unwrap_or_default(), directory.unwrap_or_default());
            let request = pb::ListGroupsRequest { page: None, name_prefix, directory };
            listed!(client, format, list_groups, request, ListGroupsResponse.groups)
        }
        List::Members { group, directory } => {
            let group = Some(principal_name(group, directory));
            let request = pb::ListMembersRequest { page: None, group };
            listed!(client, format, list_members, request, ListMembersResponse.members)
        }
        List::FeedGroups { prefix } => {
            let name_prefix = prefix.unwrap_or_default();
            let request = pb::ListFeedGroupsRequest { page: None, name_prefix };
            listed!(client, format, list_feed_groups, request, ListFeedGroupsResponse.feed_groups)
        }
        List::Feeds(Feeds { prefix, feed_group, feed_type }) => {
            let request = pb::ListFeedsRequest {
                page: None,
                name_prefix: prefix.unwrap_or_default(),
                feed_group: feed_group.unwrap_or_default(),
                r#type: feed_type.unwrap_or_default(),
            };
            listed!(client, format, list_feeds, request, ListFeedsResponse.feeds)
        }
        List::Connectors => {
            let request = pb::ListConnectorsRequest::default();
            listed!(client, format, list_connectors, request, ListConnectorsResponse.connectors)
        }
        List::Grants(filter) => {
            listed!(client, format, list_grants, grants(filter), ListGrantsResponse.grants)
        }
    };
    output::print(text)?;
    Ok(Exit::Done)
}

/// The filter of `list grants`; clap has seen to it that at most one principal and one scope are given.
fn grants(filter: Grants) -> pb::ListGrantsRequest {
    let Grants { principal, scope, task, effect } = filter;
    let effect = match effect {
        Some(OnlyEffect::Permit) => pb::Effect::Permit,
        Some(OnlyEffect::Restrict) => pb::Effect::Restrict,
        None => pb::Effect::Unspecified,
    };
    pb::ListGrantsRequest {
        page: None,
        principal: principal.named().map(Into::into),
        scope: scope.named().map(Into::into),
        task: task.unwrap_or_default(),
        effect: effect.into(),
    }
}

fn principal_name(name: String, directory: Option<String>) -> pb::PrincipalName {
    pb::PrincipalName { directory: directory.unwrap_or_default(), name, ..Default::default() }
}

#[cfg(test)]
mod tests;
