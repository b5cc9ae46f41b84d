//! Permissions that lack one thing to allow what was denied.

use crate::{
    cli::{args::question::Question, demand, output::plain, table::Table, words},
    grpc::pb::{self, Lack, principal, scope},
};

/// A line a permission, with what it lacks.
pub(super) fn table(question: &Question, explanation: &pb::ExplainResponse) -> String {
    let who = demand::who(&question.who, explanation.subject.as_ref());
    let mut table = Table::new(["GRANT", "TASK", "TO", "ON", "BUT"]);
    for miss in &explanation.near_misses {
        let Some(grant) = &miss.grant else { continue };
        table.row([
            &grant.id.to_string(),
            &grant.task,
            &words::principal(grant.principal.as_ref()),
            &words::scope(grant.scope.as_ref()),
            &lack(question, &who, miss.lack(), grant),
        ]);
    }
    table.render()
}

/// `jDoe isn't in group Staff`, `is on feed npm only`, `its task lacks Feeds_AddPackage`.
fn lack(question: &Question, who: &str, lack: Lack, grant: &pb::Grant) -> String {
    let on = grant.scope.as_ref().and_then(|scope| scope.kind.as_ref());
    match lack {
        Lack::Principal => principal(who, grant),
        Lack::Scope if matches!(on, Some(scope::Kind::AllFeeds(_)) | None) => {
            format!("doesn't cover {}", demand::place(&question.place))
        }
        Lack::Scope => format!("is on {} only", words::scope(grant.scope.as_ref())),
        Lack::Attribute => format!("its task lacks {}", plain(&question.attribute)),
        Lack::Unspecified => "for a reason that this client doesn't know".to_owned(),
    }
}

fn principal(who: &str, grant: &pb::Grant) -> String {
    match grant.principal.as_ref().and_then(|principal| principal.kind.as_ref()) {
        Some(principal::Kind::User(name) | principal::Kind::Group(name)) if name.unbound => {
            format!("{} isn't bound to an id of its directory, so it doesn't count", plain(&name.name))
        }
        Some(principal::Kind::Group(group)) => {
            format!("{who} isn't in group {}", words::principal_name(group))
        }
        Some(principal::Kind::Authenticated(principal::Authenticated { directory })) => {
            match directory.as_str() {
                "" => format!("{who} isn't signed in"),
                directory => format!("{who} isn't signed in by {}", plain(directory)),
            }
        }
        Some(principal::Kind::Anonymous(_)) => "is for whoever isn't signed in".to_owned(),
        Some(principal::Kind::User(_) | principal::Kind::Everyone(_)) | None => {
            format!("is for {} only", words::principal(grant.principal.as_ref()))
        }
    }
}
