//! `promotion`: may somebody promote packages from one feed to another, and what is missing?

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
    grpc::pb::{self, PromotionRequirementKind as Kind},
};

pub(in crate::cli) async fn run(
    client: &mut Client,
    asked: &Promotion,
    format: Format,
) -> Result<Exit, Failure> {
    let request = client.ask(pb::CheckPromotionRequest {
        subject: Some((&asked.who).into()),
        source_feed: asked.source.clone(),
        target_feed: asked.target.clone(),
        consistency: None,
    });
    let answer = client.decision.check_promotion(request).await;
    let answer = answer.map_err(|status| client.failure(status))?.into_inner();
    output::answer(
        if answer.allowed { Exit::Done } else { Exit::Denied },
        match format {
            Format::Json => json::render("CheckPromotionResponse", &answer)?,
            Format::Table => render(asked, &answer),
        },
    )
}

/// The verdict, and every requirement with a mark.
pub(super) fn render(asked: &Promotion, answer: &pb::CheckPromotionResponse) -> String {
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
    let mut table = Table::new(["", "REQUIREMENT", "DETAIL", "GRANT"]);
    for requirement in &answer.requirements {
        let (style, mark) = if requirement.met { (GOOD, "✓") } else { (BAD, "✗") };
        let grant = match requirement.grant_id {
            0 => String::new(),
            id => id.to_string(),
        };
        let what = match requirement.kind() {
            Kind::SourceRegistered => format!("{source} is registered"),
            Kind::TargetRegistered => format!("{target} is registered"),
            Kind::SameType => "both have one type".to_owned(),
            Kind::PromoteTo => format!("{source} promotes to {target}"),
            Kind::ViewSource => format!("Feeds_ViewFeed on {source}"),
            Kind::DownloadSource => format!("Feeds_DownloadPackage on {source}"),
            Kind::AcceptOnTarget => format!("Feeds_AcceptPackagePromotions on {target}"),
            Kind::Unspecified => "(unknown)".to_owned(),
        };
        table.styled_row(style, [mark, &what, &requirement.detail, &grant]);
    }
    lines.push(table.render());
    lines.join("\n")
}
