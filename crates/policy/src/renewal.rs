//! A credential in place of another one, which must still be there: whoever set one meanwhile isn't overruled.

use feedgate_model::{Credential, UserId};
use feedgate_store::StoreError;

#[derive(Debug)]
pub(super) struct Renewal {
    pub(super) before: Credential,
    pub(super) after: Credential,
}

impl Renewal {
    /// Adds it to those that are going to be stored, if the one of before is the last of them, or else is stored. Says
    /// whether it was.
    pub(super) fn draft(
        self,
        pending: &mut Vec<(UserId, Option<Credential>)>,
        stored: impl FnOnce(UserId) -> Result<Option<Credential>, StoreError>,
    ) -> Result<bool, StoreError> {
        let Self { before, after } = self;
        let user = before.user;
        let present = match pending.iter().rev().find(|(whose, _)| *whose == user) {
            Some((_, credential)) => credential.clone(),
            None => stored(user)?,
        };
        let still = present.as_ref() == Some(&before) && after.user == user;
        if still {
            pending.push((user, Some(after)));
        }
        Ok(still)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feedgate_model::Secret;

    #[test]
    fn only_what_is_still_there_is_replaced() {
        let of = |user, text: &str| {
            let secret = Secret::Argon2id(text.into());
            Credential { user: UserId(user), secret, must_change: false }
        };
        let (old, new, set) = (of(1, "old"), of(1, "new"), of(1, "set"));
        for (pending, stored, expected) in [
            (vec![], Some(old.clone()), true),
            (vec![], Some(set.clone()), false),
            (vec![], None, false),
            (vec![(UserId(2), None)], Some(old.clone()), true),
            (vec![(UserId(1), Some(set.clone()))], Some(old.clone()), false),
            (vec![(UserId(1), Some(set)), (UserId(1), Some(old.clone()))], None, true),
            // Deleted in the same group.
            (vec![(UserId(1), None)], Some(old.clone()), false),
        ] {
            let mut after = pending.clone();
            let renewal = Renewal { before: old.clone(), after: new.clone() };
            assert_eq!(renewal.draft(&mut after, |_| Ok(stored)).unwrap(), expected, "{pending:?}");
            let mut due = pending;
            due.extend(expected.then(|| (UserId(1), Some(new.clone()))));
            assert_eq!(after, due);
        }
    }
}
