//! Feedgate and Cerbos.

use std::path::Path;

use feedgate_peers::load::Row;

use super::{
    alternation::Shape,
    chart::{Bars, Scale},
    goal::{Bound, Goal, Unit, thousands},
    table::{Body, Section},
};
use crate::about::About;

const CHECKS: Shape = Shape { kind: "check", size: "small", transport: "tcp", connections: 8, in_flight: 16 };
const BATCHES: Shape = Shape { kind: "batch-one-subject", ..CHECKS };
const ONE: Shape = Shape { connections: 1, in_flight: 1, ..CHECKS };

/// Sizes of policies: word, grants, and how many times the checks a second.
const SIZES: [(&str, &str, f64); 2] = [("small", "1k grants", 20.0), ("big", "100k grants", 40.0)];
const BATCH_GOAL: f64 = 100.0;
const MEMORY_GOAL: f64 = 0.1;
const CERBOS: &str = "cerbos";

pub fn section(about: &About, rows: &[Row]) -> Section {
    let mut goals = Vec::new();
    for (size, grants, bound) in SIZES {
        goals.push(rate(rows, Shape { size, ..CHECKS }, format!("checks a second, {grants}"), bound));
        let what = format!("checks a second in batches of 50, {grants}");
        goals.push(rate(rows, Shape { size, ..BATCHES }, what, BATCH_GOAL));
        goals.push(memory(rows, Shape { size, ..CHECKS }, grants));
    }
    let text = format!(
        "The same users, groups, feeds and grants, the same 10,000 questions and the same driver: 8 \
         connections with 16 calls in flight on each; for latencies one, with server and client on one \
         processor. Cerbos has its policies on its disk and nothing else to do: no audit, no telemetry, no \
         watching. Its rules can't say that the narrower scope wins: of its answers {} are as feedgate's \
         rules have them.",
        agreement(rows)
    );
    Section {
        title: "Cerbos",
        text,
        about: about.clone(),
        body: Body::Goals(goals),
        charts: vec![
            ("cerbos.svg", "Checks a second, feedgate and Cerbos"),
            ("cerbos-latency.svg", "How long a check takes, feedgate and Cerbos"),
            ("cerbos-memory.svg", "Resident memory, feedgate and Cerbos"),
        ],
    }
}

/// Of the checks of each size.
fn agreement(rows: &[Row]) -> String {
    let of = SIZES.iter().filter_map(|(size, grants, _)| {
        let row = rows.iter().find(|row| row.server == CERBOS && row.size == *size && row.kind == "check")?;
        Some(format!("{:.2} % ({grants})", row.agreed * 100.0))
    });
    of.collect::<Vec<_>>().join(" and ")
}

fn rate(rows: &[Row], shape: Shape, what: String, bound: f64) -> Goal {
    let measured = shape.rounds(rows, CERBOS).map(|rounds| {
        let (base, ours) = rounds.medians(|row| row.items_per_second);
        let ratio = rounds.median(|base, ours| ours.items_per_second / base.items_per_second);
        (ratio, format!("{}; Cerbos {}", thousands(ours), thousands(base)))
    });
    Goal { what, bound: Bound::AtLeast(bound), unit: Unit::Times, measured }
}

fn memory(rows: &[Row], shape: Shape, grants: &str) -> Goal {
    let measured = shape.rounds(rows, CERBOS).map(|rounds| {
        let of = |row: &Row| row.resident_mib.unwrap_or(f64::NAN);
        let (base, ours) = rounds.medians(of);
        (rounds.median(|base, ours| of(ours) / of(base)), format!("{ours:.0} MiB; Cerbos {base:.0} MiB"))
    });
    let what = format!("resident memory while it answers checks, {grants}");
    Goal { what, bound: Bound::AtMost(MEMORY_GOAL), unit: Unit::Times, measured }
}

pub fn charts(rows: &[Row], folder: &Path) -> anyhow::Result<()> {
    let pair = |shape: Shape, of: fn(&Row) -> f64| {
        let medians = shape.rounds(rows, CERBOS).map(|rounds| rounds.medians(of));
        medians.map_or_else(|| vec![None, None], |(base, ours)| vec![Some(base), Some(ours)])
    };
    let (mut rates, mut latencies, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for (size, grants, _) in SIZES {
        let rate = |row: &Row| row.items_per_second;
        rates.push((format!("one a call, {grants}"), pair(Shape { size, ..CHECKS }, rate)));
        rates.push((format!("50 a call, {grants}"), pair(Shape { size, ..BATCHES }, rate)));
        latencies.push((format!("p50, {grants}"), pair(Shape { size, ..ONE }, |row| row.p50)));
        latencies.push((format!("p99, {grants}"), pair(Shape { size, ..ONE }, |row| row.p99)));
        let resident = |row: &Row| row.resident_mib.unwrap_or(f64::NAN);
        memory.push((grants.to_owned(), pair(Shape { size, ..CHECKS }, resident)));
    }
    let servers = || vec!["Cerbos", "feedgate"];
    let charts = [
        ("cerbos.svg", "Checks a second", "checks a second, logarithmic", rates),
        ("cerbos-latency.svg", "How long a check takes, one at a time", "µs, logarithmic", latencies),
        ("cerbos-memory.svg", "Resident memory", "MiB, logarithmic", memory),
    ];
    for (file, title, axis, groups) in charts {
        Bars { title, axis, series: servers(), groups, scale: Scale::Logarithmic }
            .draw(&folder.join(file))?;
    }
    Ok(())
}
