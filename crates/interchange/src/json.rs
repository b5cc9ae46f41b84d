//! JSON as it must be to be understood in one way only: no key stands twice in an object. Of two, readers take the
//! first, the last or neither.

use std::{borrow::Cow, fmt};

use foldhash::{HashSet, HashSetExt as _};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use super::terms::Terms;

/// Fails if a text isn't one JSON value, or if a key stands twice in an object of it.
pub fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Unambiguous>(text).map(drop)
}

/// What an error says, in the terms of JSON and without its place.
pub fn in_words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    Terms::Json.say(message.strip_suffix(&place).unwrap_or(&message))
}

/// What a text begins with, in the terms of JSON.
pub fn kind(text: &str) -> &'static str {
    match text.trim_ascii_start().bytes().next() {
        None => "nothing",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => "a number",
        Some(_) => "something that isn't JSON",
    }
}

/// Any value in which no key stands twice.
struct Unambiguous;

#[derive(PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<Key<'de>>()? {
            if keys.contains(&key) {
                let key = key.0.escape_debug();
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice in an object")));
            }
            keys.insert(key);
            entries.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_found_wherever_it_is() {
        for (text, expected) in [
            (r#"{"a": 1, "b": {"a": [true, null, "a", 1.5, -2]}, "c": [{"a": 1}, {"a": 2}]}"#, None),
            ("[]", None),
            (r#"{"a": 1, "a": 1}"#, Some("the key `a` stands twice in an object")),
            (r#"{"a": 1, "\u0061": 2}"#, Some("the key `a` stands twice in an object")),
            (r#"[[{"x": [{"a": {}, "b": 1, "a": {}}]}]]"#, Some("the key `a` stands twice in an object")),
            (r#"{"": 1, "": 2}"#, Some("the key `` stands twice in an object")),
            ("{", Some("EOF while parsing an object")),
        ] {
            let told = check(text).map_err(|error| in_words(&error)).err();
            assert_eq!(told.as_deref(), expected, "{text}");
        }
    }
}
