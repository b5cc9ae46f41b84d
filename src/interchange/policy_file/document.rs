//! The document as a whole. Its lists are read entry by entry, so that a file of a million grants is never a
//! tree in memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{MergeKeyPolicy, Options, Spanned, UserMessageFormatter, alias_limits, budget, options};

use super::{
    PolicyFile,
    fields::unknown_key,
    node::{self, Node, Value},
    read, read_grant,
};
use crate::interchange::problem::{Place, Problems};

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

/// Reads a document; what is wrong with its entries goes to the problems.
pub(super) fn read(text: &str, file: &mut PolicyFile, problems: &mut Problems) {
    let read =
        parse(text, |deserializer| Document { file, problems: &mut *problems }.deserialize(deserializer));
    if let Err((place, message)) = read {
        problems.at(place, message);
    }
}

/// A document as its syntax has it; where it is broken, and how.
pub(in crate::interchange) fn parse<T>(
    text: &str,
    read: impl FnOnce(serde_saphyr::Deserializer<'_, '_>) -> Result<T, serde_saphyr::Error>,
) -> Result<T, (Place, String)> {
    serde_saphyr::with_deserializer_from_str_with_options(text, limits(text), read).map_err(|error| {
        let place = error.location().map(node::place).unwrap_or(Place::START);
        let error = error.without_snippet();
        // The formatter repeats the place behind the message.
        let rendered = error.render_with_formatter(&UserMessageFormatter);
        let message = rendered.split(" at line ").next().unwrap_or(&rendered);
        if is_over_limits(error) || message == "recursion limit exceeded" {
            (place, "the document is nested too deeply, or its aliases make it too large".to_owned())
        } else {
            (place, message.lines().next().unwrap_or(message).trim_end_matches('.').to_owned())
        }
    })
}

fn is_over_limits(error: &serde_saphyr::Error) -> bool {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => is_over_limits(error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => true,
        _ => false,
    }
}

/// What a document may cost, by its length: each event takes a byte or so, unless aliases multiply them.
fn limits(text: &str) -> Options {
    let generous = text.len().saturating_mul(4).saturating_add(1_000);
    options! {
        budget: budget! {
            max_depth: 16,
            max_events: generous,
            max_nodes: generous,
            max_total_scalar_bytes: generous,
            max_total_comment_bytes: generous,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 8 },
        merge_keys: MergeKeyPolicy::Error,
        // `no` is a name like any other; only `true` and `false` are booleans.
        strict_booleans: true,
        with_snippet: false,
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
                    check_version(&map.next_value()?, problems);
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

pub(in crate::interchange) fn check_version(node: &Node, problems: &mut Problems) {
    if !matches!(node.value, Value::Number(1.0)) {
        problems.at(node.place, "only `version: 1` is known, an unquoted number");
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
