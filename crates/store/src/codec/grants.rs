//! Grants, packed: most of a policy is grants, and most of a grant is small numbers.
//!
//! ```text
//! page   which of its 64 ids are there: a bit each, little-endian (8), then their grants in that order
//! grant  bits: 0 effect, 1–3 principal, 4–5 scope, 6 has a comment, 7 has a revision (1)
//!        principal's id, task, scope's id, revision, comment's length: varints, each where there is one
//!        comment
//! ```
//!
//! A grant without a revision has that of the grant before it, the first one 0: grants are mostly made many
//! at a time. Ids in a page's bits can be neither doubled nor out of order nor out of range.

use super::{
    key::PAGE_SPAN,
    wire::{Malformed, Reader, put_varint},
};
use feedgate_model::{
    DirectoryId, Effect, FeedGroupId, FeedId, Grant, GrantId, GroupId, Principal, Scope, TaskId, UserId,
};

const RESTRICT: u8 = 1;
const PRINCIPAL_AT: u8 = 1;
const SCOPE_AT: u8 = 4;
const HAS_COMMENT: u8 = 1 << 6;
const HAS_REVISION: u8 = 1 << 7;

/// Packs the grants of one page, ascending by id.
pub(super) fn pack<'a>(grants: impl Iterator<Item = &'a Grant> + Clone) -> Vec<u8> {
    let present = grants.clone().fold(0_u64, |bits, grant| bits | 1 << (grant.id.0 % PAGE_SPAN));
    let mut out = present.to_le_bytes().to_vec();
    let mut revision = 0;
    for grant in grants {
        let (principal, principal_id) = match grant.principal {
            Principal::User(id) => (0, Some(id.0)),
            Principal::Group(id) => (1, Some(id.0)),
            Principal::Everyone => (2, None),
            Principal::Authenticated => (3, None),
            Principal::AuthenticatedBy(id) => (4, Some(id.0)),
            Principal::Anonymous => (5, None),
        };
        let (scope, scope_id) = match grant.scope {
            Scope::AllFeeds => (0, None),
            Scope::FeedGroup(id) => (1, Some(id.0)),
            Scope::Feed(id) => (2, Some(id.0)),
        };
        let mut bits = principal << PRINCIPAL_AT | scope << SCOPE_AT;
        bits |= match grant.effect {
            Effect::Permit => 0,
            Effect::Restrict => RESTRICT,
        };
        if grant.comment.is_some() {
            bits |= HAS_COMMENT;
        }
        if grant.revision != revision {
            bits |= HAS_REVISION;
        }
        out.push(bits);
        for id in principal_id.into_iter().chain([grant.task.0]).chain(scope_id) {
            put_varint(&mut out, id.into());
        }
        if grant.revision != revision {
            put_varint(&mut out, grant.revision);
            revision = grant.revision;
        }
        if let Some(comment) = &grant.comment {
            put_varint(&mut out, comment.len() as u64);
            out.extend_from_slice(comment.as_bytes());
        }
    }
    out
}

/// Unpacks the grants of a page and hands them out, ascending by id.
pub(super) fn unpack(page: u64, payload: &[u8], mut each: impl FnMut(Grant)) -> Result<(), Malformed> {
    let mut reader = Reader::new(payload);
    let mut present = u64::from_le_bytes(reader.array()?);
    let first = page.checked_mul(PAGE_SPAN).ok_or(Malformed("its ids are too large"))?;
    let mut revision = 0;
    while present != 0 {
        let id = GrantId(first + u64::from(present.trailing_zeros()));
        present &= present - 1;
        let bits = reader.byte()?;
        let principal = match (bits >> PRINCIPAL_AT) & 7 {
            0 => Principal::User(UserId(reader.varint32()?)),
            1 => Principal::Group(GroupId(reader.varint32()?)),
            2 => Principal::Everyone,
            3 => Principal::Authenticated,
            4 => Principal::AuthenticatedBy(DirectoryId(reader.varint32()?)),
            5 => Principal::Anonymous,
            _ => return Err(Malformed("a grant is for an unknown kind of principal")),
        };
        let task = TaskId(reader.varint32()?);
        let scope = match (bits >> SCOPE_AT) & 3 {
            0 => Scope::AllFeeds,
            1 => Scope::FeedGroup(FeedGroupId(reader.varint32()?)),
            2 => Scope::Feed(FeedId(reader.varint32()?)),
            _ => return Err(Malformed("a grant has an unknown kind of scope")),
        };
        if bits & HAS_REVISION != 0 {
            revision = reader.varint()?;
        }
        let comment = if bits & HAS_COMMENT == 0 {
            None
        } else {
            let len = reader.varint()?.try_into().map_err(|_| Malformed("a number is too large"))?;
            let text = str::from_utf8(reader.take(len)?).map_err(|_| Malformed("a comment isn't UTF-8"))?;
            Some(text.into())
        };
        let effect = if bits & RESTRICT == 0 { Effect::Permit } else { Effect::Restrict };
        each(Grant { id, effect, principal, task, scope, comment, revision });
    }
    reader.end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grants() -> impl Strategy<Value = Vec<Grant>> {
        let principal = prop_oneof![
            any::<u32>().prop_map(|id| Principal::User(UserId(id))),
            any::<u32>().prop_map(|id| Principal::Group(GroupId(id))),
            Just(Principal::Everyone),
            Just(Principal::Authenticated),
            any::<u32>().prop_map(|id| Principal::AuthenticatedBy(DirectoryId(id))),
            Just(Principal::Anonymous),
        ];
        let scope = prop_oneof![
            Just(Scope::AllFeeds),
            any::<u32>().prop_map(|id| Scope::FeedGroup(FeedGroupId(id))),
            any::<u32>().prop_map(|id| Scope::Feed(FeedId(id))),
        ];
        let effect = prop_oneof![Just(Effect::Permit), Just(Effect::Restrict)];
        let comment = proptest::option::of("\\PC{0,20}".prop_map(String::into_boxed_str));
        let revision = prop_oneof![0..3_u64, any::<u64>()];
        let grant = (effect, principal, any::<u32>(), scope, comment, revision);
        proptest::collection::btree_map(0..64_u64, grant, 0..64).prop_map(|page| {
            let grant = |(slot, (effect, principal, task, scope, comment, revision))| Grant {
                id: GrantId(64 * 1000 + slot),
                effect,
                principal,
                task: TaskId(task),
                scope,
                comment,
                revision,
            };
            page.into_iter().map(grant).collect()
        })
    }

    proptest! {
        #[test]
        fn pages_come_back(grants in grants()) {
            let mut unpacked = Vec::new();
            unpack(1000, &pack(grants.iter()), |grant| unpacked.push(grant)).unwrap();
            prop_assert_eq!(unpacked, grants);
        }

        #[test]
        fn noise_is_never_a_panic(page: u64, noise: Vec<u8>) {
            let _ = unpack(page, &noise, drop);
        }
    }

    #[test]
    fn a_typical_grant_takes_less_than_ten_bytes() {
        let grants: Vec<_> = (0..64)
            .map(|n| Grant {
                id: GrantId(n),
                effect: Effect::Permit,
                principal: Principal::User(UserId(90_000 + n as u32)),
                task: TaskId(4),
                scope: Scope::Feed(FeedId(3_000)),
                comment: None,
                revision: 70_000,
            })
            .collect();
        assert!(pack(grants.iter()).len() < 64 * 10);
    }
}
