//! `directory`: how directories answer, and who is in them.

use super::{
    args::{
        connect::Format,
        directory::{Directory, Refresh, Search, Test},
    },
    client::Client,
    failure::{Exit, Failure},
    json,
    output::{self, BAD, BOLD, DIM, GOOD, indent, paint, plain},
    table::Table,
    unbound, words,
};
use crate::grpc::pb;

pub(super) async fn run(client: &mut Client, typed: Directory, format: Format) -> Result<Exit, Failure> {
    match typed {
        Directory::List => list(client, format).await,
        Directory::Test(typed) => test(client, typed, format).await,
        Directory::Search(typed) => search(client, typed, format).await,
        Directory::Refresh(typed) => refresh(client, typed, format).await,
    }
}

async fn list(client: &mut Client, format: Format) -> Result<Exit, Failure> {
    let request = client.ask(pb::GetStatusRequest {});
    let status = client.policy.get_status(request).await.map_err(|s| client.failure(s))?.into_inner();
    let text = match format {
        Format::Json => {
            let parts = status.directory_status.iter().map(|it| json::part("DirectoryStatus", it));
            json::pretty(&parts.collect::<anyhow::Result<Vec<_>>>()?)?
        }
        Format::Table => {
            let mut table = Table::new(["NAME", "KIND", "ENABLED", "STATE", "REMEMBERED", "LAST ANSWER"]);
            for directory in &status.directory_status {
                let pb::DirectoryStatus { name, enabled, reachable, detail, kind, people, answered } =
                    directory;
                let state = if *reachable { "reachable" } else { detail };
                let answered = answered.map(|time| prost_types::Timestamp { nanos: 0, ..time }.to_string());
                let kind = if kind.is_empty() { "-" } else { kind };
                let enabled = if *enabled { "yes" } else { "no" };
                table.row([
                    name,
                    kind,
                    enabled,
                    state,
                    &people.to_string(),
                    answered.as_deref().unwrap_or("-"),
                ]);
            }
            table.render()
        }
    };
    output::answer(Exit::Done, text)
}

async fn test(client: &mut Client, typed: Test, format: Format) -> Result<Exit, Failure> {
    let Test { directory, user, group, search } = typed;
    let [user, group, search] = [user, group, search].map(Option::unwrap_or_default);
    let request = client.ask(pb::TestDirectoryRequest { directory, user, group, search });
    let tested = client.directory.test_directory(request).await.map_err(|s| client.failure(s))?.into_inner();
    let text = match format {
        Format::Json => json::render("TestDirectoryResponse", &tested)?,
        Format::Table => tested.steps.iter().map(step).collect::<Vec<_>>().join("\n"),
    };
    output::answer(if tested.ok { Exit::Done } else { Exit::Denied }, text)
}

/// `ok       user  ldaps://…`, and under it what came back.
fn step(step: &pb::TestStep) -> String {
    let (style, outcome) = match step.outcome() {
        pb::TestOutcome::Ok => (GOOD, "ok"),
        pb::TestOutcome::NotFound => (BAD, "nothing"),
        pb::TestOutcome::Failed | pb::TestOutcome::Unspecified => (BAD, "failed"),
    };
    let took = step.took.as_ref().map_or(0, |took| took.seconds * 1000 + i64::from(took.nanos) / 1_000_000);
    let head = format!(
        "{} {}  {} {}",
        paint(style, format!("{outcome:<8}")),
        paint(BOLD, plain(&step.name)),
        plain(&step.asked),
        paint(DIM, format!("({took} ms)"))
    );
    // An answer may have several lines of its own, such as an error with its causes.
    let answer = step.answer.iter().flat_map(|answer| answer.lines()).map(|line| indent(&plain(line), 11));
    std::iter::once(head).chain(answer).collect::<Vec<_>>().join("\n")
}

async fn search(client: &mut Client, typed: Search, format: Format) -> Result<Exit, Failure> {
    let Search { prefix, directory, limit } = typed;
    let directory = directory.unwrap_or_default();
    let request = client.ask(pb::SearchPrincipalsRequest { prefix, limit, directory });
    let answer =
        client.directory.search_principals(request).await.map_err(|s| client.failure(s))?.into_inner();
    let exit = if answer.failures.is_empty() { Exit::Done } else { Exit::Denied };
    let text = match format {
        Format::Json => json::render("SearchPrincipalsResponse", &answer)?,
        Format::Table => {
            for failure in &answer.failures {
                output::remark(format!(
                    "{} can't be asked: {}",
                    plain(&failure.directory),
                    plain(&failure.detail)
                ));
            }
            if answer.truncated {
                output::remark("there are more: name more of what is looked for, or raise --limit");
            }
            let mut table = Table::new(["KIND", "DIRECTORY", "NAME", "DISPLAY NAME", "ID"]);
            for found in &answer.found {
                table.row([
                    kind(found.kind()),
                    &found.directory,
                    &found.name,
                    &found.display_name,
                    &found.id,
                ]);
            }
            table.render()
        }
    };
    output::answer(exit, text)
}

fn kind(kind: pb::PersonKind) -> &'static str {
    match kind {
        pb::PersonKind::User => "user",
        pb::PersonKind::Group => "group",
        pb::PersonKind::Unspecified => "-",
    }
}

async fn refresh(client: &mut Client, typed: Refresh, format: Format) -> Result<Exit, Failure> {
    let Refresh { user, directory } = typed;
    let asked = user.clone();
    let [user, directory] = [user, directory].map(Option::unwrap_or_default);
    let request = client.write(pb::RefreshMembershipRequest { directory, user });
    let call = client.directory.refresh_membership(request).await;
    let answer = call.map_err(|s| client.failure(s))?.into_inner();
    output::answer(
        Exit::Done,
        match format {
            Format::Json => json::render("RefreshMembershipResponse", &answer)?,
            Format::Table => match asked {
                Some(user) => person(&user, &answer),
                None => everybody(&answer),
            },
        },
    )
}

fn person(asked: &str, answer: &pb::RefreshMembershipResponse) -> String {
    let Some(pb::RefreshedPerson { user, disabled, groups }) = &answer.person else {
        return format!("no directory knows `{}`", plain(asked));
    };
    let user = user.clone().unwrap_or_default();
    let state = if *disabled { ", disabled" } else { "" };
    let changed = if answer.changed > 0 { ", which is news" } else { "" };
    let heading = format!(
        "{} of {}, id {}{state}{changed}",
        plain(&user.name),
        plain(&user.directory),
        plain(&user.id)
    );
    let groups = groups.iter().map(|group| format!("  in {}", plain(group)));
    std::iter::once(heading).chain(groups).collect::<Vec<_>>().join("\n")
}

fn everybody(answer: &pb::RefreshMembershipResponse) -> String {
    let pb::RefreshMembershipResponse {
        refreshed,
        changed,
        person: _,
        bound,
        unbound,
        unbound_total,
        merged,
    } = answer;
    let mut lines = vec![format!(
        "asked about {}, {changed} of them changed; {} bound",
        words::count((*refreshed).into(), "name"),
        words::count((*bound).into(), "name"),
    )];
    lines.extend(unbound::lines(unbound, *unbound_total, merged));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn answers_of_several_lines_are_shown_as_lines() {
        let tested = pb::TestStep {
            name: "user".into(),
            asked: "ldap://h".into(),
            outcome: pb::TestOutcome::Failed.into(),
            answer: vec!["first\nsecond".into(), "a\u{1b}b".into()],
            ..Default::default()
        };
        assert_eq!(
            strip_str(&step(&tested)).to_string(),
            "failed   user  ldap://h (0 ms)\n           first\n           second\n           a\\u{1b}b"
        );
    }
}
