//! From a file to its entries: JSON is cut into entries first and each is read by itself, so that several
//! problems can be told at once, each with its place.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::Source;
use crate::{
    json,
    problem::{Place, Problems},
    text,
};
use feedgate_model::Name;

/// A file's text.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) file: &'a str,
    text: &'a str,
}

/// A piece of JSON where it stands.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) raw: &'a str,
    /// In bytes. A place is worked out for problems only.
    pub(super) offset: usize,
}

impl<'a> Text<'a> {
    /// The text of a source; none if there is a problem with it. Problems are about this file from now on.
    pub(super) fn of(source: Source<'a>, problems: &mut Problems) -> Option<Self> {
        problems.turn_to(source.file);
        let text = match text::utf8(source.file, source.bytes) {
            Ok(text) => Self { file: source.file, text },
            Err(problem) => {
                problems.at(problem.place.unwrap_or(Place::START), problem.message);
                return None;
            }
        };
        match json::check(text.text) {
            Ok(()) => Some(text),
            Err(error) => {
                text.explain(text.whole(), &error, problems);
                None
            }
        }
    }

    /// Whether the file is an array of API objects, rather than an export.
    pub(super) fn is_array(&self) -> bool {
        self.text.trim_start().starts_with('[')
    }

    /// The whole file.
    pub(super) fn whole(&self) -> Entry<'a> {
        Entry { raw: self.text, offset: 0 }
    }

    /// Where an entry stands.
    pub(super) fn place(&self, offset: usize) -> Place {
        text::place_of(self.text, offset)
    }

    /// The items of an array.
    pub(super) fn items(&self, array: Entry<'a>, problems: &mut Problems) -> Vec<Entry<'a>> {
        let items: Option<Vec<&'a RawValue>> = self.parse(array, problems);
        items.into_iter().flatten().map(|raw| self.entry(raw)).collect()
    }

    /// A piece of this text.
    pub(super) fn entry(&self, raw: &'a RawValue) -> Entry<'a> {
        let raw = raw.get();
        Entry { raw, offset: (raw.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize) }
    }

    /// Reads an entry that must be an object; none if it hasn't the shape.
    pub(super) fn object<T: Deserialize<'a>>(&self, entry: Entry<'a>, problems: &mut Problems) -> Option<T> {
        // serde takes an array for an object, too: by the order of its fields.
        if entry.raw.trim_ascii_start().starts_with('[') {
            let found = json::kind(entry.raw);
            problems.at(self.place(entry.offset), format!("expected an object, but found {found}"));
            return None;
        }
        self.parse(entry, problems)
    }

    fn parse<T: Deserialize<'a>>(&self, entry: Entry<'a>, problems: &mut Problems) -> Option<T> {
        match serde_json::from_str(entry.raw) {
            Ok(value) => Some(value),
            Err(error) => {
                self.explain(entry, &error, problems);
                None
            }
        }
    }

    /// Reads an entry that may be just a name.
    pub(super) fn parse_or_name<T: DeserializeOwned>(
        &self,
        entry: Entry<'a>,
        named: impl FnOnce(String) -> T,
        problems: &mut Problems,
    ) -> Option<T> {
        if entry.raw.starts_with('"') {
            self.parse(entry, problems).map(named)
        } else {
            self.object(entry, problems)
        }
    }

    /// A name that an entry has.
    pub(super) fn name(&self, entry: Entry<'_>, name: &str, problems: &mut Problems) -> Option<Name> {
        Name::new(name).map_err(|error| problems.at(self.place(entry.offset), error.to_string())).ok()
    }

    fn explain(&self, entry: Entry<'a>, error: &serde_json::Error, problems: &mut Problems) {
        let (line, column) = (error.line(), error.column());
        let lines_before =
            entry.raw.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let within = if line == 0 { 0 } else { lines_before + column.saturating_sub(1) };
        let mut offset = (entry.offset + within).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        problems.at(self.place(offset), json::in_words(error));
    }
}
