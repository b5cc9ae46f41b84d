//! Grants and settings in a draft.

use std::{fmt, sync::Arc};

use super::{Draft, EditError, Mode, catalogue::replace, people::display};
use feedgate_model::{
    Effect, Grant, GrantId, Kind, Object, Settings,
    edit::{GrantSpec, PrincipalRef, ScopeRef, SettingsSpec},
};

impl Draft {
    /// The grant with a spec's natural key.
    pub(super) fn grant(&self, spec: &GrantSpec) -> Result<Grant, EditError> {
        let principal = self.principal(&spec.principal)?;
        let (task, scope) = (self.mentioned_task(&spec.task)?.id, self.scope(&spec.scope)?);
        let found = self.index.find_grant(spec.effect, principal, task, scope);
        let not_found = || EditError::not_found(Kind::Grant, Described(spec));
        found.and_then(|id| self.index.grant(id)).ok_or_else(not_found)
    }

    pub(super) fn set_grant(&mut self, spec: &GrantSpec, mode: Mode) -> Result<(), EditError> {
        let GrantSpec { id, effect, principal, task, scope, comment } = spec;
        let principal = self.mentioned_principal(principal)?;
        let (task, scope) = (self.mentioned_task(task)?.id, self.scope(scope)?);
        let there = self.index.find_grant(*effect, principal, task, scope);
        if let Some(id) = *id {
            return self.update_grant(GrantId(id), there, spec);
        }
        Self::admit(mode, Kind::Grant, Described(spec), there.map(|_| Described(spec)))?;
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
            return Err(EditError::not_found(Kind::Grant, id));
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
        Self::admit(mode, Kind::Settings, "settings", Some("settings"))?;
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

/// A grant as messages name it.
struct Described<'s>(&'s GrantSpec);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GrantSpec { effect, principal, task, scope, .. } = self.0;
        let verb = match effect {
            Effect::Permit => "permit",
            Effect::Restrict => "restrict",
        };
        write!(f, "{verb} {task} to ")?;
        match principal {
            PrincipalRef::User(name) => write!(f, "user {}", display(name)),
            PrincipalRef::Group(name) => write!(f, "group {}", display(name)),
            PrincipalRef::Everyone => f.write_str("Everyone"),
            PrincipalRef::Authenticated { directory: None } => f.write_str("Authenticated"),
            PrincipalRef::Authenticated { directory: Some(directory) } => {
                write!(f, "Authenticated by {directory}")
            }
            PrincipalRef::Anonymous => f.write_str("Anonymous"),
        }?;
        match scope {
            ScopeRef::AllFeeds => f.write_str(" on all feeds"),
            ScopeRef::FeedGroup(name) => write!(f, " on feed group {name}"),
            ScopeRef::Feed(name) => write!(f, " on feed {name}"),
        }
    }
}
