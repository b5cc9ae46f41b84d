//! `status`: what a server is, what it holds, and whether it is well.

use super::{
    args::connect::Format,
    client::Client,
    failure::{Exit, Failure},
    json,
    output::{self, BAD, GOOD, paint, plain},
    words,
};
use crate::{grpc::pb, model::StoreId};

pub(super) async fn run(client: &mut Client, format: Format) -> Result<Exit, Failure> {
    let request = client.ask(pb::GetStatusRequest {});
    let status = client.policy.get_status(request).await.map_err(|s| client.failure(s))?.into_inner();
    output::print(match format {
        Format::Json => json::render("GetStatusResponse", &status)?,
        Format::Table => render(&status),
    })?;
    Ok(Exit::Done)
}

fn render(status: &pb::GetStatusResponse) -> String {
    let yes = |is: bool| if is { paint(GOOD, "yes") } else { paint(BAD, "no") };
    let mut lines = vec![
        format!("feedgate     {}, up for {}", plain(&status.version), duration(status.uptime_seconds)),
        format!("ready        {}", yes(status.ready)),
        format!("writable     {}{}", yes(status.writable), because(&status.detail)),
        format!("store        {} ({})", StoreId(status.store_id), status.store_id),
        format!("revision     {}", status.revision),
        format!("history      back to revision {}", status.history_after),
        format!("watches      {}", status.watches),
    ];
    if status.log_lines_dropped > 0 {
        let dropped = words::count(status.log_lines_dropped, "line");
        lines.push(format!("log          {} dropped: standard error didn't take them", paint(BAD, dropped)));
    }
    for (kind, count) in [
        ("attributes", status.attributes),
        ("tasks", status.tasks),
        ("directories", status.directories),
        ("users", status.users),
        ("groups", status.groups),
        ("feed groups", status.feed_groups),
        ("feeds", status.feeds),
        ("connectors", status.connectors),
        ("grants", status.grants),
    ] {
        lines.push(format!("{kind:<13}{count}"));
    }
    for directory in &status.directory_status {
        let health = match (directory.enabled, directory.reachable) {
            (false, _) => "disabled".to_owned(),
            (true, true) => paint(GOOD, "reachable"),
            (true, false) => paint(BAD, "unreachable"),
        };
        let (name, why) = (plain(&directory.name), because(&directory.detail));
        let kind =
            if directory.kind.is_empty() { String::new() } else { format!(" ({})", plain(&directory.kind)) };
        let people =
            if directory.people == 0 { String::new() } else { format!(", {} remembered", directory.people) };
        lines.push(format!("directory    {name}{kind} {health}{why}{people}"));
    }
    lines.join("\n")
}

fn because(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {}", plain(detail)) }
}

/// The two largest units: `3 d 4 h`.
fn duration(seconds: u64) -> String {
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = units
        .into_iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn durations() {
        for (seconds, expected) in
            [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min"), (273_600, "3 d 4 h")]
        {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn a_status() {
        let status = pb::GetStatusResponse {
            version: "0.1.0".into(),
            store_id: 0xfeed,
            revision: 8,
            ready: true,
            history_after: 3,
            watches: 2,
            log_lines_dropped: 1_234,
            detail: "the disk is full".into(),
            uptime_seconds: 61,
            users: 2,
            directory_status: vec![pb::DirectoryStatus {
                name: "corp".into(),
                enabled: true,
                reachable: false,
                detail: "connection refused".into(),
                kind: "ldap".into(),
                people: 3,
                answered: None,
            }],
            ..Default::default()
        };
        assert_eq!(
            strip_str(&render(&status)).to_string(),
            "\
feedgate     0.1.0, up for 1 min 1 s
ready        yes
writable     no: the disk is full
store        000000000000feed (65261)
revision     8
history      back to revision 3
watches      2
log          1,234 lines dropped: standard error didn't take them
attributes   0
tasks        0
directories  0
users        2
groups       0
feed groups  0
feeds        0
connectors   0
grants       0
directory    corp (ldap) unreachable: connection refused, 3 remembered"
        );
    }
}
