//! Field masks: which fields of an object are meant.
//!
//! No mask means all of them. A mask that is there is taken literally, so an empty one means none: "the
//! object must be there, leave it as it is". A path that can't be taken is refused: a misspelt one would
//! otherwise be a change that silently doesn't happen.

use prost_types::FieldMask;

use super::invalid::Invalid;

/// Which fields of an object a request takes.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'a>(Option<&'a [String]>);

impl<'a> Mask<'a> {
    /// All fields.
    pub const ALL: Mask<'static> = Mask(None);

    /// As a request gives it.
    pub fn new(mask: Option<&'a FieldMask>) -> Self {
        Self(mask.map(|FieldMask { paths }| paths.as_slice()))
    }

    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses paths other than these, the fields that can be changed so.
    pub fn only(&self, fields: &[&str]) -> Result<(), Invalid> {
        let unknown = |path: &&String| !fields.contains(&path.as_str());
        match self.0.unwrap_or_default().iter().find(unknown) {
            None => Ok(()),
            Some(path) if fields.is_empty() => {
                Err(Invalid::value("update_mask", format!("`{}`: nothing here can be changed", shown(path))))
            }
            Some(path) => Err(Invalid::value(
                "update_mask",
                format!("`{}` can't be changed so: `{}` can", shown(path), fields.join("`, `")),
            )),
        }
    }

    /// Whether a field is taken.
    pub fn has(&self, field: &str) -> bool {
        self.0.is_none_or(|paths| paths.iter().any(|path| path == field))
    }

    /// Converts a field if it is taken; one that isn't may hold anything.
    pub fn take<T, U>(
        &self,
        field: &str,
        value: T,
        convert: impl FnOnce(&str, T) -> Result<U, Invalid>,
    ) -> Result<Option<U>, Invalid> {
        if self.has(field) { convert(field, value).map(Some) } else { Ok(None) }
    }
}

fn shown(path: &str) -> String {
    path.chars().take(80).flat_map(char::escape_debug).collect()
}

/// From the client's side: collects which fields a request gives.
#[derive(Debug, Default)]
pub struct Given {
    paths: Vec<String>,
    partial: bool,
}

impl Given {
    /// Notes whether a field is given, and gives it or its default.
    pub fn take<T: Default>(&mut self, field: &str, value: Option<T>) -> T {
        self.take_or(field, value, T::default())
    }

    /// The same for a field whose default isn't the type's.
    pub fn take_or<T>(&mut self, field: &str, value: Option<T>, default: T) -> T {
        match value {
            Some(value) => {
                self.paths.push(field.into());
                value
            }
            None => {
                self.partial = true;
                default
            }
        }
    }

    /// The mask that says so; none if every field was given.
    pub fn mask(self) -> Option<FieldMask> {
        self.partial.then_some(FieldMask { paths: self.paths })
    }
}
