//! The built-in administrator: a first password, and the way back in for those who have locked themselves out.

use std::{fmt, sync::Arc};

use secrecy::SecretString;
use tokio::sync::broadcast::error::RecvError;

use super::{DecisionPoint, ServiceError};
use crate::{
    engine::{Demand, Index, Principals, Target, decide},
    model::{
        BuiltInTask, DirectoryId, Effect, GroupId, Name, NameError, NameKey, Principal, Scope, Task,
        TaskAttributes, UserId, directory,
        edit::{
            AttributesRef, DirectorySpec, Edit, GrantSpec, GroupSpec, Member, Membership, NewPassword,
            ObjectRef, PrincipalName, PrincipalRef, ScopeRef, SetPassword, Spec, Step, TaskSpec, UserSpec,
        },
    },
    policy::{Draft, WriteError, WriteRequest},
};

/// Who administers a new store.
pub const ADMIN: &str = "Admin";
const ADMINISTRATORS: &str = "Administrators";
/// Given in place of the task Administer when that is gone and its name is another's.
const EVERYTHING: &str = "Administer everything";

/// One thing that had to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutRight {
    DirectoryEnabled,
    UserCreated,
    UserEnabled,
    GroupCreated,
    MemberAdded,
    /// It didn't have every attribute any more.
    TaskRestored(Name),
    GroupPermitted,
    RestrictionRemoved {
        of_user: bool,
        task: Name,
    },
    /// Some other restriction, on everyone for instance, would have defeated the group's permission.
    UserPermitted,
    PasswordSet,
}

impl fmt::Display for PutRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryEnabled => f.write_str("the built-in directory is enabled"),
            Self::UserCreated => write!(f, "the user {ADMIN} is created"),
            Self::UserEnabled => write!(f, "the user {ADMIN} is enabled"),
            Self::GroupCreated => write!(f, "the group {ADMINISTRATORS} is created"),
            Self::MemberAdded => write!(f, "{ADMIN} is in the group {ADMINISTRATORS}"),
            Self::TaskRestored(task) => write!(f, "the task {task} has every attribute"),
            Self::GroupPermitted => write!(f, "{ADMINISTRATORS} may do everything on all feeds"),
            Self::RestrictionRemoved { of_user, task } => {
                let who = if *of_user { ADMIN } else { ADMINISTRATORS };
                write!(f, "a restriction of {who} is removed: task {task}")
            }
            Self::UserPermitted => write!(
                f,
                "{ADMIN} may do everything on all feeds as a user, because others' restrictions defeat the group's permission"
            ),
            Self::PasswordSet => {
                write!(f, "{ADMIN} has a new one-time password, to be changed at the next sign-in")
            }
        }
    }
}

impl DecisionPoint {
    /// The administrator of a new store, if they are there and never had a password.
    pub async fn admin_without_password(&self) -> Result<Option<UserId>, ServiceError> {
        let Some(admin) = admin(&self.index())? else { return Ok(None) };
        Ok(self.store().credential(admin).await?.is_none().then_some(admin))
    }

    /// The administrator, if they have a password that has to be changed.
    pub async fn admin_to_change_password(&self) -> Result<Option<UserId>, ServiceError> {
        let Some(admin) = admin(&self.index())? else { return Ok(None) };
        let credential = self.store().credential(admin).await?;
        Ok(credential.is_some_and(|credential| credential.must_change).then_some(admin))
    }

    /// Gives the administrator a password that has to be changed at the first sign-in. Makes no revision.
    pub async fn give_admin_password(&self, password: SecretString) -> Result<(), ServiceError> {
        let steps = vec![step(set_password(password)?)];
        self.write(WriteRequest {
            steps,
            expected: None,
            idempotency: None,
            dry_run: false,
            actor: "start".into(),
        })
        .await
        .map(drop)
    }

    /// Returns when the administrator's password has become another one; false if that can't happen any more.
    pub fn admin_password_changed(&self, admin: UserId) -> impl Future<Output = bool> + Send + use<> {
        // Whoever waits for this keeps nothing open.
        let (mut changes, point) = (self.passwords().changed.subscribe(), Arc::downgrade(&self.0));
        async move {
            loop {
                match changes.recv().await {
                    Ok(user) if user == admin => break true,
                    Ok(_) => {}
                    Err(RecvError::Closed) => break false,
                    Err(RecvError::Lagged(_)) => {
                        let Some(inner) = point.upgrade() else { break false };
                        if matches!(DecisionPoint(inner).admin_to_change_password().await, Ok(None)) {
                            break true;
                        }
                    }
                }
            }
        }
    }

    /// Makes sure that the user Admin can sign in with this password and administer, and says what that took. Without
    /// a password nothing is changed, and it says what it would take.
    ///
    /// Restrictions of the user's own and of the group Administrators' own are removed. Restrictions of others stay:
    /// if one of them is in the way, a permission of the user's own defeats it.
    pub async fn reset_admin(&self, password: Option<SecretString>) -> Result<Vec<PutRight>, ServiceError> {
        let index = self.index();
        let mut rescue = Rescue::new(&index);
        rescue.prepare()?;
        let Rescue { draft: _, mut steps, mut done } = rescue;
        done.push(PutRight::PasswordSet);
        if let Some(password) = password {
            steps.push(step(set_password(password)?));
            let (expected, actor) = (Some(index.revision()), "reset-admin".into());
            let request = WriteRequest { steps, expected, idempotency: None, dry_run: false, actor };
            self.write(request).await?;
        }
        Ok(done)
    }
}

/// What is put right, on a draft that shows whether it helps.
struct Rescue {
    draft: Draft,
    steps: Vec<Step>,
    done: Vec<PutRight>,
}

impl Rescue {
    fn new(index: &Index) -> Self {
        Self { draft: Draft::new(index), steps: Vec::new(), done: Vec::new() }
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

fn step(edit: Edit) -> Step {
    Step { edit, expected_revision: None }
}

fn invalid(source: NameError) -> ServiceError {
    ServiceError::InvalidName { field: "name", source }
}

fn name(name: &str) -> Result<Name, ServiceError> {
    Name::new(name).map_err(invalid)
}

fn key(name: &str) -> Result<NameKey<'_>, ServiceError> {
    NameKey::new(name).map_err(invalid)
}

fn named(principal: &str) -> Result<PrincipalName, ServiceError> {
    Ok(PrincipalName::built_in(name(principal)?))
}

fn admin(index: &Index) -> Result<Option<UserId>, ServiceError> {
    Ok(index.user_named(DirectoryId::BUILT_IN, &key(ADMIN)?).map(|user| user.id))
}

fn set_password(password: SecretString) -> Result<Edit, ServiceError> {
    let password = NewPassword::Plain(password);
    Ok(Edit::SetPassword(SetPassword { user: named(ADMIN)?, password, must_change: true }))
}
