//! Limits of repeated fields, checked before a message is decoded.
//!
//! An empty element takes two bytes on the wire and a hundred times as much once it is decoded: a limit that is checked
//! afterwards comes too late. The limits are those that the handlers state, or above them.

use prost::{
    Name,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};
use tonic::Status;

use super::convert::{Fault, Invalid};

/// Messages up to this size have too few elements for any limit.
const SMALL: usize = 2 << 10;

/// The limit of a repeated field.
struct ElementLimit {
    message: &'static str,
    /// The field's name in errors.
    field: &'static str,
    /// The numbers of the fields that lead to it.
    path: &'static [u32],
    limit: usize,
}

const fn limit(
    message: &'static str,
    field: &'static str,
    path: &'static [u32],
    limit: usize,
) -> ElementLimit {
    ElementLimit { message, field, path, limit }
}

const LIMITS: [ElementLimit; 12] = [
    limit("BatchCheckRequest", "items", &[4], 10_000),
    limit("WriteRequest", "changes", &[1], 10_000),
    // Of one message; a stream has as many messages as fit into its limit of bytes.
    limit("WriteStreamRequest", "changes", &[2], 100_000),
    limit("PreviewRequest", "changes", &[1], 10_000),
    limit("LintRequest", "codes", &[2], 10_000),
    limit("LintRequest", "suppressions", &[4], 10_000),
    limit("WatchRequest", "kinds", &[3], 10_000),
    limit("DescribeResponse", "domains", &[2], 1_000),
    limit("DescribeResponse", "netbios", &[3], 1_000),
    limit("FindUserResponse", "user.groups", &[1, 6], 10_000),
    limit("VerifyPasswordResponse", "user.groups", &[2, 6], 10_000),
    limit("SearchResponse", "entries", &[1], 10_000),
];

/// Refuses an encoded message with more elements in a field than the field may have.
pub(super) fn check<M: Name>(encoded: &[u8]) -> Result<(), Status> {
    if encoded.len() <= SMALL {
        return Ok(());
    }
    for ElementLimit { field, path, limit, .. } in LIMITS.iter().filter(|limit| limit.message == M::NAME) {
        let found = count(encoded, path);
        if found > *limit {
            let fault = Fault::TooMany { limit: *limit, found };
            return Err(Invalid { field: (*field).into(), fault }.into());
        }
    }
    Ok(())
}

/// The number of items in an encoded batch.
pub(super) fn batch_items(batch: &[u8]) -> usize {
    count(batch, &[4])
}

/// The number of elements at a path. Counting ends where the message is malformed, which decoding reports.
fn count(mut message: &[u8], path: &[u32]) -> usize {
    let Some((first, rest)) = path.split_first() else { return 0 };
    let mut elements = 0_usize;
    while let Ok((number, wire_type)) = decode_key(&mut message) {
        if number == *first && wire_type == WireType::LengthDelimited {
            let Ok(length) = decode_varint(&mut message) else { break };
            let Some((element, after)) =
                usize::try_from(length).ok().and_then(|length| message.split_at_checked(length))
            else {
                break;
            };
            elements += if rest.is_empty() { 1 } else { count(element, rest) };
            message = after;
        } else {
            elements += usize::from(number == *first && rest.is_empty());
            if skip_field(wire_type, number, &mut message, DecodeContext::default()).is_err() {
                break;
            }
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::grpc::pb;

    #[test]
    fn elements_are_counted_as_they_are_decoded() {
        let user = |groups| pb::ProviderUser {
            groups: vec![pb::ProviderGroup::default(); groups],
            name: "a name".into(),
            ..pb::ProviderUser::default()
        };
        let found = pb::FindUserResponse { user: Some(user(10_000)) }.encode_to_vec();
        assert_eq!(count(&found, &[1, 6]), 10_000);
        check::<pb::FindUserResponse>(&found).unwrap();
        let found = pb::FindUserResponse { user: Some(user(10_001)) }.encode_to_vec();
        let refused = check::<pb::FindUserResponse>(&found).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert!(refused.message().contains("user.groups"), "{refused:?}");
        assert_eq!(count(&found[..1_000], &[1, 6]), 0, "a message that is cut off");
    }

    #[test]
    fn every_limit_is_of_a_repeated_field() {
        let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).unwrap();
        for ElementLimit { message, field, path, .. } in LIMITS {
            // What only providers send isn't served, and so isn't described.
            let Some(mut message) = pool.get_message_by_name(&format!("feedgate.v1.{message}")) else {
                continue;
            };
            let (last, ways) = path.split_last().unwrap();
            for number in ways {
                message = message.get_field(*number).unwrap().kind().as_message().unwrap().clone();
            }
            let described = message.get_field(*last).unwrap();
            assert!(described.is_list(), "{field}");
            assert!(field.ends_with(described.name()), "{field}");
        }
    }
}
