//! The document as a whole. Its lists are read entry by entry, so that a file of a million grants is never a
//! tree in memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::{PolicyFile, read, read_grant};
use crate::{
    problem::{At, Place, Problems},
    yaml::{
        self,
        fields::unknown_key,
        node::{self, Node},
    },
};

const KEYS: [&str; 11] = [
    "version",
    "settings",
    "attributes",
    "directories",
    "tasks",
    "users",
    "groups",
    "feed_groups",
    "feeds",
    "connectors",
    "grants",
];

/// Reads a document; what is wrong with it or its entries goes to the problems.
pub(super) fn read(text: &str, file: &mut PolicyFile, problems: &mut Problems) {
    let read = yaml::read(text, |deserializer| {
        Document { file: &mut *file, problems: &mut *problems }.deserialize(deserializer)
    });
    if let Err(At { value: message, place }) = read {
        problems.at(place, message);
    }
}

struct Document<'a> {
    file: &'a mut PolicyFile,
    problems: &'a mut Problems,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping that begins with `version: 1`")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.problems.at(Place::START, "the document is empty; a policy file begins with `version: 1`");
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Document { file, problems } = self;
        let mut version = false;
        while let Some(key) = map.next_key::<Spanned<String>>()?.map(node::key) {
            macro_rules! list {
                ($list:ident, $item:expr) => {{
                    let list = List { key: stringify!($list), item: $item, problems: &mut *problems };
                    file.$list = map.next_value_seed(list)?;
                }};
            }
            match &*key.value {
                "version" => {
                    version = true;
                    yaml::check_version(&map.next_value()?, problems);
                }
                "settings" => file.settings = read::settings(map.next_value()?, problems),
                "attributes" => list!(attributes, read::attribute),
                "directories" => list!(directories, read::directory),
                "tasks" => list!(tasks, read::task),
                "users" => list!(users, read::user),
                "groups" => list!(groups, read::group),
                "feed_groups" => list!(feed_groups, read::feed_group),
                "feeds" => list!(feeds, read::feed),
                "connectors" => list!(connectors, read::connector),
                "grants" => list!(grants, read_grant::grant),
                other => {
                    problems.at(key.place, unknown_key(other, "a policy file", &KEYS));
                    map.next_value::<Node>()?;
                }
            }
        }
        if !version {
            problems.at(Place::START, "`version` is missing; a policy file begins with `version: 1`");
        }
        Ok(())
    }
}

/// A list of entries of one kind.
struct List<'a, F> {
    key: &'static str,
    item: F,
    problems: &'a mut Problems,
}

impl<'de, T, F: FnMut(Node, &mut Problems) -> Option<T>> DeserializeSeed<'de> for List<'_, F> {
    type Value = Option<Vec<T>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F: FnMut(Node, &mut Problems) -> Option<T>> Visitor<'de> for List<'_, F> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list that `{}` takes (`[]` if there are none)", self.key)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(node) = items.next_element::<Node>()? {
            entries.extend((self.item)(node, self.problems));
        }
        Ok(Some(entries))
    }
}
