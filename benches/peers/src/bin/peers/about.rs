//! Which machine this is, and which versions are measured.

use std::{fs, thread};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

#[derive(Args)]
pub struct Options {
    /// Today
    #[arg(long)]
    date: String,
    /// feedgate's commit
    #[arg(long)]
    commit: String,
    /// What `rustc --version` says
    #[arg(long)]
    rustc: String,
    /// Cerbos's version, if it is there
    #[arg(long, default_value = "")]
    cerbos: String,
}

/// The first line of a file of results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    pub date: String,
    pub machine: String,
    pub kernel: String,
    /// What was measured, and its version.
    pub versions: Vec<(String, String)>,
}

/// The product's versions of what it is built of, and the peers'.
const LOCKS: [&str; 2] = [include_str!("../../../../../Cargo.lock"), include_str!("../../../Cargo.lock")];

impl About {
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        let mut versions = vec![
            ("feedgate".to_owned(), options.commit.clone()),
            ("rustc".to_owned(), options.rustc.trim_start_matches("rustc ").to_owned()),
        ];
        for package in ["tonic", "h2", "tokio", "mimalloc", "cedar-policy", "casbin", "regorus"] {
            let version = LOCKS.iter().find_map(|lock| locked(lock, package));
            versions.extend(version.map(|version| (package.to_owned(), version.to_owned())));
        }
        if !options.cerbos.is_empty() {
            versions.push(("Cerbos".into(), options.cerbos.clone()));
        }
        Ok(Self { date: options.date.clone(), machine: machine()?, kernel: kernel()?, versions })
    }
}

/// The version of a package in a `Cargo.lock`.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, behind) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    behind.split('"').next()
}

fn machine() -> anyhow::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(':').nth(1)).unwrap_or("unknown").trim();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib = memory.lines().next().and_then(|line| line.split_whitespace().nth(1));
    let kib: u64 = kib.context("`/proc/meminfo` says nothing")?.parse()?;
    let cores = thread::available_parallelism()?;
    Ok(format!("{cores} cores of {model}, {} GiB of memory", (kib + (1 << 19)) >> 20))
}

fn kernel() -> anyhow::Result<String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("Linux {}", release.trim()))
}
