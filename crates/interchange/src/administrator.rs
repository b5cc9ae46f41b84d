//! The last administrator: pruning never takes away what lets somebody administer the store.
//!
//! An administrator is a user who isn't disabled and has, directly or through groups, a permission for a task
//! of all attributes on all feeds. Who is in a group of an external directory isn't known here, so nobody
//! counts as an administrator by such a group alone.

use std::{collections::VecDeque, fmt};

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::{
    existing::Existing,
    key::{GrantKey, MemberKey, PrincipalKey, Who},
    prune::Doomed,
};
use feedgate_model::{
    Effect, Name,
    edit::{AttributesRef, Edit, GrantSpec, ScopeRef, Spec},
};

/// Somebody who can administer the store, and by what.
#[derive(Debug)]
pub(super) struct Administrator<'a> {
    pub(super) grant: &'a GrantSpec,
    /// The groups that lead from the grant to the user.
    pub(super) groups: Vec<Who<'a>>,
    pub(super) user: Who<'a>,
}

impl fmt::Display for Administrator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the user {}", self.user)?;
        for group in &self.groups {
            write!(f, ", the group {group}")?;
        }
        write!(f, " and the grant of `{}` on all feeds", self.grant.task)
    }
}

/// The administrator to be kept, if no other is left when the doomed are gone and absent keys have their
/// defaults.
pub(super) fn to_be_kept<'a>(
    existing: &Existing<'a>,
    edits: &'a [Edit],
    defaults: &'a [Edit],
    doomed: &Doomed<'a>,
) -> Option<Administrator<'a>> {
    let kept = After::new(existing, edits.iter()).administrator(|_| true);
    let mut after = After::new(existing, edits.iter().chain(defaults));
    after.remove(doomed);
    let gone: HashSet<_> = doomed.grants.iter().filter_map(|grant| GrantKey::of(grant)).collect();
    let left = after.administrator(|grant| GrantKey::of(grant).is_none_or(|key| !gone.contains(&key)));
    if left.is_some() { None } else { kept }
}

/// As much of the policy as matters here, after the edits.
struct After<'a> {
    /// Tasks of all attributes.
    tasks: HashSet<&'a Name>,
    /// Users who aren't disabled.
    users: HashSet<Who<'a>>,
    groups: HashSet<Who<'a>>,
    members: HashMap<Who<'a>, Vec<MemberKey<'a>>>,
    /// Permissions on all feeds, those of a group `Administrators` first.
    grants: Vec<&'a GrantSpec>,
}

impl<'a> After<'a> {
    fn new(existing: &Existing<'a>, edits: impl Iterator<Item = &'a Edit> + Clone) -> Self {
        let mut after = Self {
            tasks: HashSet::new(),
            users: HashSet::new(),
            groups: existing.groups.iter().filter_map(|group| Who::of(&group.group)).collect(),
            members: members(existing, edits.clone()),
            grants: existing.grants.iter().copied().filter(|grant| is_wide(grant)).collect(),
        };
        existing.tasks.iter().for_each(|task| after.task(&task.name, task.attributes.as_ref()));
        for user in existing.users.iter() {
            after.user(Who::of(&user.user), Some(user.disabled.unwrap_or(false)));
        }
        let is_new = |who: Who<'a>| !existing.users.has(who);
        for edit in edits {
            match edit {
                Edit::Put(Spec::Task(task)) => after.task(&task.name, task.attributes.as_ref()),
                Edit::Put(Spec::User(user)) => {
                    let who = Who::of(&user.user);
                    // A user is enabled unless somebody says otherwise.
                    let fresh = who.is_some_and(is_new).then_some(false);
                    after.user(who, user.disabled.or(fresh));
                }
                Edit::Put(Spec::Group(group)) => after.groups.extend(Who::of(&group.group)),
                Edit::Put(Spec::Grant(grant)) if is_wide(grant) => after.grants.push(grant),
                _ => {}
            }
        }
        after.grants.sort_by_key(|grant| match PrincipalKey::of(&grant.principal) {
            Some(PrincipalKey::Group(group)) => {
                group.directory.is_some() || group.name.key() != b"administrators"
            }
            _ => true,
        });
        after
    }

    fn task(&mut self, name: &'a Name, attributes: Option<&AttributesRef>) {
        match attributes {
            Some(AttributesRef::All) => {
                self.tasks.insert(name);
            }
            Some(AttributesRef::These(_)) => {
                self.tasks.remove(name);
            }
            None => {}
        }
    }

    fn user(&mut self, who: Option<Who<'a>>, disabled: Option<bool>) {
        let Some(who) = who else { return };
        match disabled {
            Some(true) => {
                self.users.remove(&who);
            }
            Some(false) => {
                self.users.insert(who);
            }
            None => {}
        }
    }

    fn remove(&mut self, doomed: &Doomed<'a>) {
        for task in &doomed.tasks {
            self.tasks.remove(&task.name);
        }
        for who in doomed.users.iter().filter_map(|user| Who::of(&user.user)) {
            self.users.remove(&who);
        }
        for who in doomed.groups.iter().filter_map(|group| Who::of(&group.group)) {
            self.groups.remove(&who);
        }
    }

    fn administrator(&self, counts: impl Fn(&GrantSpec) -> bool) -> Option<Administrator<'a>> {
        let grants = self.grants.iter().filter(|grant| self.tasks.contains(&grant.task) && counts(grant));
        grants.copied().find_map(|grant| {
            let (groups, user) = match PrincipalKey::of(&grant.principal)? {
                PrincipalKey::User(user) => {
                    (Vec::new(), Some(user).filter(|user| self.users.contains(user))?)
                }
                PrincipalKey::Group(group) => self.somebody_in(group)?,
                _ => return None,
            };
            Some(Administrator { grant, groups, user })
        })
    }

    /// A user who is in a group directly or through others, and the groups in between.
    fn somebody_in(&self, group: Who<'a>) -> Option<(Vec<Who<'a>>, Who<'a>)> {
        let mut through: HashMap<Who<'a>, Option<Who<'a>>> = [(group, None)].into_iter().collect();
        let mut queue = VecDeque::from([group]);
        while let Some(group) = queue.pop_front() {
            if !self.groups.contains(&group) {
                continue;
            }
            for member in self.members.get(&group).into_iter().flatten() {
                match *member {
                    MemberKey::User(user) if self.users.contains(&user) => {
                        let path =
                            std::iter::successors(Some(group), |group| through.get(group).copied().flatten());
                        return Some((path.collect(), user));
                    }
                    MemberKey::Group(inner) if !through.contains_key(&inner) => {
                        through.insert(inner, Some(group));
                        queue.push_back(inner);
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

fn is_wide(grant: &GrantSpec) -> bool {
    grant.effect == Effect::Permit && grant.scope == ScopeRef::AllFeeds
}

/// Who is in each group after the edits.
fn members<'a>(
    existing: &Existing<'a>,
    edits: impl Iterator<Item = &'a Edit>,
) -> HashMap<Who<'a>, Vec<MemberKey<'a>>> {
    let (mut set_groups, mut set_members) = (HashSet::new(), HashSet::new());
    let mut members: HashMap<Who<'a>, Vec<MemberKey<'a>>> = HashMap::new();
    for edit in edits {
        match edit {
            Edit::SetMembers { group, members: list } => {
                if let Some(group) = Who::of(group) {
                    set_members.insert(group);
                    members.entry(group).or_default().extend(list.iter().filter_map(MemberKey::of));
                }
            }
            Edit::SetGroups { member, groups } => {
                if let Some(member) = MemberKey::of(member) {
                    set_groups.insert(member);
                    for group in groups.iter().filter_map(Who::of) {
                        members.entry(group).or_default().push(member);
                    }
                }
            }
            _ => {}
        }
    }
    for membership in &existing.memberships {
        if let (Some(group), Some(member)) = (Who::of(&membership.group), MemberKey::of(&membership.member))
            && !set_members.contains(&group)
            && !set_groups.contains(&member)
        {
            members.entry(group).or_default().push(member);
        }
    }
    members
}
