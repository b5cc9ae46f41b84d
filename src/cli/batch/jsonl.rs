//! Rows of JSON, one object a line. Members that mean nothing here are kept, and so is how it is spelled.

use std::{
    borrow::Cow,
    io::{BufRead, Write},
};

use anyhow::Context as _;
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::{Rows, answer::Answer, item};
use crate::{cli::failure::Failure, grpc::pb, interchange::json, model::byte_order_mark};

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
    #[serde(default, deserialize_with = "there")]
    allowed: bool,
    #[serde(default, deserialize_with = "there")]
    reason: bool,
    #[serde(default, deserialize_with = "there")]
    revision: bool,
}

/// Whether a member is there, be it `null`.
fn there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

impl Row<'_> {
    fn taken(&self) -> Option<&'static str> {
        [("allowed", self.allowed), ("reason", self.reason), ("revision", self.revision)]
            .into_iter()
            .find_map(|(name, is_there)| is_there.then_some(name))
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
            let whole = if self.line == 1 { byte_order_mark::skip(&text) } else { text.as_str() };
            let line = whole.trim();
            if line.is_empty() {
                continue;
            }
            if !line.starts_with('{') {
                // serde takes an array for an object, too: by the order of its fields.
                return Err(Failure::usage(format!(
                    "{}:1: expected an object, but found {}",
                    place(),
                    json::kind(line)
                )));
            }
            let row = json::check(line).and_then(|()| serde_json::from_str::<Row<'_>>(line));
            let row = row.map_err(|error| malformed(&place(), &error))?;
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

/// A row is one line, and which one `place` says.
fn malformed(place: &str, error: &serde_json::Error) -> Failure {
    Failure::usage(format!("{place}:{}: {}", error.column(), json::in_words(error)))
}
