//! A principal in 32 bits: two for its kind, thirty for its id.

use feedgate_model::{DirectoryId, GroupId, Principal, UserId, id::MAX_ID};

const GROUP: u32 = 1 << 30;
const VIRTUAL: u32 = 2 << 30;
const EVERYONE: u32 = VIRTUAL;
const ANONYMOUS: u32 = VIRTUAL | 1;
const AUTHENTICATED: u32 = VIRTUAL | 2;
/// The built-in directory's; the others follow.
const AUTHENTICATED_BY: u32 = VIRTUAL | 3;

/// A principal as tables hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalKey(u32);

impl PrincipalKey {
    /// The key of a principal. Ids are at most [`MAX_ID`]; whoever makes a policy sees to it.
    pub const fn of(principal: Principal) -> Self {
        Self(match principal {
            Principal::User(id) => id.0 & MAX_ID,
            Principal::Group(id) => GROUP | id.0 & MAX_ID,
            Principal::Everyone => EVERYONE,
            Principal::Anonymous => ANONYMOUS,
            Principal::Authenticated => AUTHENTICATED,
            Principal::AuthenticatedBy(id) => AUTHENTICATED_BY + (id.0 & (MAX_ID >> 1)),
        })
    }

    /// The principal with this key.
    pub const fn principal(self) -> Principal {
        match self.0 {
            id if id < GROUP => Principal::User(UserId(id)),
            id if id < VIRTUAL => Principal::Group(GroupId(id & MAX_ID)),
            EVERYONE => Principal::Everyone,
            ANONYMOUS => Principal::Anonymous,
            AUTHENTICATED => Principal::Authenticated,
            id => Principal::AuthenticatedBy(DirectoryId(id - AUTHENTICATED_BY)),
        }
    }

    pub(super) const fn bits(self) -> u32 {
        self.0
    }

    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Spreads neighbouring ids over a table. Fixed: a table outlives the look-up.
    #[inline]
    pub(super) const fn hash(self) -> u32 {
        ((self.0 as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_principals_are_one_to_one() {
        for principal in [
            Principal::User(UserId(0)),
            Principal::User(UserId(MAX_ID)),
            Principal::Group(GroupId(0)),
            Principal::Group(GroupId(MAX_ID)),
            Principal::Everyone,
            Principal::Anonymous,
            Principal::Authenticated,
            Principal::AuthenticatedBy(DirectoryId::BUILT_IN),
            Principal::AuthenticatedBy(DirectoryId(77)),
        ] {
            assert_eq!(PrincipalKey::of(principal).principal(), principal);
        }
    }
}
