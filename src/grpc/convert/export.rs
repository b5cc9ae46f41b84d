//! Exported objects, in messages of a bearable size.

use prost::Message as _;

use super::{names::Names, object};
use crate::{
    engine::Index,
    grpc::pb,
    service::{
        export::{self, Exported},
        listing::MemberId,
    },
};

/// How many objects a message holds at most, and how many bytes, unless a single object has more.
const OBJECTS: usize = 1000;
const BYTES: usize = 1 << 20;

/// The whole policy, one message after the other; at least one, so that the revision is said.
pub fn messages(index: &Index) -> impl Iterator<Item = pb::ExportResponse> + Send + '_ {
    // An id would win over the name when this is written into another store.
    let names = Names::alone(index);
    let mut objects = export::objects(index).map(move |it| exported(&it, &names)).peekable();
    std::iter::from_fn(move || {
        let mut message = pb::ExportResponse { revision: Some(index.revision().into()), objects: Vec::new() };
        let mut bytes = 0;
        while message.objects.len() < OBJECTS {
            let light = |next: &pb::Object| bytes == 0 || bytes + next.encoded_len() <= BYTES;
            let Some(next) = objects.next_if(light) else { break };
            bytes += next.encoded_len();
            message.objects.push(next);
        }
        (!message.objects.is_empty()).then_some(message)
    })
}

fn exported(exported: &Exported, names: &Names<'_>) -> pb::Object {
    match exported {
        Exported::Object(found) => object::object(found, names),
        Exported::Membership { group, member } => {
            let membership = pb::Membership {
                group: Some(names.group(*group)),
                member: Some(self::member(*member, names)),
            };
            pb::Object { kind: Some(pb::object::Kind::Membership(membership)) }
        }
    }
}

/// A member as a principal.
pub fn member(member: MemberId, names: &Names<'_>) -> pb::Principal {
    let kind = match member {
        MemberId::Group(id) => pb::principal::Kind::Group(names.group(id)),
        MemberId::User(id) => pb::principal::Kind::User(names.user(id)),
    };
    pb::Principal { kind: Some(kind) }
}
