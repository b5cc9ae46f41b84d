//! What being in a group brings along: permissions, restrictions, both, nothing.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use crate::{
    existing::Existing,
    key::{MemberKey, PrincipalKey, Who},
};
use feedgate_model::{
    Effect, Name,
    edit::{Edit, GrantSpec, Spec},
};

/// What somebody has from a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Carries {
    pub(super) permits: bool,
    pub(super) restricts: bool,
}

impl Carries {
    fn add(&mut self, effect: Effect) {
        match effect {
            Effect::Permit => self.permits = true,
            Effect::Restrict => self.restricts = true,
        }
    }
}

/// The effects of all groups' grants, those of the import and those that the store has already.
pub(super) struct Carried<'g> {
    own: HashMap<Who<'g>, Carries>,
    /// The groups that a group is in. An import puts no group into another.
    containers: HashMap<Who<'g>, Vec<Who<'g>>>,
}

impl<'g> Carried<'g> {
    pub(super) fn of(imported: &'g [Edit], existing: &Existing<'g>) -> Self {
        let mut carried = Self { own: HashMap::new(), containers: HashMap::new() };
        let imported = imported.iter().filter_map(|edit| match edit {
            Edit::Put(Spec::Grant(grant)) => Some(grant),
            _ => None,
        });
        for GrantSpec { effect, principal, .. } in imported.chain(existing.grants.iter().copied()) {
            if let Some(PrincipalKey::Group(group)) = PrincipalKey::of(principal) {
                carried.own.entry(group).or_default().add(*effect);
            }
        }
        for membership in &existing.memberships {
            if let (Some(group), Some(MemberKey::Group(member))) =
                (Who::of(&membership.group), MemberKey::of(&membership.member))
            {
                carried.containers.entry(member).or_default().push(group);
            }
        }
        carried
    }

    /// Of a built-in group: its own grants and those of the groups that it is in.
    pub(super) fn by(&self, group: &Name) -> Carries {
        let mut carries = Carries::default();
        let (mut seen, mut queue) = (HashSet::new(), vec![Who::new(None, group)]);
        while let Some(group) = queue.pop() {
            if !seen.insert(group) {
                continue;
            }
            let own = self.own.get(&group).copied().unwrap_or_default();
            carries.permits |= own.permits;
            carries.restricts |= own.restricts;
            queue.extend(self.containers.get(&group).into_iter().flatten().copied());
        }
        carries
    }
}
