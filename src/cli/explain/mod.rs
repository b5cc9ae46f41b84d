//! `explain`: a decision, made understandable without knowing the code.
//!
//! First the verdict, then why in a sentence, then every grant that was weighed, the deciding one first. For a
//! denial also the ways around it, and the permissions that just missed.

mod near_miss;
mod proxy;
mod sentence;

use super::{
    args::{connect::Format, question::Question},
    client::Client,
    demand,
    failure::{Exit, Failure},
    json,
    output::{self, BOLD, DIM, paint, plain},
    table::Table,
    words,
};
use crate::grpc::pb::{self, principal};

pub(super) async fn run(client: &mut Client, question: &Question, format: Format) -> Result<Exit, Failure> {
    let explanation = ask(client, question).await?;
    output::print(match format {
        Format::Json => json::render("ExplainResponse", &explanation)?,
        Format::Table => render(question, &explanation),
    })?;
    Ok(Exit::Done)
}

pub(super) async fn ask(client: &mut Client, question: &Question) -> Result<pb::ExplainResponse, Failure> {
    let request = client.ask(question.into());
    Ok(client.decision.explain(request).await.map_err(|status| client.failure(status))?.into_inner())
}

/// The whole explanation, for people.
pub(super) fn render(question: &Question, explanation: &pb::ExplainResponse) -> String {
    let mut lines = vec![demand::verdict(question, explanation.allowed, explanation.subject.as_ref())];
    lines.extend(sentence::why(question, explanation).into_iter().map(|line| output::wrap(&line, 2)));
    let around = explanation.proxies.iter().map(|proxy| proxy::sentence(question, explanation, proxy));
    lines.extend(around.map(|line| output::wrap(&line, 2)));
    if !explanation.candidates.is_empty() {
        lines.push(String::new());
        lines.push(candidates(question, explanation));
    }
    if !explanation.near_misses.is_empty() {
        lines.push(format!("\n{}", paint(BOLD, "what just missed")));
        lines.push(near_miss::table(question, explanation));
    }
    lines.join("\n")
}

/// Every candidate in the order in which they are weighed, `→` at the one that decides.
fn candidates(question: &Question, explanation: &pb::ExplainResponse) -> String {
    let who = demand::who(&question.who, explanation.subject.as_ref());
    let mut table = Table::new(["", "GRANT", "EFFECT", "TASK", "TO", "ON", "BECAUSE"]);
    for candidate in &explanation.candidates {
        let Some(grant) = &candidate.grant else { continue };
        let (mark, style) = match (candidate.decides, candidate.counts) {
            (true, _) => ("→", BOLD),
            (false, true) => ("", anstyle::Style::new()),
            (false, false) => ("", DIM),
        };
        table.styled_row(
            style,
            [
                mark,
                &grant.id.to_string(),
                words::effect(grant.effect()),
                &grant.task,
                &words::principal(grant.principal.as_ref()),
                &words::scope(grant.scope.as_ref()),
                &because(&who, candidate, grant, explanation.subject_unknown),
            ],
        );
    }
    table.render()
}

/// How many groups of a path are shown at its beginning and at its end; `--output json` has all.
const PATH_ENDS: usize = 3;

/// `jDoe → Developers → Staff`; of a long path the two ends.
fn path(who: &str, groups: &[pb::PrincipalName]) -> String {
    let mut steps = vec![who.to_owned()];
    match groups.len().checked_sub(2 * PATH_ENDS).filter(|hidden| *hidden > 1) {
        None => steps.extend(groups.iter().map(words::principal_name)),
        Some(hidden) => {
            steps.extend(groups.iter().take(PATH_ENDS).map(words::principal_name));
            steps.push(format!("… {} …", words::count(hidden as u64, "more group")));
            steps.extend(groups.iter().skip(PATH_ENDS + hidden).map(words::principal_name));
        }
    }
    steps.join(" → ")
}

/// How the subject comes to be the grant's principal: `jDoe → Developers → Staff`.
fn because(who: &str, candidate: &pb::Candidate, grant: &pb::Grant, is_unknown: bool) -> String {
    let mut text = match grant.principal.as_ref().and_then(|p| p.kind.as_ref()) {
        Some(principal::Kind::Everyone(_)) => "is for everyone".to_owned(),
        Some(principal::Kind::Authenticated(_)) => "is signed in".to_owned(),
        Some(principal::Kind::Anonymous(_)) => "is not signed in".to_owned(),
        Some(principal::Kind::User(_) | principal::Kind::Group(_)) | None => path(who, &candidate.path),
    };
    match (candidate.counts, is_unknown) {
        (true, _) => {}
        (false, true) => text.push_str("; doesn't count for an unknown user"),
        (false, false) => {
            text.push_str("; doesn't count: only a name matches, which isn't bound to the same id")
        }
    }
    plain(&text).into_owned()
}

#[cfg(test)]
pub(super) mod tests;
