//! Rows of JSON, one object a line. Members that mean nothing here are kept, and so is how it is spelled.

use std::{
    borrow::Cow,
    io::{BufRead, Write},
};

use anyhow::Context as _;
use serde::{Deserialize, de::IgnoredAny};

use super::{Rows, answer::Answer, item};
use crate::{cli::failure::Failure, grpc::pb};

pub(super) struct JsonRows<R, W> {
    file: String,
    reader: R,
    writer: W,
    line: u64,
}

/// What is read of a row. The last three are what the answer adds, and must not be there yet.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow)]
    attribute: Option<Cow<'a, str>>,
    #[serde(borrow)]
    target: Option<Cow<'a, str>>,
    #[serde(borrow)]
    directory: Option<Cow<'a, str>>,
    allowed: Option<IgnoredAny>,
    reason: Option<IgnoredAny>,
    revision: Option<IgnoredAny>,
}

impl Row<'_> {
    fn taken(&self) -> Option<&'static str> {
        [("allowed", &self.allowed), ("reason", &self.reason), ("revision", &self.revision)]
            .into_iter()
            .find_map(|(name, value)| value.is_some().then_some(name))
    }
}

impl<R: BufRead, W: Write> JsonRows<R, W> {
    pub(super) fn new(file: &str, reader: R, writer: W) -> Self {
        Self { file: file.to_owned(), reader, writer, line: 0 }
    }
}

impl<R: BufRead, W: Write> Rows for JsonRows<R, W> {
    type Original = String;

    fn next(&mut self) -> Result<Option<(pb::BatchCheckItem, String)>, Failure> {
        loop {
            let mut text = String::new();
            let read = self.reader.read_line(&mut text);
            self.line += 1;
            let place = || format!("{}:{}", self.file, self.line);
            if read.with_context(place)? == 0 {
                return Ok(None);
            }
            let line = text.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            let row: Row<'_> = serde_json::from_str(line).map_err(|error| malformed(&place(), &error))?;
            if let Some(taken) = row.taken() {
                return Err(Failure::usage(format!(
                    "{}: the member `{taken}` is what the answer adds: drop it or give it another name",
                    place()
                )));
            }
            let item = item(
                row.subject.as_deref(),
                row.directory.as_deref(),
                row.attribute.as_deref().unwrap_or_default(),
                row.target.as_deref(),
            );
            return Ok(Some((item, line.to_owned())));
        }
    }

    fn answer(&mut self, original: &String, answer: &Answer) -> Result<(), Failure> {
        // The row was read as an object, so its last character closes it: the answer goes before that, and
        // nothing that the user wrote is spelled anew.
        let open = original.strip_suffix('}').unwrap_or(original).trim_end();
        let comma = if open.ends_with('{') { "" } else { "," };
        let allowed = answer.allowed.map_or("null", |allowed| if allowed { "true" } else { "false" });
        let Answer { reason, revision, .. } = answer;
        writeln!(
            self.writer,
            "{open}{comma}\"allowed\":{allowed},\"reason\":\"{reason}\",\"revision\":{revision}}}"
        )?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}

/// serde's message without the place that it adds: a row is one line, and which one `place` says.
fn malformed(place: &str, error: &serde_json::Error) -> Failure {
    let (message, column) = (error.to_string(), error.column());
    let message = message.strip_suffix(&format!(" at line 1 column {column}")).unwrap_or(&message);
    Failure::usage(format!("{place}:{column}: {message}"))
}
