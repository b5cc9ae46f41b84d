//! `feeds`: where somebody may do something.

use super::{heading, more, typed};
use crate::{
    cli::{
        args::{connect::Format, lookup::Feeds},
        client::Client,
        demand,
        failure::{Exit, Failure},
        json,
        output::{self, plain},
        paging,
        table::Table,
    },
    grpc::pb,
};

pub(in crate::cli) async fn run(client: &mut Client, asked: &Feeds, format: Format) -> Result<Exit, Failure> {
    let request = client.write(pb::LookupFeedsRequest {
        subject: Some((&asked.who).into()),
        attribute: asked.attribute.clone(),
        consistency: None,
        cursor: asked.slice.cursor.clone().unwrap_or_default(),
        limit: asked.slice.limit.unwrap_or_default(),
    });
    let stream = client.decision.lookup_feeds(request).await;
    let mut answer = pb::LookupFeedsResponse::default();
    paging::parts(client, stream, |part| {
        let mut feeds = std::mem::take(&mut answer.feeds);
        feeds.extend(part.feeds);
        answer = pb::LookupFeedsResponse { feeds, ..part };
    })
    .await?;
    output::print(match format {
        Format::Json => json::render("LookupFeedsResponse", &answer)?,
        Format::Table => render(asked, &answer),
    })?;
    Ok(Exit::Done)
}

/// A line a feed.
pub(super) fn render(asked: &Feeds, answer: &pb::LookupFeedsResponse) -> String {
    let (attribute, who) = (plain(&asked.attribute), demand::who(&asked.who, answer.subject.as_ref()));
    let none = answer.feeds.is_empty();
    let title = if none {
        format!("{who} may {attribute} on no feed")
    } else {
        format!("feeds on which {who} may {attribute}")
    };
    let mut lines = vec![heading(&title, answer.revision)];
    if answer.subject_unknown {
        lines.push(format!("  no directory knows {who}"));
    }
    if !none {
        let mut table = Table::new(["FEED"]);
        answer.feeds.iter().for_each(|feed| table.row([&feed.name]));
        lines.push(table.render());
    }
    let command = [&["feeds"], typed(&asked.who).as_slice(), &[asked.attribute.as_str()]].concat();
    lines.extend(more(&command, &asked.slice, &answer.next_cursor));
    lines.join("\n")
}
