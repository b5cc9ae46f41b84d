//! `check` and `effective`: what somebody may do.

use super::{
    args::{
        connect::Format,
        question::{Effective, Place, Question},
    },
    client::Client,
    demand,
    failure::{Exit, Failure},
    json,
    output::{self, DIM, GOOD, paint},
    table::Table,
    words,
};
use crate::grpc::pb;

pub(super) async fn run(client: &mut Client, question: &Question, format: Format) -> Result<Exit, Failure> {
    let request = client.ask(question.into());
    let answer = client.decision.check(request).await.map_err(|s| client.failure(s))?.into_inner();
    let exit = if answer.allowed { Exit::Done } else { Exit::Denied };
    match output::print(match format {
        Format::Json => json::render("CheckResponse", &answer)?,
        Format::Table => render(question, &answer),
    }) {
        // The exit code is the answer: it mustn't depend on who reads the words.
        Ok(()) | Err(Failure::ReaderGone) => Ok(exit),
        Err(failure) => Err(failure),
    }
}

/// The verdict, and what it rests on.
fn render(question: &Question, answer: &pb::CheckResponse) -> String {
    let because = match answer.reason() {
        pb::Reason::Permitted => format!("grant {} permits it", answer.grant_id),
        pb::Reason::Restricted => format!("grant {} restricts it", answer.grant_id),
        pb::Reason::NotGranted => "nothing permits it".to_owned(),
        pb::Reason::FeedUnknown => "no such feed is registered: `feedgate list feeds`".to_owned(),
        pb::Reason::FeedGroupUnknown => "there is no such feed group: `feedgate list feed-groups`".to_owned(),
        pb::Reason::SubjectDisabled => "the user is disabled".to_owned(),
        pb::Reason::Unspecified => "for a reason that this client doesn't know".to_owned(),
    };
    let subject = if answer.subject_unknown { "; no directory knows the user" } else { "" };
    let feed = if answer.feed_unknown && answer.reason() != pb::Reason::FeedUnknown {
        "; the feed isn't registered"
    } else {
        ""
    };
    let revision = answer.revision.unwrap_or_default().number;
    let verdict = demand::verdict(question, answer.allowed, answer.subject.as_ref());
    format!("{verdict}\n  {because}{subject}{feed} (revision {revision})")
}

/// Everything that somebody may do somewhere.
pub(super) async fn effective(
    client: &mut Client,
    Effective { who, place }: &Effective,
    format: Format,
) -> Result<Exit, Failure> {
    let request = client.ask(pb::ListEffectiveAttributesRequest {
        subject: Some(who.into()),
        target: Some(place.into()),
        consistency: None,
    });
    let answer = client
        .decision
        .list_effective_attributes(request)
        .await
        .map_err(|status| client.failure(status))?
        .into_inner();
    output::print(match format {
        Format::Json => json::render("ListEffectiveAttributesResponse", &answer)?,
        Format::Table => {
            let title = format!("{} on {}", demand::who(who, answer.subject.as_ref()), demand::place(place));
            render_effective(&title, place, &answer)
        }
    })?;
    Ok(Exit::Done)
}

fn render_effective(title: &str, place: &Place, answer: &pb::ListEffectiveAttributesResponse) -> String {
    let mut table = Table::new(["ATTRIBUTE", "", "REASON", "GRANT"]);
    for attribute in &answer.attributes {
        let (style, word) = if attribute.allowed { (GOOD, "allowed") } else { (DIM, "denied") };
        let grant = if attribute.grant_id == 0 { String::new() } else { attribute.grant_id.to_string() };
        table.styled_row(style, [&attribute.attribute, word, words::reason(attribute.reason()), &grant]);
    }
    let mut lines = vec![paint(output::BOLD, title)];
    if answer.subject_unknown {
        lines.push("  no directory knows the user".to_owned());
    }
    if answer.feed_unknown && matches!(place, Place::Feed(_)) {
        lines.push("  the feed isn't registered: `feedgate list feeds` shows those that are".to_owned());
    }
    lines.push(table.render());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::cli::args::question::Who;

    fn question() -> Question {
        Question {
            who: Who::User { name: "jdoe".into(), directory: None },
            attribute: "Feeds_ViewFeed".into(),
            place: Place::Feed("npm".into()),
        }
    }

    #[test]
    fn answers() {
        let revision = Some(pb::Revision { store: 1, number: 8 });
        for (reason, grant_id, unknown, expected) in [
            (
                pb::Reason::Permitted,
                5,
                false,
                "allowed: jdoe may Feeds_ViewFeed on feed npm\n  grant 5 permits it (revision 8)",
            ),
            (
                pb::Reason::Restricted,
                7,
                false,
                "denied: jdoe may not Feeds_ViewFeed on feed npm\n  grant 7 restricts it (revision 8)",
            ),
            (
                pb::Reason::NotGranted,
                0,
                true,
                "denied: jdoe may not Feeds_ViewFeed on feed npm\n  nothing permits it; no directory knows the \
                 user (revision 8)",
            ),
        ] {
            let answer = pb::CheckResponse {
                allowed: reason == pb::Reason::Permitted,
                reason: reason.into(),
                grant_id,
                subject_unknown: unknown,
                revision,
                ..Default::default()
            };
            assert_eq!(strip_str(&render(&question(), &answer)).to_string(), expected);
        }
    }

    #[test]
    fn everything_that_somebody_may_do() {
        let attribute = |name: &str, reason: pb::Reason, grant_id| pb::EffectiveAttribute {
            attribute: name.into(),
            allowed: reason == pb::Reason::Permitted,
            reason: reason.into(),
            grant_id,
        };
        let answer = pb::ListEffectiveAttributesResponse {
            attributes: vec![
                attribute("Feeds_ViewFeed", pb::Reason::Permitted, 5),
                attribute("Feeds_DownloadPackage", pb::Reason::NotGranted, 0),
            ],
            subject_unknown: true,
            ..Default::default()
        };
        assert_eq!(
            strip_str(&render_effective("zed on feed npm", &question().place, &answer)).to_string(),
            "zed on feed npm\n  no directory knows the user\n\
             ATTRIBUTE                       REASON       GRANT\n\
             Feeds_ViewFeed         allowed  PERMITTED    5\n\
             Feeds_DownloadPackage  denied   NOT_GRANTED"
        );
    }
}
