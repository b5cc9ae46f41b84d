//! Its messages, as far as they are needed.

use std::collections::HashMap;

use crate::model::{Question, World, names};

/// What the first question's user may do, with its attribute, on some feeds.
pub fn request(world: &World, questions: &[Question]) -> CheckRequest {
    let Question { user, attribute, .. } = questions[0];
    let principal = Principal {
        id: names::user(user),
        roles: world.members[user as usize].iter().map(|group| names::group(*group)).collect(),
    };
    let resource = |question: &Question| {
        let group = names::feed_group(world.feed_groups[question.feed as usize]);
        let group = prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(group)) };
        ResourceEntry {
            actions: vec![names::attribute(attribute).into()],
            resource: Some(Resource {
                kind: "feed".into(),
                id: names::feed(question.feed),
                attr: [("feed_group".to_owned(), group)].into(),
            }),
        }
    };
    CheckRequest { principal: Some(principal), resources: questions.iter().map(resource).collect() }
}

/// `cerbos.request.v1.CheckResourcesRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckRequest {
    #[prost(message, optional, tag = "3")]
    pub principal: Option<Principal>,
    #[prost(message, repeated, tag = "4")]
    pub resources: Vec<ResourceEntry>,
}

/// `cerbos.engine.v1.Principal`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Principal {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, repeated, tag = "3")]
    pub roles: Vec<String>,
}

/// `cerbos.request.v1.CheckResourcesRequest.ResourceEntry`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceEntry {
    #[prost(string, repeated, tag = "1")]
    pub actions: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub resource: Option<Resource>,
}

/// `cerbos.engine.v1.Resource`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Resource {
    #[prost(string, tag = "1")]
    pub kind: String,
    #[prost(string, tag = "3")]
    pub id: String,
    #[prost(map = "string, message", tag = "4")]
    pub attr: HashMap<String, prost_types::Value>,
}

/// `cerbos.response.v1.CheckResourcesResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckResponse {
    #[prost(message, repeated, tag = "2")]
    pub results: Vec<ResultEntry>,
}

/// `cerbos.response.v1.CheckResourcesResponse.ResultEntry`
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResultEntry {
    #[prost(map = "string, int32", tag = "2")]
    pub actions: HashMap<String, i32>,
}

impl ResultEntry {
    /// Whether every action was allowed.
    pub fn allowed(&self) -> bool {
        const EFFECT_ALLOW: i32 = 1;
        self.actions.values().all(|effect| *effect == EFFECT_ALLOW)
    }
}
