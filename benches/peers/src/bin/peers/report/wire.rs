//! Feedgate and the ceiling.

use std::path::Path;

use feedgate_peers::load::Row;

use super::{
    alternation::Shape,
    chart::{Bars, Scale},
    goal::{Bound, Goal, Unit, thousands},
    table::{Body, Section},
};
use crate::about::About;

const SATURATED: Shape =
    Shape { kind: "check", size: "small", transport: "tcp", connections: 8, in_flight: 16 };
const ONE: Shape = Shape { connections: 1, in_flight: 1, ..SATURATED };
const BATCH: Shape = Shape { kind: "batch-mixed", connections: 4, in_flight: 4, ..SATURATED };

/// Sizes of policies: word, grants, and what a batch has to have of the ceiling's items a second.
const SIZES: [(&str, &str, f64); 2] = [("small", "1k grants", 0.5), ("huge", "1M grants", 0.3)];
const BATCHES: [(&str, &str); 2] =
    [("batch-one-subject", "one subject, many feeds"), ("batch-mixed", "mixed")];
const CEILING: &str = "ceiling";

pub fn sections(about: &About, rows: &[Row]) -> [Section; 3] {
    let section = |title, text: &str, goals, charts| Section {
        title,
        text: text.into(),
        about: about.clone(),
        body: Body::Goals(goals),
        charts,
    };
    [
        section(
            "Checks, saturated",
            "8 connections with 16 calls in flight on each, 10,000 different requests over TCP. The \
             ceiling is a server of the same messages, threads and HTTP/2 settings, with mimalloc besides, \
             that answers without deciding.",
            saturated(rows),
            vec![("cpu.svg", "CPU time of the server for each check"), ("checks.svg", "Checks a second")],
        ),
        section(
            "Checks, one at a time",
            "One connection with one call in flight. Client and server are kept on one processor, which \
             never sleeps then: how long a virtual machine's processor takes to wake, and which one a call \
             is answered on, would be measured otherwise.",
            one_at_a_time(rows),
            vec![("latency.svg", "How long a check takes")],
        ),
        section(
            "Batches of 1,000",
            "4 connections with 4 calls in flight on each. The ceiling reads every item and answers it.",
            batches(rows),
            vec![("batches.svg", "Checks a second in batches")],
        ),
    ]
}

fn saturated(rows: &[Row]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (size, grants, _) in SIZES {
        let rounds = Shape { size, ..SATURATED }.rounds(rows, CEILING);
        let of = |of: fn(&Row) -> f64, unit: &str| {
            rounds.as_ref().map(|rounds| {
                let (base, ours) = rounds.medians(of);
                let ratio = rounds.median(|base, ours| of(ours) / of(base));
                let digits = if base < 1000.0 {
                    [base, ours].map(|it| format!("{it:.2}"))
                } else {
                    [base, ours].map(thousands)
                };
                (ratio, format!("{} {unit}; ceiling {}{}", digits[1], digits[0], disturbed(rounds.disturbed)))
            })
        };
        goals.push(Goal {
            what: format!("server CPU a call, {grants}"),
            bound: Bound::AtMost(1.15),
            unit: Unit::Times,
            measured: of(|row| row.server_cpu.unwrap_or(f64::NAN), "µs"),
        });
        goals.push(Goal {
            what: format!("checks a second, {grants}"),
            bound: Bound::AtLeast(0.88),
            unit: Unit::Times,
            measured: of(|row| row.calls_per_second, "a second"),
        });
    }
    goals
}

fn disturbed(rounds: usize) -> String {
    if rounds == 0 { String::new() } else { format!("; {rounds} rounds disturbed") }
}

fn one_at_a_time(rows: &[Row]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (size, grants, _) in SIZES {
        for (transport, over) in [("tcp", "TCP"), ("unix", "a Unix socket")] {
            let rounds = Shape { size, transport, ..ONE }.rounds(rows, CEILING);
            let of = |of: fn(&Row) -> f64, compare: fn(f64, f64) -> f64| {
                rounds.as_ref().map(|rounds| {
                    let (base, ours) = rounds.medians(of);
                    let compared = rounds.median(|base, ours| compare(of(base), of(ours)));
                    (compared, format!("{ours:.1} µs; ceiling {base:.1}{}", disturbed(rounds.disturbed)))
                })
            };
            goals.push(Goal {
                what: format!("p50 over {over}, {grants}: beyond the ceiling's"),
                bound: Bound::AtMost(3.0),
                unit: Unit::Microseconds,
                measured: of(|row| row.p50, |base, ours| ours - base),
            });
            goals.push(Goal {
                what: format!("p99 over {over}, {grants}"),
                bound: Bound::AtMost(1.25),
                unit: Unit::Times,
                measured: of(|row| row.p99, |base, ours| ours / base),
            });
        }
    }
    goals
}

fn batches(rows: &[Row]) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (size, grants, bound) in SIZES {
        for (kind, name) in BATCHES {
            let rounds = Shape { kind, size, ..BATCH }.rounds(rows, CEILING);
            let measured = rounds.map(|rounds| {
                let (base, ours) = rounds.medians(|row| row.items_per_second);
                let ratio = rounds.median(|base, ours| ours.items_per_second / base.items_per_second);
                let of = format!("{} a second; ceiling {}", thousands(ours), thousands(base));
                (ratio, of + &disturbed(rounds.disturbed))
            });
            goals.push(Goal {
                what: format!("checks a second, {name}, {grants}"),
                bound: Bound::AtLeast(bound),
                unit: Unit::Times,
                measured,
            });
        }
    }
    goals
}

pub fn charts(rows: &[Row], folder: &Path) -> anyhow::Result<()> {
    let pair = |shape: Shape, of: fn(&Row) -> f64| {
        let medians = shape.rounds(rows, CEILING).map(|rounds| rounds.medians(of));
        medians.map_or_else(|| vec![None, None], |(base, ours)| vec![Some(base), Some(ours)])
    };
    let servers = || vec!["ceiling: answers without deciding", "feedgate"];
    let sizes = |of: fn(&Row) -> f64| {
        SIZES.map(|(size, grants, _)| (grants.to_owned(), pair(Shape { size, ..SATURATED }, of))).into()
    };
    Bars {
        title: "CPU time of the server for each check",
        axis: "µs, 8 connections × 16 in flight",
        series: servers(),
        groups: sizes(|row| row.server_cpu.unwrap_or(f64::NAN)),
        scale: Scale::Linear,
    }
    .draw(&folder.join("cpu.svg"))?;
    Bars {
        title: "Checks a second, client on the same machine",
        axis: "checks a second, 8 connections × 16 in flight",
        series: servers(),
        groups: sizes(|row| row.calls_per_second),
        scale: Scale::Linear,
    }
    .draw(&folder.join("checks.svg"))?;
    let mut latencies = Vec::new();
    for (size, grants, _) in SIZES {
        for (transport, over) in [("tcp", "TCP"), ("unix", "Unix socket")] {
            let shape = Shape { size, transport, ..ONE };
            latencies.push((format!("p50, {over}, {grants}"), pair(shape, |row| row.p50)));
            latencies.push((format!("p99, {over}, {grants}"), pair(shape, |row| row.p99)));
        }
    }
    Bars {
        title: "How long a check takes, one at a time",
        axis: "µs, as the client sees it",
        series: servers(),
        groups: latencies,
        scale: Scale::Linear,
    }
    .draw(&folder.join("latency.svg"))?;
    let mut groups = Vec::new();
    for (size, grants, _) in SIZES {
        for (kind, name) in BATCHES {
            groups.push((
                format!("{name}, {grants}"),
                pair(Shape { kind, size, ..BATCH }, |row| row.items_per_second),
            ));
        }
    }
    Bars {
        title: "Checks a second in batches of 1,000",
        axis: "checks a second, 4 connections × 4 in flight",
        series: servers(),
        groups,
        scale: Scale::Linear,
    }
    .draw(&folder.join("batches.svg"))
}
