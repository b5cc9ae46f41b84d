//! Whose access changes: what `--preview` and `compare` ask, and how both look.

mod report;
mod sentence;

use indicatif::ProgressBar;
use serde::Serialize;

use super::{
    args::{
        access::{Compare, Show},
        connect::Format,
    },
    client::Client,
    failure::{Exit, Failure},
    json, output, paging, progress,
};
use crate::grpc::pb::{self, compare_response, preview_response};

/// The most changes that a preview takes.
const MAX_CHANGES: usize = 10_000;

/// What an answer consists of, whichever question it is to.
enum Part {
    Progress(pb::Progress),
    Summary(pb::AccessSummary),
    Groups(pb::AccessGroups),
    Members(pb::AccessMembers),
}

impl From<preview_response::Part> for Part {
    fn from(part: preview_response::Part) -> Self {
        match part {
            preview_response::Part::Progress(progress) => Self::Progress(progress),
            preview_response::Part::Summary(summary) => Self::Summary(summary),
            preview_response::Part::Groups(groups) => Self::Groups(groups),
            preview_response::Part::Members(members) => Self::Members(members),
        }
    }
}

impl From<compare_response::Part> for Part {
    fn from(part: compare_response::Part) -> Self {
        match part {
            compare_response::Part::Progress(progress) => Self::Progress(progress),
            compare_response::Part::Summary(summary) => Self::Summary(summary),
            compare_response::Part::Groups(groups) => Self::Groups(groups),
            compare_response::Part::Members(members) => Self::Members(members),
        }
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default)]
struct Access {
    /// Every answer has one.
    summary: Option<pb::AccessSummary>,
    groups: pb::AccessGroups,
    /// Instead of groups, when they were asked for.
    members: Option<pb::AccessMembers>,
}

impl Access {
    /// Takes in a part; one that this client doesn't know is no part.
    fn take(&mut self, part: Option<impl Into<Part>>, bar: &ProgressBar) {
        match part.map(Into::into) {
            Some(Part::Progress(progress)) => progress::follow(bar, progress),
            Some(Part::Summary(summary)) => self.summary = Some(summary),
            Some(Part::Groups(pb::AccessGroups { groups, next_cursor })) => {
                self.groups.groups.extend(groups);
                self.groups.next_cursor = next_cursor;
            }
            Some(Part::Members(pb::AccessMembers { principals, targets, next_cursor })) => {
                let members = self.members.get_or_insert_default();
                members.principals.extend(principals);
                members.targets.extend(targets);
                members.next_cursor = next_cursor;
            }
            None => {}
        }
    }

    fn render(&self, format: Format) -> Result<String, Failure> {
        Ok(match format {
            Format::Json => json::pretty(&Document::new(self)?)?,
            Format::Table => report::render(self),
        })
    }
}

/// The answer in one JSON document.
#[derive(Serialize)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<json::Proto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<json::Proto>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<json::Proto>,
}

impl Document {
    fn new(access: &Access) -> anyhow::Result<Self> {
        let Access { summary, groups, members } = access;
        let summary = summary.as_ref().map(|summary| json::part("AccessSummary", summary));
        let groups = members.is_none().then(|| json::part("AccessGroups", groups));
        let members = members.as_ref().map(|members| json::part("AccessMembers", members));
        Ok(Self { summary: summary.transpose()?, groups: groups.transpose()?, members: members.transpose()? })
    }
}

/// Says whose access these changes would change. `revision` is the one that they were worked out for, if any.
pub(super) async fn preview(
    client: &mut Client,
    changes: Vec<pb::Change>,
    revision: Option<pb::Revision>,
    show: Show,
    format: Format,
) -> Result<Exit, Failure> {
    if changes.len() > MAX_CHANGES {
        let (made, most) = (changes.len() as u64, MAX_CHANGES as u64);
        return Err(Failure::usage(too_many(made, most)));
    }
    let mut access = Access::default();
    if changes.is_empty() {
        access.summary = Some(pb::AccessSummary { from: revision, ..Default::default() });
    } else {
        let bar = progress::bar(0, "worked out");
        let request =
            client.write(pb::PreviewRequest { changes, consistency: None, page: Some(show.into()) });
        let stream = client.analysis.preview(request).await;
        let taken = paging::parts(client, stream, |answer| access.take(answer.part, &bar)).await;
        bar.finish_and_clear();
        taken?;
    }
    if let (Some(asked), Some(answered)) = (revision, access.summary.as_ref().and_then(|it| it.from))
        && asked != answered
    {
        output::remark(format!(
            "note: somebody changed the policy meanwhile: the changes were worked out at revision {}",
            asked.number
        ));
    }
    output::print(access.render(format)?)?;
    Ok(Exit::Done)
}

fn too_many(made: u64, most: u64) -> String {
    use super::words::count;
    format!(
        "that makes {}, and a preview takes at most {}: preview a part of the file, or see with `--dry-run` \
         which objects would change",
        count(made, "change"),
        count(most, "change"),
    )
}

/// Says whose access changed between two revisions of the server's store.
pub(super) async fn compare(client: &mut Client, typed: Compare, format: Format) -> Result<Exit, Failure> {
    let Compare { from, to, groups, members } = typed;
    let request = client.ask(pb::GetStatusRequest {});
    let status = client.policy.get_status(request).await.map_err(|s| client.failure(s))?.into_inner();
    let revision = |number| pb::Revision { store: status.store_id, number };
    let request = client.write(pb::CompareRequest {
        from: Some(revision(from)),
        to: to.map(revision),
        page: Some(Show { groups, cursor: members }.into()),
    });
    let bar = progress::bar(0, "worked out");
    let mut access = Access::default();
    let stream = client.analysis.compare(request).await;
    let taken = paging::parts(client, stream, |answer| access.take(answer.part, &bar)).await;
    bar.finish_and_clear();
    taken?;
    output::print(access.render(format)?)?;
    Ok(Exit::Done)
}

impl From<Show> for pb::AccessPage {
    fn from(Show { groups, cursor }: Show) -> Self {
        Self { limit: groups, cursor: cursor.unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests;
