//! Grants and settings in a draft.

use std::sync::Arc;

use super::{Draft, EditError, Mode, catalogue::replace};
use crate::model::{
    Grant, GrantId, Kind, Object, Settings,
    edit::{GrantSpec, SettingsSpec},
};

impl Draft {
    /// The grant with a spec's natural key.
    pub(super) fn grant(&self, spec: &GrantSpec) -> Result<Grant, EditError> {
        let principal = self.principal(&spec.principal)?;
        let (task, scope) = (self.task(&spec.task)?.id, self.scope(&spec.scope)?);
        let found = self.index.find_grant(spec.effect, principal, task, scope);
        let not_found = || EditError::NotFound { kind: Kind::Grant, name: describe_spec(spec) };
        found.and_then(|id| self.index.grant(id)).ok_or_else(not_found)
    }

    pub(super) fn set_grant(&mut self, spec: &GrantSpec, mode: Mode) -> Result<(), EditError> {
        let GrantSpec { id, effect, principal, task, scope, comment } = spec;
        let principal = self.mentioned_principal(principal)?;
        let (task, scope) = (self.task(task)?.id, self.scope(scope)?);
        let there = self.index.find_grant(*effect, principal, task, scope);
        if let Some(id) = *id {
            return self.update_grant(GrantId(id), there, spec);
        }
        Self::admit(mode, Kind::Grant, describe_spec(spec), there.is_some())?;
        let mut grant = match there.and_then(|id| self.index.grant(id)) {
            Some(grant) => grant,
            None => Grant {
                id: GrantId(self.index.next_ids().of(Kind::Grant)),
                effect: *effect,
                principal,
                task,
                scope,
                comment: None,
                revision: 0,
            },
        };
        set_comment(&mut grant, comment);
        self.put(Object::Grant(grant))
    }

    /// A grant known by its id must be the one that the rest of the spec describes: what a grant says never
    /// changes, only its comment does.
    fn update_grant(
        &mut self,
        id: GrantId,
        same: Option<GrantId>,
        spec: &GrantSpec,
    ) -> Result<(), EditError> {
        let Some(mut grant) = self.index.grant(id) else {
            return Err(EditError::NotFound { kind: Kind::Grant, name: id.to_string() });
        };
        if same != Some(id) {
            let why = "effect, principal, task and scope are what a grant is: delete it and create another";
            return Err(EditError::Immutable { kind: Kind::Grant, name: id.to_string(), why });
        }
        set_comment(&mut grant, &spec.comment);
        self.put(Object::Grant(grant))
    }

    /// The settings are always there.
    pub(super) fn set_settings(&mut self, spec: &SettingsSpec, mode: Mode) -> Result<(), EditError> {
        Self::admit(mode, Kind::Settings, "settings", true)?;
        let SettingsSpec { scope_precedence, unknown_feed, bare_names, sign_in } = spec;
        let mut settings = Settings::clone(self.index.settings());
        replace(&mut settings.scope_precedence, scope_precedence);
        replace(&mut settings.unknown_feed, unknown_feed);
        replace(&mut settings.bare_names, bare_names);
        replace(&mut settings.sign_in, sign_in);
        self.put(Object::Settings(Arc::new(settings)))
    }
}

fn set_comment(grant: &mut Grant, comment: &Option<Box<str>>) {
    if let Some(comment) = comment {
        grant.comment = Some(comment.clone()).filter(|comment| !comment.is_empty());
    }
}

fn describe_spec(spec: &GrantSpec) -> String {
    use crate::model::{
        Effect,
        edit::{PrincipalRef, ScopeRef},
    };
    let effect = match spec.effect {
        Effect::Permit => "permit",
        Effect::Restrict => "restrict",
    };
    let principal = match &spec.principal {
        PrincipalRef::User(name) => format!("user {}", super::people::display(name)),
        PrincipalRef::Group(name) => format!("group {}", super::people::display(name)),
        PrincipalRef::Everyone => "Everyone".into(),
        PrincipalRef::Authenticated { directory: None } => "Authenticated".into(),
        PrincipalRef::Authenticated { directory: Some(directory) } => format!("Authenticated by {directory}"),
        PrincipalRef::Anonymous => "Anonymous".into(),
    };
    let scope = match &spec.scope {
        ScopeRef::AllFeeds => "all feeds".into(),
        ScopeRef::FeedGroup(name) => format!("feed group {name}"),
        ScopeRef::Feed(name) => format!("feed {name}"),
    };
    format!("{effect} {} to {principal} on {scope}", spec.task)
}
