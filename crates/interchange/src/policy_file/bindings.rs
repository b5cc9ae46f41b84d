//! External ids that move from one user or group to another.

use foldhash::{HashMap, HashMapExt as _, HashSet};

use crate::{existing::Existing, key::Who};
use feedgate_model::{
    Name,
    edit::{Edit, GroupSpec, Spec, UserSpec},
};

/// A user or a group, and which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bound<'a> {
    User(Who<'a>),
    Group(Who<'a>),
}

/// Unbinds users and groups whose external id goes to another one by the edits, before that one gets it: an id is
/// bound once. Only those are unbound that get another id themselves, or that the file removes.
pub(crate) fn releases(
    existing: &Existing<'_>,
    edits: &[Edit],
    is_removed: impl Fn(Bound<'_>) -> bool,
) -> Vec<Edit> {
    let mut next: HashMap<Bound<'_>, &str> = HashMap::new();
    for edit in edits {
        if let Edit::Put(Spec::User(UserSpec { user, external_id: Some(id), .. })) = edit {
            next.extend(Who::of(user).map(|who| (Bound::User(who), &**id)));
        } else if let Edit::Put(Spec::Group(GroupSpec { group, external_id: Some(id), .. })) = edit {
            next.extend(Who::of(group).map(|who| (Bound::Group(who), &**id)));
        }
    }
    let taken: HashSet<_> = next.iter().map(|(bound, id)| (place(*bound), *id)).collect();
    let moves = |bound: Bound<'_>, id: &Option<Box<str>>| {
        let Some(id) = id.as_deref().filter(|id| !id.is_empty()) else { return false };
        let goes_on = match next.get(&bound) {
            Some(next) => *next != id,
            None => is_removed(bound),
        };
        goes_on && taken.contains(&(place(bound), id))
    };
    let users = existing
        .users
        .iter()
        .filter(|user| Who::of(&user.user).is_some_and(|who| moves(Bound::User(who), &user.external_id)));
    let groups = existing.groups.iter().filter(|group| {
        Who::of(&group.group).is_some_and(|who| moves(Bound::Group(who), &group.external_id))
    });
    let users = users.map(|UserSpec { user, .. }| {
        Spec::User(UserSpec {
            user: user.clone(),
            display_name: None,
            email: None,
            disabled: None,
            external_id: Some("".into()),
        })
    });
    let groups = groups.map(|GroupSpec { group, .. }| {
        Spec::Group(GroupSpec { group: group.clone(), description: None, external_id: Some("".into()) })
    });
    users.chain(groups).map(Edit::Put).collect()
}

/// The kind and the directory, within which an external id is unique.
fn place<'a>(bound: Bound<'a>) -> (bool, Option<&'a Name>) {
    match bound {
        Bound::User(who) => (true, who.directory),
        Bound::Group(who) => (false, who.directory),
    }
}
