//! `who-can`: the principals that may do something somewhere.

use super::{command_line, heading, more};
use crate::{
    cli::{
        args::{connect::Format, lookup::WhoCan, question::Place},
        client::Client,
        demand,
        failure::{Exit, Failure},
        json,
        output::{self, plain},
        paging,
        table::Table,
        words as phrasing,
    },
    grpc::pb::{self, principal},
    model::directory::BUILT_IN_NAME,
};

pub(in crate::cli) async fn run(
    client: &mut Client,
    asked: &WhoCan,
    format: Format,
) -> Result<Exit, Failure> {
    let answer = ask(client, asked).await?;
    output::print(match format {
        Format::Json => json::render("LookupPrincipalsResponse", &answer)?,
        Format::Table => render(asked, &answer),
    })?;
    Ok(Exit::Done)
}

/// All parts of the answer.
pub(in crate::cli) async fn ask(
    client: &mut Client,
    asked: &WhoCan,
) -> Result<pb::LookupPrincipalsResponse, Failure> {
    let request = client.write(pb::LookupPrincipalsRequest {
        attribute: asked.attribute.clone(),
        target: Some((&asked.place).into()),
        consistency: None,
        cursor: asked.slice.cursor.clone().unwrap_or_default(),
        limit: asked.slice.limit.unwrap_or_default(),
    });
    let stream = client.decision.lookup_principals(request).await;
    let mut answer = pb::LookupPrincipalsResponse::default();
    paging::parts(client, stream, |part| {
        let mut principals = std::mem::take(&mut answer.principals);
        principals.extend(part.principals);
        answer = pb::LookupPrincipalsResponse { principals, ..part };
    })
    .await?;
    Ok(answer)
}

/// Who they are, and whether that is all of them.
pub(super) fn render(asked: &WhoCan, answer: &pb::LookupPrincipalsResponse) -> String {
    let (attribute, place) = (plain(&asked.attribute), demand::place(&asked.place));
    let nobody = answer.principals.is_empty();
    let who = if nobody { "nobody may" } else { "who may" };
    let mut lines = vec![heading(&format!("{who} {attribute} on {place}"), answer.revision)];
    if answer.feed_unknown {
        lines.push(format!("  {place} isn't registered: `feedgate list feeds` shows those that are"));
    }
    if !nobody {
        lines.push(table(&answer.principals));
    }
    if !answer.incomplete_directories.is_empty() {
        lines.push(format!(
            "not complete: people of {} whom the policy doesn't name can't be listed",
            phrasing::list(&answer.incomplete_directories)
        ));
    }
    lines.extend(more(&words(asked), &asked.slice, &answer.next_cursor));
    lines.join("\n")
}

/// The command line that asks this, without the program.
pub(in crate::cli) fn command(asked: &WhoCan) -> String {
    command_line(&words(asked))
}

fn words(asked: &WhoCan) -> Vec<&str> {
    let mut words = vec!["who-can", asked.attribute.as_str()];
    match &asked.place {
        Place::System => {}
        Place::Feed(name) => words.extend(["--feed", name]),
        Place::FeedGroup(name) => words.extend(["--feed-group", name]),
    }
    words
}

fn table(principals: &[pb::FoundPrincipal]) -> String {
    let mut table = Table::new(["KIND", "NAME", "DIRECTORY", ""]);
    for found in principals {
        let known = if found.as_known_here { "by what is known here" } else { "" };
        let kind = found.principal.as_ref().and_then(|principal| principal.kind.as_ref());
        let (kind, name, directory) = match kind {
            Some(principal::Kind::User(user)) => ("user", user.name.as_str(), home(&user.directory)),
            Some(principal::Kind::Group(group)) => ("group", group.name.as_str(), home(&group.directory)),
            Some(principal::Kind::Everyone(_)) => ("virtual", "Everyone", ""),
            Some(principal::Kind::Authenticated(it)) => ("virtual", "Authenticated", it.directory.as_str()),
            Some(principal::Kind::Anonymous(_)) => ("virtual", "Anonymous", ""),
            None => ("", "(unknown)", ""),
        };
        table.row([kind, name, directory, known]);
    }
    table.render()
}

fn home(directory: &str) -> &str {
    if directory.is_empty() { BUILT_IN_NAME } else { directory }
}
