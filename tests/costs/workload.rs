//! Questions to a policy of 10,000 grants, and two ways to put them: to the engine, and to everything that is served but
//! the sockets. What is counted is what happens within these functions.

use std::{convert::Infallible, hint::black_box, sync::Arc};

use feedgate::{
    directory::{Connections, Identity, Lookup, Resolved, resolve},
    engine::{Demand, Index, Principals, Target, decide},
    grpc::{AdminToken, Surface, explain_layer, pb},
    model::{DirectoryId, NameKey, Policy, Revision, StoreId},
    service::{DecisionPoint, Retention},
    store::MemoryStore,
};
use http_body_util::{BodyExt as _, Full};
use prost::{Message as _, bytes::Bytes};
use tonic::{
    body::Body,
    codegen::http::{Request, Response},
};
use tower::{Layer as _, Service};

use super::world::{self, FIRST, Random, Size};

const QUESTIONS: usize = 1_000;

/// Who, what, where.
pub type Question = (String, String, String);

pub fn size() -> Size {
    Size::of(10_000)
}

pub fn policy() -> Policy {
    world::policy(size())
}

pub fn index() -> Index {
    Index::build(Revision { store: StoreId(1), number: 0 }, policy()).unwrap()
}

pub async fn point() -> DecisionPoint {
    let store = MemoryStore::holding(&policy()).unwrap();
    DecisionPoint::open(Arc::new(store), Retention::default()).await.unwrap()
}

/// Among them names in capitals, and names of nobody and nothing.
pub fn questions() -> Vec<Question> {
    let (mut random, size) = (Random(21), size());
    let question = |number| {
        let user = world::user_name(FIRST + random.below(size.users));
        let feed = world::feed_name(FIRST + random.below(size.feeds));
        let attribute = world::attribute_of(random.below(10)).name.to_string();
        match number % 20 {
            0 => (user.to_uppercase(), attribute, feed.to_uppercase()),
            1 => ("nobody".into(), attribute, feed),
            2 => (user, attribute, "nowhere".into()),
            _ => (user, attribute, feed),
        }
    };
    (0..QUESTIONS).map(question).collect()
}

/// How many are allowed, of the engine.
#[inline(never)]
pub fn decide_each(index: &Index, nobody_else: &Connections, questions: &[Question]) -> usize {
    questions.iter().filter(|question| decided(index, nobody_else, question)).count()
}

fn decided(index: &Index, nobody_else: &Connections, (user, attribute, feed): &Question) -> bool {
    let Ok(Lookup { resolved, .. }) = resolve(index, nobody_else, None, Identity::Name(user)) else {
        return false;
    };
    let who = match resolved {
        Resolved::BuiltIn(member) => Principals::of_member(index, DirectoryId::BUILT_IN, member),
        _ => Principals::unknown(index),
    };
    let attribute = index.attribute_named(attribute).unwrap().id;
    let feed = index.feed_id_named(&NameKey::new(feed).unwrap());
    let target = feed.map_or(Target::UnknownFeed, Target::Feed);
    black_box(decide(index, &who, Demand { attribute, target })).allowed()
}

/// Checks as they come over the wire.
pub fn requests(questions: &[Question]) -> Vec<Bytes> {
    let framed = |(user, attribute, feed): &Question| {
        let identity = Some(pb::subject::user::Identity::Name(user.clone()));
        let user = pb::subject::User { directory: String::new(), identity };
        let message = pb::CheckRequest {
            subject: Some(pb::Subject { kind: Some(pb::subject::Kind::User(user)) }),
            attribute: attribute.clone(),
            target: Some(pb::Target { kind: Some(pb::target::Kind::Feed(feed.clone())) }),
            consistency: None,
        };
        let mut frame = vec![0; 5];
        frame[1..].copy_from_slice(&u32::try_from(message.encoded_len()).unwrap().to_be_bytes());
        message.encode(&mut frame).unwrap();
        Bytes::from(frame)
    };
    questions.iter().map(framed).collect()
}

/// Everything that is served, as a listener has it.
pub fn served(
    point: DecisionPoint,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> {
    let (surface, _health) = Surface::new(point, AdminToken::new(&"a token".into()), false).unwrap();
    let Surface { services, guard, admission } = surface;
    explain_layer().layer(guard.layer(admission.layer(services)))
}

/// How many are allowed, of what is served.
#[inline(never)]
pub fn call_each<S>(runtime: &tokio::runtime::Runtime, service: &mut S, requests: &[Bytes]) -> usize
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    runtime.block_on(async {
        let mut allowed = 0;
        for request in requests {
            let request = Request::post("http://localhost/feedgate.v1.DecisionService/Check")
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .body(Body::new(Full::new(request.clone())))
                .unwrap();
            let answer = service.call(request).await.unwrap().into_body().collect().await.unwrap();
            let answer = pb::CheckResponse::decode(&answer.to_bytes()[5..]).unwrap();
            allowed += usize::from(answer.allowed);
        }
        allowed
    })
}
