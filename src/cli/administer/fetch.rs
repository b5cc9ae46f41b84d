//! One object as it is, by its name.

use anyhow::anyhow;

use crate::{
    cli::{client::Client, failure::Failure},
    grpc::pb::{self, object::Kind},
    model::edit::ObjectRef,
};

/// Asks for one object: `got!(client, rpc, request, field as Kind)`.
macro_rules! got {
    ($client:ident, $rpc:ident, $request:expr, $field:ident as $kind:ident) => {{
        let call = $client.ask($request);
        let answer = $client.policy.$rpc(call).await.map_err(|status| $client.failure(status))?;
        answer.into_inner().$field.map(Kind::$kind)
    }};
}

pub(super) async fn object(client: &mut Client, object: ObjectRef) -> Result<pb::Object, Failure> {
    let kind = match object {
        ObjectRef::Attribute(name) => {
            got!(client, get_attribute, pb::GetAttributeRequest { name: name.into() }, attribute as Attribute)
        }
        ObjectRef::Task(name) => {
            got!(client, get_task, pb::GetTaskRequest { name: name.into() }, task as Task)
        }
        ObjectRef::Directory(name) => {
            got!(client, get_directory, pb::GetDirectoryRequest { name: name.into() }, directory as Directory)
        }
        ObjectRef::User(user) => {
            got!(client, get_user, pb::GetUserRequest { user: Some(user.into()) }, user as User)
        }
        ObjectRef::Group(group) => {
            got!(client, get_group, pb::GetGroupRequest { group: Some(group.into()) }, group as Group)
        }
        ObjectRef::FeedGroup(name) => {
            got!(
                client,
                get_feed_group,
                pb::GetFeedGroupRequest { name: name.into() },
                feed_group as FeedGroup
            )
        }
        ObjectRef::Feed(name) => {
            got!(client, get_feed, pb::GetFeedRequest { name: name.into() }, feed as Feed)
        }
        ObjectRef::Connector(name) => {
            got!(client, get_connector, pb::GetConnectorRequest { name: name.into() }, connector as Connector)
        }
        ObjectRef::GrantId(id) => got!(client, get_grant, pb::GetGrantRequest { id }, grant as Grant),
        ObjectRef::Membership(_) | ObjectRef::Grant(_) => {
            return Err(anyhow!("a membership or a grant has no name that it could be found by").into());
        }
    };
    Ok(pb::Object { kind })
}
