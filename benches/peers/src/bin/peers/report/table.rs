//! The page: a section for each group of goals.

use std::{fmt::Write as _, path::Path};

use super::goal::Goal;
use crate::about::About;

/// A part of the page.
pub struct Section {
    pub title: &'static str,
    /// What was compared with what, and how.
    pub text: String,
    pub about: About,
    pub body: Body,
    /// Files of charts, and what they show.
    pub charts: Vec<(&'static str, &'static str)>,
}

pub enum Body {
    Goals(Vec<Goal>),
    /// Lines of a table without goals, the heads of columns first.
    Plain(Vec<Vec<String>>),
}

/// The whole page, in Markdown, with those charts that are in the folder.
pub fn page(folder: &Path, sections: &[Section], texts: &[(&str, Option<String>)]) -> String {
    let mut page = String::from(
        "# How fast feedgate is\n\n\
         Measured with `benches/run`, which also wrote this page: don't edit it. Client and server \
         share the machine, so that calls a second say less than CPU time for each call, and ratios of \
         one sitting more than either. Servers take turns; a ratio is the median of the rounds, and \
         rounds that other work on the machine disturbed are left out. Before a run some answers are \
         compared with what the policy's rules say; feedgate's must all be right. Goals are what \
         feedgate is meant to reach; one that is missed stands here like any other.\n",
    );
    let mut line = |text: &str| writeln!(page, "{text}").expect("a string takes everything");
    let mut told: Option<&About> = None;
    for Section { title, text, about, body, charts } in sections {
        line(&format!("\n## {title}\n\n{text}\n"));
        if told.is_none_or(|told| !told.is_same(about)) {
            line(&format!("{}\n", about.paragraph()));
            told = Some(about);
        }
        match body {
            Body::Goals(goals) => {
                line("| What | Goal | Measured | | Of |\n|---|---|---|---|---|");
                goals.iter().for_each(|goal| line(&row(&goal.cells())));
            }
            Body::Plain(rows) => {
                for (number, cells) in rows.iter().enumerate() {
                    line(&row(cells));
                    if number == 0 {
                        line(&format!("|{}", "---|".repeat(cells.len())));
                    }
                }
            }
        }
        let drawn = charts.iter().filter(|(file, _)| folder.join(file).exists());
        drawn.for_each(|(file, shows)| line(&format!("\n![{shows}]({file})")));
    }
    for (title, text) in texts {
        if let Some(text) = text {
            line(&format!("\n## {title}\n\n```text\n{}\n```", text.trim_end()));
        }
    }
    page
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

impl About {
    fn is_same(&self, other: &Self) -> bool {
        self.paragraph() == other.paragraph()
    }

    fn paragraph(&self) -> String {
        let versions: Vec<_> =
            self.versions.iter().map(|(what, version)| format!("{what} {version}")).collect();
        format!("{}; {}, {}; {}.", self.date, self.machine, self.kernel, versions.join(", "))
    }
}
