//! What it takes to let the administrator in again.

use std::sync::Arc;

use super::{super::ServiceError, ADMIN, ADMINISTRATORS, PutRight, admin, key, name, named, step};
use crate::{
    engine::{Demand, Index, Principals, Target, decide},
    model::{
        BuiltInTask, DirectoryId, Effect, GroupId, Name, Principal, Scope, Task, TaskAttributes, directory,
        edit::{
            AttributesRef, DirectorySpec, Edit, GrantSpec, GroupSpec, Member, Membership, ObjectRef,
            PrincipalRef, ScopeRef, Spec, Step, TaskSpec, UserSpec,
        },
    },
    policy::{Draft, WriteError},
};

/// Given in place of the task Administer when that is gone and its name is another's.
const EVERYTHING: &str = "Administer everything";

/// What is put right, on a draft that shows whether it helps.
pub(super) struct Plan {
    pub(super) draft: Draft,
    pub(super) steps: Vec<Step>,
    pub(super) done: Vec<PutRight>,
}

impl Plan {
    /// All but the password.
    pub(super) fn of(index: &Index) -> Result<Self, ServiceError> {
        let mut plan = Self { draft: Draft::new(index), steps: Vec::new(), done: Vec::new() };
        plan.prepare()?;
        Ok(plan)
    }

    fn put(&mut self, edit: Edit, done: PutRight) -> Result<(), ServiceError> {
        let step = step(edit);
        let failed = |source| WriteError::Edit { step: self.steps.len(), source };
        self.draft.apply(&step).map_err(failed)?;
        self.steps.push(step);
        self.done.push(done);
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), ServiceError> {
        self.directory()?;
        self.principals()?;
        let task = self.task()?;
        self.restrictions()?;
        let group = PrincipalRef::Group(named(ADMINISTRATORS)?);
        self.permit(group, &task, PutRight::GroupPermitted)?;
        if !self.may_everything()? {
            self.permit(PrincipalRef::User(named(ADMIN)?), &task, PutRight::UserPermitted)?;
        }
        Ok(())
    }

    fn directory(&mut self) -> Result<(), ServiceError> {
        let built_in = self.draft.index().directory(DirectoryId::BUILT_IN).cloned();
        if built_in.as_ref().is_some_and(|built_in| built_in.enabled) {
            return Ok(());
        }
        let name =
            built_in.map_or_else(|| name(directory::BUILT_IN_NAME), |built_in| Ok(built_in.name.clone()))?;
        let (domains, netbios, position) = (None, None, None);
        let spec = DirectorySpec { name, domains, netbios, enabled: Some(true), position };
        self.put(Edit::Update(Spec::Directory(spec)), PutRight::DirectoryEnabled)
    }

    fn principals(&mut self) -> Result<(), ServiceError> {
        let spec = |disabled| {
            let (display_name, email, external_id) = (None, None, None);
            Ok::<_, ServiceError>(UserSpec {
                user: named(ADMIN)?,
                display_name,
                email,
                disabled,
                external_id,
            })
        };
        let there = admin(self.draft.index())?;
        match there.and_then(|id| self.draft.index().user(id)).map(|user| user.disabled) {
            None => self.put(Edit::Create(Spec::User(spec(None)?)), PutRight::UserCreated)?,
            Some(true) => self.put(Edit::Update(Spec::User(spec(Some(false))?)), PutRight::UserEnabled)?,
            Some(false) => {}
        }
        if self.group()?.is_none() {
            let (description, external_id) = (None, None);
            let spec = GroupSpec { group: named(ADMINISTRATORS)?, description, external_id };
            self.put(Edit::Create(Spec::Group(spec)), PutRight::GroupCreated)?;
        }
        let (user, group) = (admin(self.draft.index())?, self.group()?);
        let user = user.and_then(|id| self.draft.index().user(id));
        let is_member = user.zip(group).is_some_and(|(user, group)| user.groups.contains(&group));
        if is_member {
            return Ok(());
        }
        let membership = Membership { group: named(ADMINISTRATORS)?, member: Member::User(named(ADMIN)?) };
        self.put(Edit::Create(Spec::Membership(membership)), PutRight::MemberAdded)
    }

    fn group(&self) -> Result<Option<GroupId>, ServiceError> {
        let key = key(ADMINISTRATORS)?;
        Ok(self.draft.index().group_named(DirectoryId::BUILT_IN, &key).map(|group| group.id))
    }

    /// A task with every attribute.
    fn task(&mut self) -> Result<Name, ServiceError> {
        let index = self.draft.index();
        let administer = index.task(BuiltInTask::Administer.id());
        let with_all = |task: &&Arc<Task>| task.attributes == TaskAttributes::All;
        if let Some(task) = administer.into_iter().chain(index.tasks()).find(with_all) {
            return Ok(task.name.clone());
        }
        let original = name(BuiltInTask::Administer.name())?;
        let free = index.task_named(&key(original.as_str())?).is_none();
        match administer.map(|task| task.name.clone()) {
            Some(present) => {
                self.put(Edit::RestoreTask(original), PutRight::TaskRestored(present.clone()))?;
                Ok(present)
            }
            None if free => {
                self.put(Edit::RestoreTask(original.clone()), PutRight::TaskRestored(original.clone()))?;
                Ok(original)
            }
            None => {
                let task = name(EVERYTHING)?;
                let attributes = Some(AttributesRef::All);
                let spec = TaskSpec { name: task.clone(), description: None, attributes };
                self.put(Edit::Put(Spec::Task(spec)), PutRight::TaskRestored(task.clone()))?;
                Ok(task)
            }
        }
    }

    fn restrictions(&mut self) -> Result<(), ServiceError> {
        let user = admin(self.draft.index())?.map(|id| (true, Principal::User(id)));
        let group = self.group()?.map(|id| (false, Principal::Group(id)));
        for (of_user, principal) in user.into_iter().chain(group) {
            let own: Vec<_> = self.draft.index().grants_of(principal).collect();
            for grant in own.into_iter().filter(|grant| grant.effect == Effect::Restrict) {
                let Some(task) = self.draft.index().task(grant.task).map(|task| task.name.clone()) else {
                    continue;
                };
                let object = ObjectRef::GrantId(grant.id.0);
                let edit = Edit::Delete { object, cascade: false, missing_ok: false };
                self.put(edit, PutRight::RestrictionRemoved { of_user, task })?;
            }
        }
        Ok(())
    }

    fn permit(&mut self, principal: PrincipalRef, task: &Name, done: PutRight) -> Result<(), ServiceError> {
        let index = self.draft.index();
        let whose = match principal {
            PrincipalRef::User(_) => admin(index)?.map(Principal::User),
            _ => self.group()?.map(Principal::Group),
        };
        let id = index.task_named(&key(task.as_str())?).map(|task| task.id);
        let there = whose.zip(id).is_some_and(|(whose, id)| {
            let mut own = index.grants_of(whose);
            own.any(|it| it.effect == Effect::Permit && it.task == id && it.scope == Scope::AllFeeds)
        });
        if there {
            return Ok(());
        }
        let spec = GrantSpec {
            id: None,
            effect: Effect::Permit,
            principal,
            task: task.clone(),
            scope: ScopeRef::AllFeeds,
            comment: None,
        };
        self.put(Edit::Create(Spec::Grant(spec)), done)
    }

    /// On the system, that is: whoever may configure it can put right what is wrong on a feed.
    fn may_everything(&self) -> Result<bool, ServiceError> {
        let index = self.draft.index();
        let Some(user) = admin(index)?.and_then(|id| index.user(id)) else { return Ok(false) };
        let who = Principals::of_user(index, user);
        let may = |attribute| decide(index, &who, Demand { attribute, target: Target::System }).allowed();
        Ok(index.attributes().all(|attribute| may(attribute.id)))
    }
}
