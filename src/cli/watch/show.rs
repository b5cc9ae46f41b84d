//! How a watch looks: lines for people, JSON lines for programs.

use super::{affects, whole::Whole};
use crate::{
    cli::{
        args::connect::Format,
        changes, json,
        output::{BOLD, DIM, indent, paint, plain},
        words,
    },
    grpc::pb,
    model::StoreId,
};

/// How many objects of a change set people see.
const LINES: usize = 50;

/// What to show, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Show {
    pub(super) format: Format,
    /// Checkpoints and heartbeats for people, too.
    pub(super) checkpoints: bool,
}

impl Show {
    /// The texts, one after the other: JSON of a large change set is large.
    pub(super) fn texts<'a>(
        &self,
        whole: &'a Whole,
    ) -> Box<dyn Iterator<Item = anyhow::Result<String>> + Send + 'a> {
        match self.format {
            Format::Json => Box::new(whole.messages().map(|message| json::line("WatchResponse", &message))),
            Format::Table => Box::new(self.text(whole).transpose().into_iter()),
        }
    }

    fn text(&self, whole: &Whole) -> anyhow::Result<Option<String>> {
        let mark = |mark: &str| paint(DIM, format!("{mark} at revision {}", spelled(whole.revision())));
        Ok(match whole {
            Whole::Snapshot(parts) => Some(snapshot(parts)),
            Whole::ChangeSet(parts) => Some(change_set(parts)?),
            Whole::Checkpoint(_) => self.checkpoints.then(|| mark("checkpoint")),
            Whole::Heartbeat(_) => self.checkpoints.then(|| mark("heartbeat")),
            Whole::Membership(change) => Some(membership(change)),
        })
    }
}

/// A revision as `--after` takes it, good for no other store.
pub(super) fn spelled(revision: pb::Revision) -> String {
    format!("{}:{}", StoreId(revision.store), revision.number)
}

fn snapshot(parts: &[pb::SnapshotPart]) -> String {
    let objects = parts.iter().flat_map(|part| &part.objects);
    let revision = parts.first().and_then(|part| part.revision).unwrap_or_default().number;
    let count = words::count(objects.clone().count() as u64, "object");
    let heading = format!("{}  {count}", paint(BOLD, format!("snapshot at revision {revision}")));
    let lines = objects.map(|object| format!("  {}", changes::object(object)));
    std::iter::once(heading).chain(lines).collect::<Vec<_>>().join("\n")
}

/// `revision 8  2026-11-22T14:03:11Z  admin-token`, and under it what changed and what that has an effect on.
fn change_set(parts: &[pb::ChangeSetPart]) -> anyhow::Result<String> {
    let first = parts.first().cloned().unwrap_or_default();
    let mut lines = vec![format!(
        "{}  {}  {}",
        paint(BOLD, format!("revision {}", first.revision.unwrap_or_default().number)),
        paint(DIM, first.time.map(time).unwrap_or_default()),
        plain(&first.actor)
    )];
    let mut left = LINES;
    for part in parts {
        let shown = part.changes.get(..left.min(part.changes.len())).unwrap_or_default();
        lines.extend(changes::render(shown)?.iter().map(|line| indent(line, 2)));
        left -= shown.len();
    }
    let all: usize = parts.iter().map(|part| part.changes.len()).sum();
    if all > LINES {
        let more = words::count((all - LINES) as u64, "object");
        lines.push(indent(&paint(DIM, format!("and {more} more: --output json has all")), 2));
    }
    if let Some(affected) = parts.last().and_then(|part| part.affected.as_ref()) {
        lines.push(indent(&paint(DIM, affects::line(affected)), 2));
    }
    Ok(lines.join("\n"))
}

/// `directory corp  2026-11-22T14:03:11Z`, and under it who is what now.
fn membership(change: &pb::MembershipChange) -> String {
    let pb::MembershipChange {
        revision: _,
        user,
        former_name,
        gone,
        disabled,
        groups,
        as_of,
        everything,
        asked_name,
        appeared,
        detail,
    } = change;
    let time = paint(DIM, as_of.map(time).unwrap_or_default());
    let Some(user) = user.as_ref().filter(|_| !everything) else {
        let why = if detail.is_empty() { "changes may have been missed" } else { detail };
        let why = plain(why);
        return format!("{}  any answer about a user may have changed: {why}", paint(BOLD, "directories"));
    };
    let mut name = plain(&user.name).into_owned();
    if *former_name != user.name && !former_name.is_empty() {
        name = format!("{name} (was {})", plain(former_name));
    }
    if !asked_name.is_empty() {
        name = match gone {
            true => format!("{name}, asked for as {},", plain(asked_name)),
            false => format!("{name} is meant by {} now and", plain(asked_name)),
        };
    } else if *appeared {
        name = format!("{name} is new and");
    }
    let now = match (gone, disabled) {
        (true, _) => "is gone".to_owned(),
        (false, true) => "is disabled".to_owned(),
        (false, false) if groups.is_empty() => "is in no group".to_owned(),
        (false, false) => format!("is in {}", plain(&groups.join(", "))),
    };
    format!("{}  {time}\n  user {name} {now}", paint(BOLD, format!("directory {}", plain(&user.directory))))
}

/// In UTC, to the second: RFC 3339.
fn time(time: prost_types::Timestamp) -> String {
    prost_types::Timestamp { nanos: 0, ..time }.to_string()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn feed(name: &str) -> pb::Object {
        let feed = pb::Feed { name: name.into(), ..Default::default() };
        pb::Object { kind: Some(pb::object::Kind::Feed(feed)) }
    }

    fn shown(whole: &Whole, format: Format, checkpoints: bool) -> Vec<String> {
        let texts = Show { format, checkpoints }.texts(whole);
        texts.map(|text| strip_str(&text.unwrap()).to_string()).collect()
    }

    fn in_two_parts() -> Whole {
        let revision = Some(pb::Revision { store: 0xfeed, number: 8 });
        let time = Some(prost_types::Timestamp { seconds: 1_795_356_191, nanos: 5_000_000 });
        let part = |name: &str| pb::ChangeSetPart {
            revision,
            time,
            actor: "admin-token".into(),
            changes: vec![pb::ChangedObject { before: None, after: Some(feed(name)) }],
            ..Default::default()
        };
        let affected = Some(pb::Affected::default());
        Whole::ChangeSet(vec![part("npm"), pb::ChangeSetPart { last: true, affected, ..part("a\u{1b}b") }])
    }

    #[test]
    fn a_change_set_is_one_for_people() {
        assert_eq!(
            shown(&in_two_parts(), Format::Table, false),
            ["\
revision 8  2026-11-22T14:03:11Z  admin-token
  + feed npm
  + feed a\\u{1b}b
  affects no decision"]
        );
    }

    #[test]
    fn messages_are_lines_for_programs() {
        let lines = shown(&in_two_parts(), Format::Json, false);
        let lines: Vec<serde_json::Value> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last: Vec<_> = lines.iter().map(|line| line["change_set"]["last"].as_bool().unwrap()).collect();
        assert_eq!(last, [false, true]);
        assert_eq!(lines[0]["change_set"]["revision"]["number"], "8");
    }

    #[test]
    fn a_snapshot_is_counted() {
        let part = |names: &[&str], last| pb::SnapshotPart {
            revision: Some(pb::Revision { store: 7, number: 3 }),
            objects: names.iter().map(|name| feed(name)).collect(),
            last,
        };
        let whole = Whole::Snapshot(vec![part(&["a", "b"], false), part(&["c"], true)]);
        let expected = "snapshot at revision 3  3 objects\n  feed a\n  feed b\n  feed c";
        assert_eq!(shown(&whole, Format::Table, false), [expected]);
    }

    #[test]
    fn changes_in_directories() {
        let user = |name: &str| {
            let (directory, id, name) = ("corp".into(), "7".into(), name.into());
            Some(pb::ResolvedUser { directory, id, name })
        };
        let change = || pb::MembershipChange { user: user("ann"), ..Default::default() };
        let text = |text: &str| text.to_owned();
        for (change, expected) in [
            (
                pb::MembershipChange { former_name: text("anna"), groups: vec![text("devs")], ..change() },
                "directory corp  \n  user ann (was anna) is in devs",
            ),
            (
                pb::MembershipChange { asked_name: text("a@corp.example"), appeared: true, ..change() },
                "directory corp  \n  user ann is meant by a@corp.example now and is in no group",
            ),
            (
                pb::MembershipChange {
                    asked_name: text("a"),
                    former_name: text("ann"),
                    gone: true,
                    ..change()
                },
                "directory corp  \n  user ann, asked for as a, is gone",
            ),
            (
                pb::MembershipChange { appeared: true, disabled: true, ..change() },
                "directory corp  \n  user ann is new and is disabled",
            ),
            (
                pb::MembershipChange { everything: true, detail: text("why"), ..Default::default() },
                "directories  any answer about a user may have changed: why",
            ),
        ] {
            assert_eq!(shown(&Whole::Membership(change), Format::Table, false), [expected]);
        }
    }

    #[test]
    fn checkpoints_are_for_programs() {
        let revision = Some(pb::Revision { store: 0xfeed, number: 3 });
        let whole = Whole::Checkpoint(pb::Checkpoint { revision });
        assert!(shown(&whole, Format::Table, false).is_empty());
        assert_eq!(shown(&whole, Format::Table, true), ["checkpoint at revision 000000000000feed:3"]);
        assert_eq!(
            shown(&whole, Format::Json, false),
            [r#"{"checkpoint":{"revision":{"store":"65261","number":"3"}}}"#]
        );
    }
}
