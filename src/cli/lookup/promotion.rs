//! `promotion`: may somebody promote packages from one feed to another, and what is missing?

use std::borrow::Cow;

use anstyle::Style;

use super::{command_line, typed};
use crate::{
    cli::{
        args::{connect::Format, lookup::Promotion},
        client::Client,
        demand,
        failure::{Exit, Failure},
        json,
        output::{self, BAD, GOOD, paint, plain},
        table::Table,
    },
    grpc::pb::{self, PromotionRequirement, PromotionRequirementKind as Kind, Reason},
};

pub(in crate::cli) async fn run(
    client: &mut Client,
    asked: &Promotion,
    format: Format,
) -> Result<Exit, Failure> {
    let answer = ask(client, asked).await?;
    output::answer(
        if answer.allowed { Exit::Done } else { Exit::Denied },
        match format {
            Format::Json => json::render("CheckPromotionResponse", &answer)?,
            Format::Table => render(asked, &answer),
        },
    )
}

pub(in crate::cli) async fn ask(
    client: &mut Client,
    asked: &Promotion,
) -> Result<pb::CheckPromotionResponse, Failure> {
    let request = client.ask(pb::CheckPromotionRequest {
        subject: Some((&asked.who).into()),
        source_feed: asked.source.clone(),
        target_feed: asked.target.clone(),
        consistency: None,
    });
    let answer = client.decision.check_promotion(request).await;
    Ok(answer.map_err(|status| client.failure(status))?.into_inner())
}

/// The verdict, and every requirement with a mark.
pub(in crate::cli) fn render(asked: &Promotion, answer: &pb::CheckPromotionResponse) -> String {
    let who = demand::who(&asked.who, answer.subject.as_ref());
    let (source, target) = (plain(&asked.source), plain(&asked.target));
    let (style, word, may) =
        if answer.allowed { (GOOD, "allowed:", "may") } else { (BAD, "denied:", "may not") };
    let revision = answer.revision.unwrap_or_default().number;
    let mut lines = vec![format!(
        "{} {who} {may} promote from {source} to {target} (revision {revision})",
        paint(style, word)
    )];
    if answer.subject_unknown {
        lines.push(format!("  no directory knows {who}"));
    }
    let mut why = None;
    let mut table = Table::new(["", "REQUIREMENT", "DETAIL", "GRANT"]);
    for requirement in &answer.requirements {
        let (style, mark) = match requirement {
            PromotionRequirement { met: true, .. } => (GOOD, "✓"),
            open if is_open(open, answer) => (Style::new(), "?"),
            _ => (BAD, "✗"),
        };
        let grant = match requirement.grant_id {
            0 => String::new(),
            id => id.to_string(),
        };
        let attribute = attribute(requirement.kind());
        let feed = if requirement.kind() == Kind::AcceptOnTarget { &asked.target } else { &asked.source };
        if mark == "✗" && why.is_none() {
            why = attribute.map(|attribute| self::why(asked, attribute, feed));
        }
        let what = match requirement.kind() {
            Kind::SourceRegistered => format!("{source} is registered"),
            Kind::TargetRegistered => format!("{target} is registered"),
            Kind::SameType => "both have one type".to_owned(),
            Kind::PromoteTo => format!("{source} promotes to {target}"),
            Kind::ViewSource | Kind::DownloadSource | Kind::AcceptOnTarget => {
                format!("{} on {}", attribute.unwrap_or_default(), plain(feed))
            }
            Kind::Unspecified => "(unknown)".to_owned(),
        };
        table.styled_row(style, [mark, &what, &detail(requirement), &grant]);
    }
    lines.push(table.render());
    lines.extend(why);
    lines.join("\n")
}

/// Which attribute a requirement is about, if it is about one.
const fn attribute(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::ViewSource => Some("Feeds_ViewFeed"),
        Kind::DownloadSource => Some("Feeds_DownloadPackage"),
        Kind::AcceptOnTarget => Some("Feeds_AcceptPackagePromotions"),
        Kind::SourceRegistered
        | Kind::TargetRegistered
        | Kind::SameType
        | Kind::PromoteTo
        | Kind::Unspecified => None,
    }
}

/// Whether an unmet requirement can't be told, because a feed isn't registered.
fn is_open(requirement: &PromotionRequirement, answer: &pb::CheckPromotionResponse) -> bool {
    match requirement.kind() {
        Kind::SameType | Kind::PromoteTo => answer.requirements.iter().any(|other| {
            matches!(other.kind(), Kind::SourceRegistered | Kind::TargetRegistered) && !other.met
        }),
        Kind::ViewSource | Kind::DownloadSource | Kind::AcceptOnTarget => {
            requirement.reason() == Reason::FeedUnknown
        }
        Kind::SourceRegistered | Kind::TargetRegistered | Kind::Unspecified => false,
    }
}

/// What is the case; of an attribute that is denied, why.
fn detail(requirement: &PromotionRequirement) -> Cow<'_, str> {
    if requirement.met || attribute(requirement.kind()).is_none() {
        return Cow::Borrowed(&requirement.detail);
    }
    match requirement.reason() {
        Reason::Restricted => Cow::Owned(format!("restricted by grant {}", requirement.grant_id)),
        Reason::NotGranted => Cow::Borrowed("nothing permits it"),
        Reason::FeedUnknown => Cow::Borrowed("this can't be told as long as the feed isn't registered"),
        Reason::SubjectDisabled => Cow::Borrowed("the user is disabled"),
        Reason::Unspecified | Reason::Permitted | Reason::FeedGroupUnknown => {
            Cow::Borrowed(&requirement.detail)
        }
    }
}

/// How to ask why an attribute is denied.
fn why(asked: &Promotion, attribute: &str, feed: &str) -> String {
    let words = [&["explain"], &typed(&asked.who)[..], &[attribute, "--feed", feed]].concat();
    format!("why: feedgate {}", command_line(&words))
}
