//! Feedgate's engine and libraries that decide, in one process.

use std::path::Path;

use feedgate_peers::decisions::Row;

use super::{
    chart::{Bars, Scale},
    goal::thousands,
    table::{Body, Section},
};
use crate::about::About;

pub fn section(about: &About, rows: &[Row]) -> Section {
    let ours = rows.iter().find(|row| row.library == "feedgate").map(|row| row.mean);
    let head = [
        "Library",
        "A decision",
        "p99",
        "Feedgate decides meanwhile",
        "As feedgate's rules",
        "Memory of the policy",
    ];
    let mut lines = vec![head.map(String::from).to_vec()];
    for row in rows {
        let times = ours.map_or_else(String::new, |ours| match row.mean / ours {
            times if times < 10.0 => format!("{times:.1}"),
            times => thousands(times),
        });
        lines.push(vec![
            format!("{}, {}", row.library, row.way),
            format!("{} ns", thousands(row.mean)),
            format!("{} ns", thousands(row.p99)),
            times,
            format!("{:.2} %", row.agreed * 100.0),
            format!("{} MiB", row.policy_mib),
        ]);
    }
    Section {
        title: "Libraries, in process",
        text: "1k grants, 10,000 questions again and again, one thread, each library in a process of its \
               own; from names to an answer. Percentiles have the cost of looking at the clock in them. \
               All of them, feedgate too, with mimalloc."
            .into(),
        about: about.clone(),
        body: Body::Plain(lines),
        charts: vec![("libraries.svg", "How long a decision takes in process")],
    }
}

pub fn chart(rows: &[Row], folder: &Path) -> anyhow::Result<()> {
    let group = |row: &Row| (format!("{}, {}", row.library, row.way), vec![Some(row.mean)]);
    Bars {
        title: "How long a decision takes in process, 1k grants",
        axis: "ns, logarithmic",
        series: vec!["mean"],
        groups: rows.iter().map(group).collect(),
        scale: Scale::Logarithmic,
    }
    .draw(&folder.join("libraries.svg"))
}
