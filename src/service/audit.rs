//! Whether everything that a store holds fits together: more than what a start looks at, at leisure.

use crate::{
    engine::Index,
    model::{ChangeSet, Revision},
    store::{Problems, StoreError, Whole},
};

/// Builds the policy, undoes its history change by change as far as it is kept, and looks for the users whose
/// passwords there are. What doesn't fit is put to the problems.
pub fn audit(
    whole: &Whole,
    mut change_set: impl FnMut(u64) -> Result<ChangeSet, StoreError>,
    problems: &mut Problems,
) {
    let head = whole.head;
    let index = Index::build(Revision { store: head.store, number: head.revision }, whole.policy.clone());
    let index = match index {
        Ok(index) => index,
        Err(error) => return problems.note(format!("the policy is inconsistent: {error}")),
    };
    for user in &whole.credentials {
        if index.user(*user).is_none() {
            problems.note(format!("there is a password of user {user}, who isn't there"));
        }
    }
    let mut earlier = index;
    for revision in (head.history_after.saturating_add(1)..=head.revision).rev() {
        let set = match change_set(revision) {
            Ok(set) => set,
            Err(StoreError::Corrupt(what)) => return problems.note(what),
            Err(error) => return problems.note(error.to_string()),
        };
        earlier = earlier.at(revision.saturating_sub(1));
        for change in set.changes.into_iter().rev() {
            let key = change.key();
            // The settings are there from the beginning.
            let fits = earlier.object(key).as_ref() == change.after();
            if !fits {
                problems.note(format!(
                    "change set {revision} doesn't fit the policy: {} {} isn't what it was left as",
                    key.kind, key.id
                ));
            }
            if let Err(error) = earlier.apply(&change.inverse()) {
                // From here on everything would be said to be wrong.
                return problems.note(format!("change set {revision} can't be undone: {error}"));
            }
        }
    }
    if let Err(error) = earlier.check_references() {
        problems.note(format!("the policy at revision {} is inconsistent: {error}", head.history_after));
    }
}
