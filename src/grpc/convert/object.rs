//! Objects of any kind, and references to them.

use super::{
    catalogue, feeds,
    grant::{self, FoundBy},
    invalid::{Invalid, under},
    mask::Mask,
    names::Names,
    people, principal, settings, text,
};
use crate::{
    grpc::pb,
    model::{
        Object,
        edit::{ObjectRef, Spec},
    },
};

/// What an object is to be like, known by its name.
///
/// With [`Mask::ALL`] the spec says everything, as for an object that was exported.
pub fn spec(object: pb::Object, mask: &Mask<'_>) -> Result<Spec, Invalid> {
    found_by(object, mask, FoundBy::Key)
}

/// The same for an object that must be there; a grant may be known by its id.
pub fn update_spec(object: pb::Object, mask: &Mask<'_>) -> Result<Spec, Invalid> {
    found_by(object, mask, FoundBy::Id)
}

fn found_by(object: pb::Object, mask: &Mask<'_>, found_by: FoundBy) -> Result<Spec, Invalid> {
    use pb::object::Kind;
    let pb::Object { kind } = object;
    match kind {
        None => Err(Invalid::missing("kind")),
        Some(Kind::Attribute(attribute)) => {
            catalogue::attribute_spec(attribute, mask).map(Spec::Attribute).map_err(under("attribute"))
        }
        Some(Kind::Task(task)) => catalogue::task_spec(task, mask).map(Spec::Task).map_err(under("task")),
        Some(Kind::Directory(directory)) => {
            people::directory_spec(directory, mask).map(Spec::Directory).map_err(under("directory"))
        }
        Some(Kind::User(user)) => people::user_spec(user, mask).map(Spec::User).map_err(under("user")),
        Some(Kind::Group(group)) => people::group_spec(group, mask).map(Spec::Group).map_err(under("group")),
        Some(Kind::Membership(membership)) => {
            mask.only(&[])?;
            people::membership(&membership).map(Spec::Membership).map_err(under("membership"))
        }
        Some(Kind::FeedGroup(group)) => {
            feeds::feed_group_spec(group, mask).map(Spec::FeedGroup).map_err(under("feed_group"))
        }
        Some(Kind::Feed(feed)) => feeds::feed_spec(feed, mask).map(Spec::Feed).map_err(under("feed")),
        Some(Kind::Connector(connector)) => {
            feeds::connector_spec(connector, mask).map(Spec::Connector).map_err(under("connector"))
        }
        Some(Kind::Grant(grant)) => {
            grant::grant_spec(grant, mask, found_by).map(Spec::Grant).map_err(under("grant"))
        }
        Some(Kind::Settings(settings)) => {
            settings::settings_spec(settings, mask).map(Spec::Settings).map_err(under("settings"))
        }
    }
}

/// Which object is meant.
pub fn object_ref(object: Option<pb::ObjectRef>) -> Result<ObjectRef, Invalid> {
    use pb::object_ref::Kind;
    let Some(pb::ObjectRef { kind: Some(kind) }) = object else {
        return Err(Invalid::missing("object"));
    };
    let object = match kind {
        Kind::Attribute(name) => text::attribute_name("attribute", &name).map(ObjectRef::Attribute),
        Kind::Task(name) => text::name("task", &name).map(ObjectRef::Task),
        Kind::Directory(name) => text::name("directory", &name).map(ObjectRef::Directory),
        Kind::User(user) => principal::principal_name(Some(&user), "user").map(ObjectRef::User),
        Kind::Group(group) => principal::principal_name(Some(&group), "group").map(ObjectRef::Group),
        Kind::Membership(membership) => {
            people::membership(&membership).map(ObjectRef::Membership).map_err(under("membership"))
        }
        Kind::FeedGroup(name) => text::name("feed_group", &name).map(ObjectRef::FeedGroup),
        Kind::Feed(name) => text::name("feed", &name).map(ObjectRef::Feed),
        Kind::Connector(name) => text::name("connector", &name).map(ObjectRef::Connector),
        Kind::GrantId(0) => Err(Invalid::missing("grant_id")),
        Kind::GrantId(id) => Ok(ObjectRef::GrantId(id)),
        Kind::Grant(grant) => {
            grant::grant_spec(grant, &Mask::ALL, FoundBy::Key).map(ObjectRef::Grant).map_err(under("grant"))
        }
    };
    object.map_err(under("object"))
}

/// An object as answers show it.
pub fn object(object: &Object, names: &Names<'_>) -> pb::Object {
    use pb::object::Kind;
    let kind = match object {
        Object::Settings(settings) => Kind::Settings(settings.as_ref().into()),
        Object::Attribute(attribute) => Kind::Attribute(catalogue::attribute(attribute)),
        Object::Task(task) => Kind::Task(catalogue::task(task, names)),
        Object::Directory(directory) => Kind::Directory(people::directory(directory)),
        Object::Group(group) => Kind::Group(people::group(group, names)),
        Object::User(user) => Kind::User(people::user(user, names)),
        Object::FeedGroup(group) => Kind::FeedGroup(feeds::feed_group(group)),
        Object::Feed(feed) => Kind::Feed(feeds::feed(feed, names)),
        Object::Connector(connector) => Kind::Connector(feeds::connector(connector, names)),
        Object::Grant(grant) => Kind::Grant(grant::grant(grant, names)),
    };
    pb::Object { kind: Some(kind) }
}
