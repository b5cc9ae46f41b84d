//! Rows of CSV (RFC 4180). Columns come in any order; those that mean nothing here are kept.

use std::io::{self, Read, Write};

use csv::{ErrorKind, Reader, StringRecord, Writer};

use super::{
    Rows,
    answer::{Answer, COLUMNS},
    item,
};
use crate::{cli::failure::Failure, grpc::pb};

pub(super) struct CsvRows<R, W: Write> {
    file: String,
    reader: Reader<R>,
    writer: Writer<W>,
    subject: usize,
    attribute: usize,
    target: usize,
    directory: Option<usize>,
}

impl<R: Read, W: Write> CsvRows<R, W> {
    /// Reads the header and answers it.
    pub(super) fn new(file: &str, input: R, output: W) -> Result<Self, Failure> {
        let mut reader = Reader::from_reader(input);
        let header = reader.headers().map_err(|error| unreadable(file, error))?.clone();
        if let Some(taken) = COLUMNS.iter().find(|&&name| header.iter().any(|column| column == name)) {
            return Err(Failure::usage(format!(
                "{file}: the column `{taken}` is what the answer adds: drop it or give it another name"
            )));
        }
        let find = |name: &str| header.iter().position(|column| column == name);
        let need = |name: &str| {
            find(name).ok_or_else(|| {
                Failure::usage(format!(
                    "{file}: no column `{name}`: the first line must be `subject,attribute,target`, in any \
                     order and with further columns as you like"
                ))
            })
        };
        let (subject, attribute, target) = (need("subject")?, need("attribute")?, need("target")?);
        let directory = find("directory");
        for name in ["subject", "attribute", "target", "directory"] {
            if header.iter().filter(|column| *column == name).count() > 1 {
                return Err(Failure::usage(format!(
                    "{file}: the column `{name}` is there twice: drop one of them"
                )));
            }
        }
        let mut writer = Writer::from_writer(output);
        writer.write_record(header.iter().chain(COLUMNS)).map_err(unwritable)?;
        Ok(Self { file: file.to_owned(), reader, writer, subject, attribute, target, directory })
    }
}

impl<R: Read, W: Write> Rows for CsvRows<R, W> {
    type Original = StringRecord;

    fn next(&mut self) -> Result<Option<(pb::BatchCheckItem, StringRecord)>, Failure> {
        let mut record = StringRecord::new();
        if !self.reader.read_record(&mut record).map_err(|error| unreadable(&self.file, error))? {
            return Ok(None);
        }
        let item = item(
            record.get(self.subject),
            self.directory.and_then(|column| record.get(column)),
            record.get(self.attribute).unwrap_or_default(),
            record.get(self.target),
        );
        Ok(Some((item, record)))
    }

    fn answer(&mut self, original: &StringRecord, answer: &Answer) -> Result<(), Failure> {
        let allowed = match answer.allowed {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        };
        let revision = answer.revision.to_string();
        let added = [allowed, &answer.reason, &revision];
        self.writer.write_record(original.iter().chain(added)).map_err(unwritable)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }
}

/// An error of the input: its form is the user's to mend, the rest isn't.
fn unreadable(file: &str, error: csv::Error) -> Failure {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        ErrorKind::Io(error) => Failure::Failed(anyhow::Error::new(error).context(file.to_owned())),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let fields = if len == 1 { "field" } else { "fields" };
            Failure::usage(format!("{file}:{line}: {len} {fields}, but the header has {expected_len}"))
        }
        ErrorKind::Utf8 { .. } => Failure::usage(format!("{file}:{line}: it is not UTF-8")),
        other => Failure::usage(format!("{file}:{line}: {other:?}")),
    }
}

fn unwritable(error: csv::Error) -> Failure {
    match error.into_kind() {
        ErrorKind::Io(error) => error.into(),
        other => io::Error::other(format!("{other:?}")).into(),
    }
}
