//! A thousand durable changes a second, one grant each.

use std::{sync::Arc, time::Duration};

use feedgate::grpc::pb::{self, policy_service_client::PolicyServiceClient};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};
use tonic::{
    Request,
    metadata::{MetadataMap, MetadataValue},
    transport::Channel,
};

use crate::world::{self, FIRST, Random, Size};

const A_SECOND: u32 = 1_000;
/// Half of the places that the server has for changes.
const UNDER_WAY: usize = 64;

/// Asks for a second's changes, each when it is due, however few are acknowledged as long as not too
/// many are under way, and waits for all.
pub async fn a_second(channel: Channel, token: &str, size: Size) {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut random = Random(std::process::id().into());
    random.0 ^= std::time::UNIX_EPOCH.elapsed().expect("the clock is right").as_nanos() as u64;
    let places = Arc::new(Semaphore::new(UNDER_WAY));
    let mut changes = JoinSet::new();
    for _ in 0..A_SECOND {
        tick.tick().await;
        let place = Arc::clone(&places).acquire_owned().await.expect("it isn't closed");
        let mut metadata = MetadataMap::new();
        let bearer = format!("Bearer {token}");
        metadata.insert("authorization", MetadataValue::try_from(bearer).expect("a token is a header"));
        let write = pb::WriteRequest { changes: vec![change(&mut random, size)], options: None };
        let request = Request::from_parts(metadata, Default::default(), write);
        let mut client = PolicyServiceClient::new(channel.clone());
        changes.spawn(async move {
            client.write(request).await.expect("it is durable");
            drop(place);
        });
    }
    changes.join_all().await;
}

/// A grant to a group on a feed, most often a new one.
fn change(random: &mut Random, size: Size) -> pb::Change {
    let group = pb::PrincipalName {
        name: world::group_name(FIRST + random.below(size.groups)),
        ..pb::PrincipalName::default()
    };
    let feed = world::feed_name(FIRST + random.below(size.feeds));
    let grant = pb::Grant {
        effect: pb::Effect::Permit.into(),
        principal: Some(pb::Principal { kind: Some(pb::principal::Kind::Group(group)) }),
        task: world::task_name(FIRST + random.below(world::TASKS)),
        scope: Some(pb::Scope { kind: Some(pb::scope::Kind::Feed(feed)) }),
        ..pb::Grant::default()
    };
    let object = pb::Object { kind: Some(pb::object::Kind::Grant(grant)) };
    let put = pb::PutObject { object: Some(object), ..pb::PutObject::default() };
    pb::Change { operation: Some(pb::change::Operation::Put(put)), expected_object_revision: None }
}
