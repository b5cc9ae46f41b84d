//! Changes, as messages.

use feedgate::grpc::pb::{self, change::Operation, object::Kind, object_ref, principal, scope};

fn change(operation: Operation) -> pb::Change {
    pb::Change { operation: Some(operation), expected_object_revision: None }
}

pub fn create(kind: Kind) -> pb::Change {
    change(Operation::Create(pb::Object { kind: Some(kind) }))
}

pub fn put(kind: Kind) -> pb::Change {
    let object = Some(pb::Object { kind: Some(kind) });
    change(Operation::Put(pb::PutObject { object, update_mask: None }))
}

/// Somebody's password, as ProGet keeps it: that takes no hashing.
pub fn password(user: &str) -> pb::Change {
    let hash = pb::set_password::ProGetHash { hash: vec![1; 20], salt: vec![2; 10] };
    let secret = Some(pb::set_password::Secret::Proget(hash));
    change(Operation::SetPassword(pb::SetPassword { user: Some(name(user)), secret, must_change: false }))
}

pub fn update(kind: Kind) -> pb::Change {
    let object = Some(pb::Object { kind: Some(kind) });
    change(Operation::Update(pb::UpdateObject { object, update_mask: None }))
}

pub fn rename(object: object_ref::Kind, new_name: &str) -> pb::Change {
    let object = Some(pb::ObjectRef { kind: Some(object) });
    change(Operation::Rename(pb::RenameObject { object, new_name: new_name.into() }))
}

pub fn delete(object: object_ref::Kind) -> pb::Change {
    let object = Some(pb::ObjectRef { kind: Some(object) });
    change(Operation::Delete(pb::DeleteObject { object, cascade: false, missing_ok: false }))
}

pub fn write(changes: Vec<pb::Change>) -> pb::WriteRequest {
    pb::WriteRequest { changes, options: None }
}

pub fn name(name: &str) -> pb::PrincipalName {
    pb::PrincipalName { name: name.into(), ..Default::default() }
}

pub fn user(name: &str) -> Kind {
    Kind::User(pb::User { name: name.into(), ..Default::default() })
}

pub fn group(name: &str) -> Kind {
    Kind::Group(pb::Group { name: name.into(), ..Default::default() })
}

pub fn feed(name: &str) -> Kind {
    Kind::Feed(pb::Feed { name: name.into(), ..Default::default() })
}

pub fn feed_group(name: &str) -> Kind {
    Kind::FeedGroup(pb::FeedGroup { name: name.into(), ..Default::default() })
}

pub fn task(name: &str, attributes: &[&str]) -> Kind {
    let attributes = attributes.iter().copied().map(Into::into).collect();
    Kind::Task(pb::Task { name: name.into(), attributes, ..Default::default() })
}

pub fn attribute(name: &str) -> Kind {
    Kind::Attribute(pb::Attribute { name: name.into(), feed_scopable: true, ..Default::default() })
}

/// To a user, on all feeds.
pub fn grant(effect: pb::Effect, user: &str, task: &str) -> pb::Grant {
    pb::Grant {
        effect: effect.into(),
        principal: Some(pb::Principal { kind: Some(principal::Kind::User(name(user))) }),
        task: task.into(),
        scope: Some(pb::Scope { kind: Some(scope::Kind::AllFeeds(scope::AllFeeds {})) }),
        ..Default::default()
    }
}
