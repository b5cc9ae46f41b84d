//! What grants of one scope say to a subject, by the rank of their principals: the user's own are weighed at every
//! level before those of all others.

use super::{
    decision::PrincipalRank,
    index::{Found, ScopeTable},
    principals::{Part, Principals},
};

/// Something of each rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByRank<T> {
    pub(super) user: T,
    pub(super) others: T,
}

impl<T: Copy + Default> ByRank<T> {
    /// What the grants in a table say; `hear` adds one.
    #[inline]
    pub(super) fn in_table(table: &ScopeTable, who: &Principals, hear: impl Fn(&mut T, Found, Part)) -> Self {
        let mut by_rank = Self::default();
        for (part, principals) in who.parts() {
            let heard = match part.rank() {
                PrincipalRank::User => &mut by_rank.user,
                PrincipalRank::Group => &mut by_rank.others,
            };
            table.visit_each(principals, |found| hear(heard, found, part));
        }
        by_rank
    }

    /// Both, as grants of one level; `and` joins two of one rank.
    pub(super) fn and(self, other: Self, and: impl Fn(T, T) -> T) -> Self {
        Self { user: and(self.user, other.user), others: and(self.others, other.others) }
    }
}
