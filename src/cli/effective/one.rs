//! Everything that somebody may do somewhere.

use crate::{
    cli::{
        args::{
            connect::Format,
            question::{Place, Who},
        },
        client::Client,
        demand,
        failure::{Exit, Failure},
        json,
        output::{self, DIM, GOOD, paint},
        table::Table,
        words,
    },
    grpc::pb,
};

pub(super) async fn run(
    client: &mut Client,
    who: &Who,
    place: &Place,
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
            render(&title, place, &answer)
        }
    })?;
    Ok(Exit::Done)
}

fn render(title: &str, place: &Place, answer: &pb::ListEffectiveAttributesResponse) -> String {
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
            strip_str(&render("zed on feed npm", &Place::Feed("npm".into()), &answer)).to_string(),
            "zed on feed npm\n  no directory knows the user\n\
             ATTRIBUTE                       REASON       GRANT\n\
             Feeds_ViewFeed         allowed  PERMITTED    5\n\
             Feeds_DownloadPackage  denied   NOT_GRANTED"
        );
    }
}
