//! What a look at a store or a backup has found, for people and for programs.

use serde::Serialize;

use super::super::{
    json,
    output::{BAD, BOLD, GOOD, paint, plain},
    words::{count, number},
};
use crate::{
    app::care::{Looked, Problem, Remedy, Report},
    model::StoreId,
};

/// What was looked at, then each problem with what to do.
pub(super) fn words(report: &Report) -> String {
    let Report { looked, problems, more, repaired, not_repaired } = report;
    let Looked { head, parts, objects, credentials, change_sets, files, token } = looked;
    let mut lines = Vec::new();
    if let Some((store, revision, after)) = head {
        lines.push(format!("store        {}", StoreId(*store)));
        lines.push(format!("revision     {}, history after {}", number(*revision), number(*after)));
    }
    for (what, found) in [
        ("records", Some(*parts)),
        ("objects", Some(*objects)),
        ("passwords", Some(*credentials)),
        ("change sets", Some(*change_sets)),
        ("files", *files),
    ] {
        lines.extend(found.map(|found| format!("{what:<13}{}", number(found))));
    }
    if let Some(token) = token {
        lines.push(format!(
            "token        {}",
            if *token { "there" } else { "none; the next start makes one" }
        ));
    }
    lines.extend(repaired.iter().map(|done| format!("{} {}", paint(GOOD, "repaired:"), plain(done))));
    for Problem { what, to_do, remedy } in problems {
        let label = match remedy {
            Remedy::Start => paint(BOLD, "left over:"),
            Remedy::Repair | Remedy::None => paint(BAD, "problem:"),
        };
        lines.push(format!("{label} {}: {}", plain(what), plain(to_do)));
    }
    if *more > 0 {
        lines.push(format!("{} {} more", paint(BAD, "problem:"), count(*more, "problem")));
    }
    if *not_repaired {
        lines.push("nothing was repaired: not all that is wrong can be".to_owned());
    }
    let wrong = problems.iter().filter(|problem| problem.remedy != Remedy::Start).count();
    lines.push(match wrong as u64 + more {
        0 => paint(GOOD, "all is well"),
        found => paint(BAD, count(found, "problem")),
    });
    lines.join("\n")
}

#[derive(Serialize)]
struct Found<'r> {
    /// None if the records aren't whole.
    store: Option<String>,
    revision: Option<u64>,
    history_after: Option<u64>,
    records: u64,
    objects: u64,
    passwords: u64,
    change_sets: u64,
    files: Option<u64>,
    token: Option<bool>,
    problems: Vec<FoundProblem<'r>>,
    more_problems: u64,
    repaired: &'r [String],
}

#[derive(Serialize)]
struct FoundProblem<'r> {
    what: &'r str,
    to_do: &'r str,
    repairable: bool,
    /// What the next start puts right by itself.
    left_over: bool,
}

pub(super) fn json(report: &Report) -> anyhow::Result<String> {
    let Report { looked, problems, more, repaired, not_repaired: _ } = report;
    let Looked { head, parts, objects, credentials, change_sets, files, token } = looked;
    json::pretty(&Found {
        store: head.map(|(store, ..)| StoreId(store).to_string()),
        revision: head.map(|(_, revision, _)| revision),
        history_after: head.map(|(.., after)| after),
        records: *parts,
        objects: *objects,
        passwords: *credentials,
        change_sets: *change_sets,
        files: *files,
        token: *token,
        problems: problems
            .iter()
            .map(|Problem { what, to_do, remedy }| FoundProblem {
                what,
                to_do,
                repairable: *remedy != Remedy::None,
                left_over: *remedy == Remedy::Start,
            })
            .collect(),
        more_problems: *more,
        repaired,
    })
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn a_report() {
        let problem = |what: &str, remedy| Problem { what: what.into(), to_do: "do it".into(), remedy };
        let looked = Looked {
            head: Some((0xfeed, 1_200, 3)),
            parts: 5,
            objects: 4,
            credentials: 1,
            change_sets: 1_197,
            files: Some(6),
            token: Some(false),
        };
        let report = Report {
            looked,
            problems: vec![
                problem("a is b", Remedy::Repair),
                problem("c\u{1b} is d", Remedy::None),
                problem("e is f", Remedy::Start),
            ],
            more: 1,
            repaired: vec!["removed e".into()],
            not_repaired: true,
        };
        assert_eq!(
            strip_str(&words(&report)).to_string(),
            "\
store        000000000000feed
revision     1,200, history after 3
records      5
objects      4
passwords    1
change sets  1,197
files        6
token        none; the next start makes one
repaired: removed e
problem: a is b: do it
problem: c\\u{1b} is d: do it
left over: e is f: do it
problem: 1 problem more
nothing was repaired: not all that is wrong can be
3 problems"
        );
        let json: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
        assert_eq!(json["problems"][1]["repairable"], false);
        assert_eq!((&json["store"], &json["more_problems"]), (&"000000000000feed".into(), &1.into()));
        assert!(words(&Report::default()).contains("all is well"));
    }
}
