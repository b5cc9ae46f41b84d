//! What a change set did, or would do.

use crate::{
    cli::{changes, failure::Failure, output::DIM, output::paint, unbound},
    grpc::pb,
};

/// Changed objects that an answer names at most (`WriteResponse.changes`).
const NAMED: u32 = 1_000;

/// For people: the sum, and of a dry run the changed objects, too.
pub(super) fn render(answer: &pb::WriteResponse) -> Result<String, Failure> {
    let summary = answer.summary.unwrap_or_default();
    if summary.dry_run {
        return whole(answer);
    }
    let mut lines = vec![sum(summary, answer.revision.unwrap_or_default().number)];
    lines.extend(names(answer));
    Ok(lines.join("\n"))
}

/// For people: the changed objects, a line each, and the sum.
pub(in crate::cli) fn whole(answer: &pb::WriteResponse) -> Result<String, Failure> {
    let summary = answer.summary.unwrap_or_default();
    let mut lines = changes::render(&answer.changes)?;
    let total = summary.created + summary.updated + summary.deleted;
    if total > NAMED {
        lines.push(paint(DIM, format!("… {} more are not shown", total - NAMED)));
    }
    lines.push(sum(summary, answer.revision.unwrap_or_default().number));
    lines.extend(names(answer));
    Ok(lines.join("\n"))
}

/// The names of external directories that need attention.
fn names(answer: &pb::WriteResponse) -> Vec<String> {
    unbound::lines(&answer.unbound, answer.unbound_total, &answer.merged)
}

/// `revision 8: 12 created, 1 updated, 0 deleted`.
fn sum(summary: pb::WriteSummary, revision: u64) -> String {
    let pb::WriteSummary { created, updated, deleted, passwords_set, dry_run, replayed: _ } = summary;
    if created + updated + deleted + passwords_set == 0 {
        return format!("nothing to do: the policy is like that already (revision {revision})");
    }
    let passwords = match passwords_set {
        0 => String::new(),
        1 => ", 1 password set".to_owned(),
        n => format!(", {n} passwords set"),
    };
    let counts = format!("{created} created, {updated} updated, {deleted} deleted{passwords}");
    if dry_run {
        format!("dry run, nothing was changed: it would be {counts} (now at revision {revision})")
    } else {
        format!("revision {revision}: {counts}")
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn answer(summary: pb::WriteSummary) -> pb::WriteResponse {
        let feed = pb::Feed { name: "npm".into(), ..Default::default() };
        let after = Some(pb::Object { kind: Some(pb::object::Kind::Feed(feed)) });
        pb::WriteResponse {
            revision: Some(pb::Revision { store: 1, number: 8 }),
            summary: Some(summary),
            changes: vec![pb::ChangedObject { before: None, after }],
            ..Default::default()
        }
    }

    #[test]
    fn what_was_done() {
        let summary = pb::WriteSummary { created: 12, updated: 1, ..Default::default() };
        for (summary, expected) in [
            (summary, "revision 8: 12 created, 1 updated, 0 deleted"),
            (
                pb::WriteSummary { passwords_set: 2, ..summary },
                "revision 8: 12 created, 1 updated, 0 deleted, 2 passwords set",
            ),
            (
                pb::WriteSummary { dry_run: true, ..summary },
                "+ feed npm\ndry run, nothing was changed: it would be 12 created, 1 updated, 0 deleted (now at \
                 revision 8)",
            ),
            (
                pb::WriteSummary { created: 1_002, dry_run: true, ..Default::default() },
                "+ feed npm\n… 2 more are not shown\ndry run, nothing was changed: it would be 1002 created, 0 \
                 updated, 0 deleted (now at revision 8)",
            ),
            (pb::WriteSummary::default(), "nothing to do: the policy is like that already (revision 8)"),
        ] {
            assert_eq!(strip_str(&render(&answer(summary)).unwrap()).to_string(), expected);
        }
    }
}
