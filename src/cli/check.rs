//! `check`: may somebody do something?

use super::{
    args::{connect::Format, question::Question},
    client::Client,
    demand,
    failure::{Exit, Failure},
    json, output,
};
use crate::grpc::pb;

pub(super) async fn run(client: &mut Client, question: &Question, format: Format) -> Result<Exit, Failure> {
    let request = client.ask(question.into());
    let answer = client.decision.check(request).await.map_err(|s| client.failure(s))?.into_inner();
    let exit = if answer.allowed { Exit::Done } else { Exit::Denied };
    output::answer(
        exit,
        match format {
            Format::Json => json::render("CheckResponse", &answer)?,
            Format::Table => render(question, &answer),
        },
    )
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

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use crate::cli::args::question::{Place, Who};

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
}
