//! Results, as a table of goals and as charts.
//!
//! A file of results is one JSON object a line: first what was measured where, then a row a run.

mod alternation;
mod cerbos;
mod chart;
mod goal;
mod libraries;
mod table;
mod wire;

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use feedgate_peers::{decisions, load};
use serde::de::DeserializeOwned;

use self::table::Section;
use crate::about::About;

#[derive(Args)]
pub struct Options {
    /// Where the files of results are, and the report goes
    folder: PathBuf,
}

/// A file of results.
struct Results<R> {
    about: About,
    rows: Vec<R>,
}

impl<R: DeserializeOwned> Results<R> {
    /// Nothing if there is no such file: that part wasn't measured.
    fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let mut lines = BufReader::new(File::open(path)?).lines();
        let bad = || format!("`{}` isn't a file of results", path.display());
        let about = lines.next().with_context(bad)??;
        let about = serde_json::from_str(&about).with_context(bad)?;
        let mut rows = Vec::new();
        for line in lines {
            rows.push(serde_json::from_str(&line?).with_context(bad)?);
        }
        Ok(Some(Self { about, rows }))
    }
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let folder = &options.folder;
    let file = |name: &str| folder.join(name);
    let mut sections: Vec<Section> = Vec::new();
    if let Some(results) = Results::<load::Row>::read(&file("wire.jsonl"))? {
        sections.extend(wire::sections(&results.about, &results.rows));
        wire::charts(&results.rows, folder)?;
    }
    if let Some(results) = Results::<load::Row>::read(&file("cerbos.jsonl"))? {
        sections.push(cerbos::section(&results.about, &results.rows));
        cerbos::charts(&results.rows, folder)?;
    }
    if let Some(results) = Results::<decisions::Row>::read(&file("libraries.jsonl"))? {
        sections.push(libraries::section(&results.about, &results.rows));
        libraries::chart(&results.rows, folder)?;
    }
    let texts = [("engine", "The engine alone"), ("scale", "A million grants")];
    let texts = texts.map(|(name, title)| (title, fs::read_to_string(file(&format!("{name}.txt"))).ok()));
    fs::write(file("README.md"), table::page(folder, &sections, &texts))?;
    Ok(())
}
