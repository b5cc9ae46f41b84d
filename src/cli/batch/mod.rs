//! `batch`: a file of questions, answered in the same format.
//!
//! Rows are streamed: cut into calls that fit, each answered from one revision, and written in their order
//! before the next call. A row in error spoils no other.

mod answer;
mod csv;
mod jsonl;

use std::{
    io::{self, BufRead, BufReader, BufWriter},
    path::Path,
};

use anyhow::Context as _;
use prost::Message as _;

use self::{answer::Answer, csv::CsvRows, jsonl::JsonRows};
use super::{
    args::{
        connect::Format,
        question::{Place, Who},
    },
    client::Client,
    failure::{Exit, Failure},
    file,
    output::remark,
};
use crate::{
    grpc::pb,
    model::{byte_order_mark, name},
};

/// The most items that a call takes.
const MAX_ITEMS: usize = 10_000;
/// Well below the 4 MiB that a server takes in a message.
const MAX_BYTES: usize = 3 << 20;

/// Rows that come in, and go out again with their answers.
trait Rows {
    /// What is kept of a row until its answer is there.
    type Original;

    /// The next row; none at the end.
    fn next(&mut self) -> Result<Option<(pb::BatchCheckItem, Self::Original)>, Failure>;
    fn answer(&mut self, original: &Self::Original, answer: &Answer) -> Result<(), Failure>;
    /// Passes on what was written.
    fn flush(&mut self) -> Result<(), Failure>;
}

/// `format` is what was asked for, if anything was: answers come in the format of the questions, so it can
/// only agree with them.
pub(super) async fn run(client: &mut Client, file: &Path, format: Option<Format>) -> Result<Exit, Failure> {
    let name = file::called(file);
    let mut input = BufReader::with_capacity(64 << 10, file::open(file)?);
    // Reading waits here, in the program's own thread: the connection is driven by others.
    let found = format_of(&mut input).with_context(|| format!("can't read `{name}`"))?;
    if byte_order_mark::is_utf16(input.buffer()) {
        return Err(Failure::usage(format!(
            "{name}: expected UTF-8, but found UTF-16; save the file as UTF-8"
        )));
    }
    let json = agreed(&name, found, format)? == Format::Json;
    let output = BufWriter::new(io::stdout());
    let mut ask = async |request: pb::BatchCheckRequest| {
        let request = client.ask(request);
        let answer = client.decision.batch_check(request).await;
        Ok(answer.map_err(|status| client.failure(status))?.into_inner())
    };
    let tally = if json {
        answer_all(&mut JsonRows::new(&name, input, output), &mut ask).await?
    } else {
        answer_all(&mut CsvRows::new(&name, input, output)?, &mut ask).await?
    };
    if tally.errors == 0 {
        return Ok(Exit::Done);
    }
    remark(format!(
        "{} of {} rows couldn't be answered: the column `reason` says why",
        tally.errors, tally.rows
    ));
    Ok(Exit::Failed)
}

/// JSON lines begin with `{`, whatever a header begins with. Nothing is neither.
fn format_of(input: &mut impl BufRead) -> io::Result<Option<Format>> {
    let start = input.fill_buf()?;
    Ok(byte_order_mark::skip_in_bytes(start).trim_ascii_start().first().map(|first| match first {
        b'{' => Format::Json,
        _ => Format::Table,
    }))
}

/// The format of the answers: the one of the questions, which is the one that was asked for, if one was.
fn agreed(file: &str, found: Option<Format>, wanted: Option<Format>) -> Result<Format, Failure> {
    match (found, wanted) {
        // No questions, no answers.
        (None, Some(Format::Json)) => Ok(Format::Json),
        (None, _) => Err(Failure::usage(format!(
            "{file}: it is empty: neither CSV, which begins with the line `subject,attribute,target`, nor JSON lines"
        ))),
        (Some(found), wanted) if wanted.is_none_or(|wanted| wanted == found) => Ok(found),
        (Some(found), _) => {
            let (flag, is) = match found {
                Format::Table => ("json", "CSV"),
                Format::Json => ("table", "JSON lines"),
            };
            Err(Failure::usage(format!(
                "{file}: this is {is}, and `--output {flag}` can't be had: answers come in the format of the questions"
            )))
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: u64,
    errors: u64,
}

/// Answers row by row, in calls as large as they may be.
async fn answer_all<R: Rows>(
    rows: &mut R,
    ask: &mut impl AsyncFnMut(pb::BatchCheckRequest) -> Result<pb::BatchCheckResponse, Failure>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let (mut items, mut originals, mut bytes) = (Vec::new(), Vec::new(), 0);
    loop {
        let row = rows.next()?;
        let size = row.as_ref().map_or(0, |(item, _)| item.encoded_len() + 8);
        let full = items.len() == MAX_ITEMS || bytes + size > MAX_BYTES;
        if !items.is_empty() && (full || row.is_none()) {
            let asked = std::mem::take(&mut items);
            answer_some(rows, &std::mem::take(&mut originals), asked, ask, &mut tally).await?;
            bytes = 0;
        }
        let Some((item, original)) = row else { break };
        items.push(item);
        originals.push(original);
        bytes += size;
    }
    rows.flush()?;
    Ok(tally)
}

/// One call.
async fn answer_some<R: Rows>(
    rows: &mut R,
    originals: &[R::Original],
    items: Vec<pb::BatchCheckItem>,
    ask: &mut impl AsyncFnMut(pb::BatchCheckRequest) -> Result<pb::BatchCheckResponse, Failure>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let response = ask(pb::BatchCheckRequest { items, ..Default::default() }).await?;
    if response.results.len() != originals.len() {
        let (got, asked) = (response.results.len(), originals.len());
        return Err(anyhow::anyhow!("the server answered {got} of {asked} items").into());
    }
    let revision = response.revision.unwrap_or_default().number;
    for (original, result) in originals.iter().zip(response.results) {
        let answer = Answer::new(result, revision);
        tally.rows += 1;
        tally.errors += u64::from(answer.allowed.is_none());
        rows.answer(original, &answer)?;
    }
    rows.flush()
}

/// A row's fields as an item. A field that isn't there is left for the server to refuse.
fn item(
    subject: Option<&str>,
    directory: Option<&str>,
    attribute: &str,
    target: Option<&str>,
) -> pb::BatchCheckItem {
    let who = subject.map(|subject| match subject {
        "(anonymous)" => Who::Anonymous,
        name => Who::User {
            name: clip(name).to_owned(),
            directory: directory.filter(|d| !d.is_empty()).map(|d| clip(d).to_owned()),
        },
    });
    let place = target.map(|target| match target {
        "(system)" => Place::System,
        name => Place::Feed(clip(name).to_owned()),
    });
    pb::BatchCheckItem {
        subject: who.as_ref().map(Into::into),
        attribute: clip(attribute).to_owned(),
        target: place.as_ref().map(Into::into),
        correlation_id: String::new(),
    }
}

/// A name that is too long is refused, however much too long: so that one row can't outgrow a message, it is
/// cut to a length that is still refused.
fn clip(name: &str) -> &str {
    match name.char_indices().find(|(at, _)| *at > name::MAX_BYTES) {
        Some((at, _)) => name.get(..at).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests;
