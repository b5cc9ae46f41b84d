//! Why a grant couldn't be revoked: one that isn't there may be there with the other effect.

use super::{alone, reworded, send};
use crate::{
    cli::{
        client::Client,
        failure::{CallError, Failure},
    },
    model::{
        Effect,
        edit::{Edit, GrantSpec, ObjectRef},
    },
};

/// How a server says that it is the grant that isn't there, and not its task or its principal.
const MISSING: &str = "no grant is called ";

/// The failure of these edits, in other words if they are the deletion of a grant that isn't there.
pub(super) async fn explain(client: &mut Client, edits: &[Edit], failure: Failure) -> Failure {
    let (Failure::Call(error), [Edit::Delete { object, .. }]) = (&failure, edits) else { return failure };
    if error.reason().as_deref() != Some("NOT_FOUND") || !error.status.message().starts_with(MISSING) {
        return failure;
    }
    let message = match object {
        ObjectRef::GrantId(id) => format!("there is no grant {id}"),
        ObjectRef::Grant(grant) => {
            let other = is_there(client, opposite(grant)).await;
            missing(grant.effect, other).to_owned()
        }
        _ => return failure,
    };
    let status = Box::new(reworded(&error.status, &message));
    Failure::Call(CallError { status, server: error.server.clone() })
}

fn opposite(grant: &GrantSpec) -> GrantSpec {
    let effect = match grant.effect {
        Effect::Permit => Effect::Restrict,
        Effect::Restrict => Effect::Permit,
    };
    GrantSpec { effect, ..grant.clone() }
}

/// Whether it could be revoked.
async fn is_there(client: &mut Client, grant: GrantSpec) -> bool {
    let object = ObjectRef::Grant(grant);
    let edits = vec![Edit::Delete { object, cascade: false, missing_ok: false }];
    send(client, alone(edits), true).await.is_ok()
}

const fn missing(effect: Effect, other: bool) -> &'static str {
    match (effect, other) {
        (Effect::Permit, false) => "there is no such permission",
        (Effect::Permit, true) => "there is no such permission; there is a restriction: add `--restriction`",
        (Effect::Restrict, false) => "there is no such restriction",
        (Effect::Restrict, true) => {
            "there is no such restriction; there is a permission: leave out `--restriction`"
        }
    }
}
