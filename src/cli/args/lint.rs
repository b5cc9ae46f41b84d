//! `lint`: which findings, and which of them count.

use std::path::PathBuf;

use clap::{
    Args, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser as _},
    value_parser,
};

use crate::grpc::pb::{FindingCode, Severity};

pub(super) const EXAMPLES: &str = "\
What somebody has seen and accepted stands in a file of suppressions:

  version: 1
  suppressions:
    - {code: WITHOUT_VIEW, feed: unapproved-nuget, reason: not yet open}

Each names one object of the finding: user or group (with its directory),
feed, feed_group, task, connector, attribute, directory, or grant (its id).

Examples:
  feedgate lint
  feedgate lint --suppressions accepted.yaml --fail-on danger
  feedgate lint --code NEVER_DECIDES --code EMPTY_GROUP --output json

Exit codes: 0 nothing found that counts, 1 something found, 2 wrong use or
mistakes in the file, 3 failed.";

#[derive(Debug, Args)]
pub struct Lint {
    /// Only findings of this code; can be given several times. `--code help` names all codes
    #[arg(
        long = "code", value_name = "CODE", ignore_case = true, hide_possible_values = true,
        value_parser = PossibleValuesParser::new(codes().map(name)).map(|name| code(&name))
    )]
    pub codes: Vec<FindingCode>,
    /// Only findings at least this severe
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<Level>,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t)]
    pub fail_on: FailOn,
    /// Findings that are accepted, in a YAML file
    #[arg(long, value_name = "FILE")]
    pub suppressions: Option<PathBuf>,
    /// Show what is suppressed, too; JSON always has it
    #[arg(long)]
    pub show_suppressed: bool,
    /// How many findings at most [default: 1000]; all count
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub limit: Option<u32>,
    /// Go on where an earlier answer to the same question ended, at its revision
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Info,
    Warning,
    Danger,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Never,
    Info,
    #[default]
    Warning,
    Danger,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Danger => Self::Danger,
        }
    }
}

impl FailOn {
    /// The least severity that fails; none if nothing does.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Never => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Danger => Some(Severity::Danger),
        }
    }
}

/// Every code that this client knows.
pub fn codes() -> impl Iterator<Item = FindingCode> {
    (1..1_000).filter_map(|number| FindingCode::try_from(number).ok())
}

/// A code without its prefix: `WITHOUT_VIEW`.
pub fn name(code: FindingCode) -> &'static str {
    let name = code.as_str_name();
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// The code of a name, whatever its case.
fn code(name: &str) -> FindingCode {
    codes().find(|code| self::name(*code).eq_ignore_ascii_case(name)).unwrap_or_default()
}

const PREFIX: &str = "FINDING_CODE_";
