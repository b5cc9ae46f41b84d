//! Which members of a hybrid directory have whom: the server asks them.

use std::collections::BTreeSet;

use anyhow::anyhow;

use crate::{
    cli::{client::Client, failure::Failure, progress},
    grpc::pb,
    interchange::proget::{Holders, Hybrid, PrincipalType},
    model::{Name, NameKey},
};

/// As many as an answer has at most.
const MOST: u32 = 1_000;

/// Asks every member about everybody. One that can't be asked ends it: whom it has, nobody knows then.
pub(super) async fn ask(
    client: &mut Client,
    hybrid: &Hybrid,
    people: BTreeSet<(PrincipalType, Name)>,
) -> Result<Holders, Failure> {
    let bar = progress::bar(people.len(), "names looked up");
    let mut holders = Holders::default();
    for (kind, name) in people {
        let mut having = Vec::new();
        for member in hybrid.outside() {
            if has(client, member, kind, &name).await? {
                having.push(member.clone());
            }
        }
        holders.note(kind, name, having);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(holders)
}

/// Whether a directory has a user or a group of exactly this name.
async fn has(client: &mut Client, member: &Name, kind: PrincipalType, name: &Name) -> Result<bool, Failure> {
    let request = client.ask(pb::SearchPrincipalsRequest {
        prefix: name.to_string(),
        limit: MOST,
        directory: member.to_string(),
    });
    let answer = client.directory.search_principals(request).await.map_err(|s| client.failure(s))?;
    let pb::SearchPrincipalsResponse { found, failures, truncated } = answer.into_inner();
    if let Some(pb::DirectoryFailure { detail, .. }) = failures.first() {
        let error = anyhow!("the directory `{member}` can't be asked about the {kind} `{name}`: {detail}");
        return Err(error.into());
    }
    let wanted = match kind {
        PrincipalType::User => pb::PersonKind::User,
        PrincipalType::Group => pb::PersonKind::Group,
    };
    let is_it = |found: &pb::FoundPerson| {
        found.kind() == wanted && NameKey::new(&found.name).is_ok_and(|it| it.as_bytes() == name.key())
    };
    match (found.iter().filter(|found| is_it(found)).count(), truncated) {
        (0, false) => Ok(false),
        (1, _) => Ok(true),
        (0, true) => {
            let error = anyhow!(
                "the directory `{member}` has too many names that begin with `{name}` to say whether the {kind} \
                 is among them"
            );
            Err(error.into())
        }
        _ => Err(anyhow!("the directory `{member}` has more than one {kind} called `{name}`").into()),
    }
}
