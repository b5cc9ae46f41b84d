//! Permissions and restrictions: made, and taken back.

use clap::Args;

use super::{common::Writing, wish::Wish};
use crate::{
    cli::{
        args::whom::{Principal, Scope},
        failure::Failure,
    },
    model::{
        Effect, Name,
        edit::{Edit, GrantSpec, ObjectRef, PrincipalRef, ScopeRef, Spec},
    },
};

pub(super) const GRANT: &str = "\
To whom and where must both be said.

Examples:
  feedgate grant 'Publish Packages' --group Developers --feed npm-dev
  feedgate grant 'View & Download Packages' --everyone --feed-group live
  feedgate grant Administer --user ann --all-feeds --dry-run

Exit codes: 0 granted, 2 wrong use, 3 failed, for example because the grant
is there already.";

pub(super) const RESTRICT: &str = "\
To whom and where must both be said. A restriction beats a permission of the
same principal kind and scope.

Examples:
  feedgate restrict 'Publish Packages' --user ann --feed npm --preview
  feedgate restrict 'Manage Feed' --group Interns --all-feeds \\
      --comment 'not before their first review'

Exit codes: 0 restricted, 2 wrong use, 3 failed, for example because the
restriction is there already.";

pub(super) const REVOKE: &str = "\
`feedgate list grants` shows the ids.

Examples:
  feedgate revoke 17 --preview
  feedgate revoke 'Publish Packages' --group Developers --feed npm-dev
  feedgate revoke 'Publish Packages' --user ann --feed npm --restriction

Exit codes: 0 revoked, 2 wrong use, 3 failed, for example because there is no
such grant.";

/// The flags that say to whom and where, as a usage line has them.
macro_rules! whom_and_where {
    () => {
        "<--user <USER>|--group <GROUP>|--everyone|--authenticated|--anonymous> \
         <--feed <FEED>|--feed-group <GROUP>|--all-feeds>"
    };
}

pub(super) const USAGE_OF_GRANT: &str = concat!("feedgate grant [OPTIONS] <TASK> ", whom_and_where!());

pub(super) const USAGE_OF_RESTRICT: &str = concat!("feedgate restrict [OPTIONS] <TASK> ", whom_and_where!());

pub(super) const USAGE_OF_REVOKE: &str = concat!(
    "feedgate revoke [OPTIONS] <GRANT_ID>\n       feedgate revoke [OPTIONS] <TASK> ",
    whom_and_where!()
);

#[derive(Debug, Args)]
#[command(
    mut_group("principal", |group| group.required(true)),
    mut_group("scope", |group| group.required(true))
)]
pub struct Grant {
    /// The task: `feedgate list tasks` has all
    #[arg(value_parser = Name::new)]
    task: Name,
    #[command(flatten)]
    principal: Principal,
    #[command(flatten)]
    scope: Scope,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<Box<str>>,
    #[command(flatten)]
    writing: Writing,
}

impl Grant {
    pub fn wish(self, effect: Effect) -> Result<Wish, Failure> {
        let Self { task, principal, scope, comment, writing } = self;
        let grant = GrantSpec { comment, ..self::grant(effect, task, principal.named(), scope.named())? };
        Ok(writing.edits(vec![Edit::Create(Spec::Grant(grant))]))
    }
}

#[derive(Debug, Args)]
#[command(
    mut_group("principal", |group| group.requires("scope")),
    mut_group("scope", |group| group.requires("principal"))
)]
pub struct Revoke {
    /// The grant's id; or its task, with the flags that say whose and where
    #[arg(value_name = "GRANT_ID|TASK")]
    grant: String,
    #[command(flatten)]
    principal: Principal,
    #[command(flatten)]
    scope: Scope,
    /// A restriction is meant; without it, a permission
    #[arg(long, requires = "principal")]
    restriction: bool,
    #[command(flatten)]
    writing: Writing,
}

impl Revoke {
    pub fn wish(self) -> Result<Wish, Failure> {
        let Self { grant, principal, scope, restriction, writing } = self;
        let object = match (principal.named(), scope.named()) {
            (None, None) => ObjectRef::GrantId(grant.parse().map_err(|_| {
                Failure::usage(format!(
                    "`{grant}` is no grant's id: give one, or say whose grant of this task and where: for \
                     example `--group G --feed F`"
                ))
            })?),
            (principal, scope) => {
                let task = Name::new(&grant).map_err(|error| Failure::usage(format!("TASK: {error}")))?;
                let effect = if restriction { Effect::Restrict } else { Effect::Permit };
                ObjectRef::Grant(self::grant(effect, task, principal, scope)?)
            }
        };
        Ok(writing.edits(vec![Edit::Delete { object, cascade: false, missing_ok: false }]))
    }
}

/// A grant without a comment. clap has seen to it that both are given; if it hadn't, nothing would be assumed.
fn grant(
    effect: Effect,
    task: Name,
    principal: Option<PrincipalRef>,
    scope: Option<ScopeRef>,
) -> Result<GrantSpec, Failure> {
    let principal = principal.ok_or_else(|| Failure::usage("to whom? for example `--group G`"))?;
    let scope = scope.ok_or_else(|| Failure::usage("where? for example `--feed F`, or `--all-feeds`"))?;
    Ok(GrantSpec { id: None, effect, principal, task, scope, comment: None })
}
