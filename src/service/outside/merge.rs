//! Merging: a name of the policy means a user or group of an external directory that the policy has under another name
//! already.
//!
//! One id can't have two objects, so the second name becomes the first: its grants, memberships and members move, and
//! it is deleted. A grant that the first has already, for the same task and scope and with the same effect, isn't made a
//! second time.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tracing::info;

use super::{super::DecisionPoint, super::ServiceError, unbound::Unbound};
use crate::{
    directory::{FoundKind, Named},
    engine::Index,
    model::{
        Grant, GrantId, GroupId, Name, Principal, Scope, UserId,
        edit::{
            Edit, GrantSpec, Member, Membership, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, Spec,
            Step, UserSpec,
        },
    },
};

/// How many merges are remembered, so that the response to the write that named them can report them.
const REMEMBERED: usize = 10_000;

/// A name that was merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// What was deleted.
    pub(super) named: Named,
    pub directory: Name,
    pub name: Name,
    /// What the policy calls the principal that the name means.
    pub into: Name,
    /// Grants of the principal that a grant of the name was equal to, so that it was deleted.
    pub coinciding: Vec<GrantId>,
}

impl Merged {
    pub fn kind(&self) -> FoundKind {
        self.named.kind
    }
}

/// The latest merges, the newest last.
#[derive(Debug, Default)]
pub(in crate::service) struct Merges(Mutex<VecDeque<Merged>>);

impl Merges {
    fn note(&self, merged: Merged) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.pop_front();
        }
        all.push_back(merged);
    }

    /// What became of an object that the policy doesn't have any more, if it was merged.
    pub(super) fn find(&self, named: Named) -> Option<Merged> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().rev().find(|merged| merged.named == named).cloned()
    }
}

impl DecisionPoint {
    /// Merges a name into the principal that is bound to an id. None if there is no such principal.
    pub(super) async fn merge(&self, unbound: &Unbound, id: &str) -> Result<Option<Merged>, ServiceError> {
        let index = self.index();
        let Some((into, name)) = unbound.bound_as(&index, id) else { return Ok(None) };
        let Some(directory) = index.directory(unbound.directory) else { return Ok(None) };
        let (steps, coinciding) = Moving { index: &index, unbound, into }.steps();
        self.write_as_directories(steps).await?;
        let merged = Merged {
            named: unbound.named(),
            directory: directory.name.clone(),
            name: unbound.name.clone(),
            into: name,
            coinciding,
        };
        info!(directory = %merged.directory, name = %merged.name, into = %merged.into,
            "a name of the policy means a principal that it has already: they are one now");
        self.0.merges.note(merged.clone());
        Ok(Some(merged))
    }
}

/// What has to be edited so that everything about a name is about the principal that it means.
struct Moving<'a> {
    index: &'a Index,
    unbound: &'a Unbound,
    /// The id of the principal in the policy.
    into: u32,
}

impl Moving<'_> {
    /// The edits, and the grants that the principal has already. They fail if the policy changes meanwhile in a way
    /// that would be lost.
    fn steps(&self) -> (Vec<Step>, Vec<GrantId>) {
        let (mut steps, mut coinciding) = (Vec::new(), Vec::new());
        for grant in self.index.grants_of(self.principal(self.unbound.id)) {
            steps.extend(self.grant(&grant, &mut coinciding));
        }
        self.memberships(&mut steps);
        match self.unbound.kind {
            FoundKind::User => self.disabled(&mut steps),
            FoundKind::Group => self.members(&mut steps),
        }
        let name = PrincipalName::Id(self.unbound.id);
        let object = match self.unbound.kind {
            FoundKind::User => ObjectRef::User(name),
            FoundKind::Group => ObjectRef::Group(name),
        };
        steps.push(delete(object, Some(self.unbound.revision)));
        (steps, coinciding)
    }

    fn principal(&self, id: u32) -> Principal {
        match self.unbound.kind {
            FoundKind::User => Principal::User(UserId(id)),
            FoundKind::Group => Principal::Group(GroupId(id)),
        }
    }

    fn grant(&self, grant: &Grant, coinciding: &mut Vec<GrantId>) -> Vec<Step> {
        let mut steps = vec![delete(ObjectRef::GrantId(grant.id.0), Some(grant.revision))];
        let principal = self.principal(self.into);
        match self.index.find_grant(grant.effect, principal, grant.task, grant.scope) {
            Some(same) => coinciding.push(same),
            None => steps.extend(self.same_grant(grant).map(|spec| step(Edit::Create(Spec::Grant(spec))))),
        }
        steps
    }

    /// The same grant to the principal. None only if the policy doesn't have its task or scope, which can't be.
    fn same_grant(&self, grant: &Grant) -> Option<GrantSpec> {
        let into = PrincipalName::Id(self.into);
        let scope = match grant.scope {
            Scope::AllFeeds => ScopeRef::AllFeeds,
            Scope::FeedGroup(id) => ScopeRef::FeedGroup(self.index.feed_group(id)?.name.clone()),
            Scope::Feed(id) => ScopeRef::Feed(self.index.feed(id)?.name.clone()),
        };
        Some(GrantSpec {
            id: None,
            effect: grant.effect,
            principal: match self.unbound.kind {
                FoundKind::User => PrincipalRef::User(into),
                FoundKind::Group => PrincipalRef::Group(into),
            },
            task: self.index.task(grant.task)?.name.clone(),
            scope,
            comment: grant.comment.clone(),
        })
    }

    /// The groups that contain the name contain the principal.
    fn memberships(&self, steps: &mut Vec<Step>) {
        let into = PrincipalName::Id(self.into);
        let (groups, member) = match self.unbound.kind {
            FoundKind::User => {
                let user = self.index.user(UserId(self.unbound.id));
                (user.map(|user| user.groups.clone()), Member::User(into))
            }
            FoundKind::Group => {
                let group = self.index.group(GroupId(self.unbound.id));
                (group.map(|group| group.groups.clone()), Member::Group(into))
            }
        };
        for group in groups.into_iter().flatten().filter(|group| !self.is_into(*group)) {
            let membership = Membership { group: PrincipalName::Id(group.0), member: member.clone() };
            steps.push(step(Edit::Put(Spec::Membership(membership))));
        }
    }

    /// Whether this is the group that the name means: a group isn't made a member of itself.
    fn is_into(&self, group: GroupId) -> bool {
        self.unbound.kind == FoundKind::Group && group.0 == self.into
    }

    /// The members of the group are members of the one that its name means.
    fn members(&self, steps: &mut Vec<Step>) {
        let old = GroupId(self.unbound.id);
        let users = self.index.users_from(UserId(0)).filter(|user| user.groups.contains(&old));
        let users = users.map(|user| (Member::User(PrincipalName::Id(user.id.0)), false));
        let groups = self.index.groups_from(GroupId(0)).filter(|group| group.groups.contains(&old));
        let groups =
            groups.map(|group| (Member::Group(PrincipalName::Id(group.id.0)), self.is_into(group.id)));
        for (member, is_into) in users.chain(groups) {
            let in_group = |id| Membership { group: PrincipalName::Id(id), member: member.clone() };
            if !is_into {
                steps.push(step(Edit::Put(Spec::Membership(in_group(self.into)))));
            }
            steps.push(delete(ObjectRef::Membership(in_group(self.unbound.id)), None));
        }
    }

    /// A user who is disabled under either name is disabled.
    fn disabled(&self, steps: &mut Vec<Step>) {
        if self.index.user(UserId(self.unbound.id)).is_some_and(|user| user.disabled) {
            let (user, disabled) = (PrincipalName::Id(self.into), Some(true));
            let spec = UserSpec { user, display_name: None, email: None, disabled, external_id: None };
            steps.push(step(Edit::Update(Spec::User(spec))));
        }
    }
}

fn step(edit: Edit) -> Step {
    Step { edit, expected_revision: None }
}

fn delete(object: ObjectRef, expected_revision: Option<u64>) -> Step {
    Step { edit: Edit::Delete { object, cascade: false, missing_ok: false }, expected_revision }
}
