//! A user as a decision needs one, and no more of it.

use smallvec::SmallVec;

use super::named::Card;
use feedgate_model::{GroupId, User, UserId};

/// How many groups lie beside a user's name; those of people who are in more lie elsewhere.
const FEW: usize = 10;

/// A user, and the groups that contain the user directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'i> {
    pub id: UserId,
    pub disabled: bool,
    pub groups: &'i [GroupId],
    /// How the name is spelled, if that is known here.
    pub name: Option<&'i str>,
}

impl<'i> Member<'i> {
    /// The same of a whole user.
    pub fn of(user: &'i User) -> Self {
        Self { id: user.id, disabled: user.disabled, groups: &user.groups, name: Some(user.name.as_str()) }
    }
}

/// The same, beside the user's name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MemberCard {
    id: UserId,
    disabled: bool,
    /// Whether the name is spelled as it is compared.
    plain: bool,
    groups: SmallVec<[GroupId; FEW]>,
}

impl MemberCard {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id,
            disabled: user.disabled,
            plain: user.name.key() == user.name.as_str().as_bytes(),
            groups: SmallVec::from_slice(&user.groups),
        }
    }

    /// With the name that it lies beside.
    pub(super) fn member<'i>(&'i self, name: &'i [u8]) -> Member<'i> {
        let name = if self.plain { std::str::from_utf8(name).ok() } else { None };
        Member { id: self.id, disabled: self.disabled, groups: &self.groups, name }
    }
}

impl Card for MemberCard {
    fn id(&self) -> u32 {
        self.id.0
    }
}
