//! Pages: the objects of one kind, 64 ids to a record.
//!
//! One record an object would cost an envelope, a key and a place in the store's tree for every grant.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

use super::{
    super::StoreError, RecordKey, damaged, first::Settings1, grants, key::PAGE_SPAN, record::Whole, wire,
};
use feedgate_model::{Grant, Kind, Object, Settings};

/// The payload of a page: its objects, ascending by id, all of the page's kind.
pub(super) fn encode(key: RecordKey, kind: Kind, objects: &[Object]) -> Result<Vec<u8>, StoreError> {
    fn list<'a, T: Serialize + 'a>(
        key: RecordKey,
        objects: &'a [Object],
        inner: impl Fn(&'a Object) -> Option<&'a T>,
    ) -> Result<Vec<u8>, StoreError> {
        wire::encode(key, &objects.iter().filter_map(inner).collect::<Vec<_>>())
    }
    macro_rules! list {
        ($variant:ident) => {
            list(key, objects, |object| match object {
                Object::$variant(inner) => Some(&**inner),
                _ => None,
            })
        };
    }
    match kind {
        Kind::Settings => list!(Settings),
        Kind::Attribute => list!(Attribute),
        Kind::Task => list!(Task),
        Kind::Directory => list!(Directory),
        Kind::Group => list!(Group),
        Kind::User => list!(User),
        Kind::FeedGroup => list!(FeedGroup),
        Kind::Feed => list!(Feed),
        Kind::Connector => list!(Connector),
        Kind::Grant => Ok(grants::pack(objects.iter().filter_map(grant))),
    }
}

fn grant(object: &Object) -> Option<&Grant> {
    match object {
        Object::Grant(grant) => Some(grant),
        _ => None,
    }
}

/// Takes a page apart and hands out its objects, ascending by id.
pub(super) fn decode(
    kind: Kind,
    page: u64,
    whole: &Whole,
    mut each: impl FnMut(Object),
) -> Result<(), StoreError> {
    fn list<T: DeserializeOwned>(
        kind: Kind,
        page: u64,
        payload: &[u8],
        object: impl Fn(Arc<T>) -> Object,
        each: &mut dyn FnMut(Object),
    ) -> Result<(), StoreError> {
        let key = RecordKey::Page { kind, page };
        let mut last = None;
        for inner in wire::decode::<Vec<Arc<T>>>(key, payload)? {
            let object = object(inner);
            let id = object.key().id;
            if id / PAGE_SPAN != page || last.is_some_and(|last| last >= id) {
                return Err(damaged(key, format_args!("object {id} doesn't belong there")));
            }
            last = Some(id);
            each(object);
        }
        Ok(())
    }
    let payload = whole.payload.as_slice();
    macro_rules! list {
        ($variant:ident) => {
            list(kind, page, payload, Object::$variant, &mut each)
        };
    }
    match kind {
        Kind::Settings if whole.version == 1 => {
            let settings = |first: Arc<Settings1>| Object::Settings(Arc::new(Settings::from(*first)));
            list(kind, page, payload, settings, &mut each)
        }
        Kind::Settings => list!(Settings),
        Kind::Attribute => list!(Attribute),
        Kind::Task => list!(Task),
        Kind::Directory => list!(Directory),
        Kind::Group => list!(Group),
        Kind::User => list!(User),
        Kind::FeedGroup => list!(FeedGroup),
        Kind::Feed => list!(Feed),
        Kind::Connector => list!(Connector),
        Kind::Grant => grants::unpack(page, payload, |grant| each(Object::Grant(grant)))
            .map_err(|error| damaged(RecordKey::Page { kind, page }, error)),
    }
}
