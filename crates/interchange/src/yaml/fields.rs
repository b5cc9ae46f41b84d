//! Reading a mapping key by key. What is wrong is noted and reading goes on, so that one run shows an
//! operator all that has to be mended.

use super::node::{Node, Value};
use crate::problem::{At, Place, Problems};
use feedgate_model::{AttributeName, Name};

/// A mapping whose keys are being taken out.
pub struct Fields<'p> {
    what: &'static str,
    place: Place,
    entries: Vec<(At<Box<str>>, Node)>,
    pub problems: &'p mut Problems,
}

impl<'p> Fields<'p> {
    /// Of a node that must be a mapping of these keys; `what` it describes is said in the messages.
    pub fn of(node: Node, what: &'static str, keys: &[&str], problems: &'p mut Problems) -> Option<Self> {
        let Value::Map(entries) = node.value else {
            problems.at(node.place, format!("expected {what}, a mapping, but found {}", node.value.word()));
            return None;
        };
        for (key, _) in &entries {
            if !keys.contains(&&*key.value) {
                problems.at(key.place, unknown_key(&key.value, what, keys));
            }
        }
        Some(Self { what, place: node.place, entries, problems })
    }

    /// Where the mapping begins.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether the key is there, and hasn't been taken yet.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| &*name.value == key)
    }

    /// The value of a key, if the key is there.
    pub fn take(&mut self, key: &str) -> Option<Node> {
        let found = self.entries.iter().position(|(name, _)| &*name.value == key)?;
        Some(self.entries.swap_remove(found).1)
    }

    /// Says that a key which has to be there isn't.
    pub fn missing(&mut self, key: &str, why: &str) {
        self.problems.at(self.place, format!("`{key}` is missing in {}{why}", self.what));
    }

    /// A name that has to be there.
    pub fn name(&mut self, key: &str) -> Option<At<Name>> {
        let Some(node) = self.take(key) else {
            self.missing(key, "");
            return None;
        };
        name(node, self.problems)
    }

    /// A name that may be left out.
    pub fn optional_name(&mut self, key: &str) -> Option<At<Name>> {
        let node = self.take(key)?;
        name(node, self.problems)
    }

    /// A name that may be left out, or be `null` for none.
    pub fn name_or_null(&mut self, key: &str) -> Option<Option<At<Name>>> {
        let node = self.take(key)?;
        if matches!(node.value, Value::Null) {
            return Some(None);
        }
        name(node, self.problems).map(Some)
    }

    /// A text that has to be there.
    pub fn required_text(&mut self, key: &str) -> Option<At<Box<str>>> {
        let Some(node) = self.take(key) else {
            self.missing(key, "");
            return None;
        };
        text(node, self.problems)
    }

    /// A text that may be left out.
    pub fn text(&mut self, key: &str) -> Option<Box<str>> {
        let node = self.take(key)?;
        text(node, self.problems).map(|text| text.value)
    }

    /// A boolean that may be left out.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        let node = self.take(key)?;
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        let found = node.value.word();
        self.problems.at(node.place, format!("`{key}` takes `true` or `false`, but found {found}"));
        None
    }

    /// A list that may be left out, item by item.
    pub fn list<T>(
        &mut self,
        key: &str,
        mut item: impl FnMut(Node, &mut Problems) -> Option<T>,
    ) -> Option<Vec<T>> {
        let node = self.take(key)?;
        let Value::List(items) = node.value else {
            let found = node.value.word();
            self.problems.at(node.place, format!("`{key}` takes a list, but found {found}"));
            return None;
        };
        Some(items.into_iter().filter_map(|node| item(node, self.problems)).collect())
    }
}

/// What is said about a key that nobody knows.
pub fn unknown_key(key: &str, what: &str, keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    format!("unknown key `{}` in {what}; it takes {}", key.escape_debug(), keys.join(", "))
}

/// A node that must be a string.
pub fn text(node: Node, problems: &mut Problems) -> Option<At<Box<str>>> {
    match node.value {
        Value::Text(value) => Some(At { value, place: node.place }),
        Value::Boolean(_) | Value::Number(_) => {
            let found = node.value.word();
            problems.at(node.place, format!("expected a string, but found {found}; put it in quotes"));
            None
        }
        _ => {
            problems.at(node.place, format!("expected a string, but found {}", node.value.word()));
            None
        }
    }
}

/// A node that must be a name.
pub fn name(node: Node, problems: &mut Problems) -> Option<At<Name>> {
    let At { value, place } = text(node, problems)?;
    match Name::new(&value) {
        Ok(value) => Some(At { value, place }),
        Err(error) => {
            problems.at(place, error.to_string());
            None
        }
    }
}

/// A node that must be an attribute's name.
pub fn attribute_name(node: Node, problems: &mut Problems) -> Option<At<AttributeName>> {
    let At { value, place } = text(node, problems)?;
    match AttributeName::new(&value) {
        Ok(value) => Some(At { value, place }),
        Err(error) => {
            problems.at(place, error.to_string());
            None
        }
    }
}
