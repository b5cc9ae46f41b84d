//! serde's messages about shape, in the terms of a format: what was expected, and what was found.

/// The terms of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    Json,
    Yaml,
}

impl Terms {
    fn list(self) -> &'static str {
        match self {
            Self::Json => "an array",
            Self::Yaml => "a list",
        }
    }

    fn map(self) -> &'static str {
        match self {
            Self::Json => "an object",
            Self::Yaml => "a mapping",
        }
    }

    fn nothing(self) -> &'static str {
        match self {
            Self::Json => "null",
            Self::Yaml => "nothing",
        }
    }

    /// A message of serde's, without its place. A value that was found is left out: it could be a password.
    pub(crate) fn say(self, message: &str) -> String {
        let key = |prefix: &str| message.strip_prefix(prefix);
        if let Some(rest) = key("invalid type: ").or_else(|| key("invalid value: "))
            && let Some((found, expected)) = rest.rsplit_once(", expected ")
        {
            return format!("expected {}, but found {}", self.expected(expected), self.found(found));
        }
        if let Some((length, expected)) =
            key("invalid length ").and_then(|rest| rest.split_once(", expected "))
        {
            return format!("expected {}, but found {length} items", self.expected(expected));
        }
        for (prefix, new) in [
            ("unknown field ", "unknown key "),
            ("missing field ", "missing key "),
            ("duplicate field ", "duplicate key "),
        ] {
            if let Some(rest) = key(prefix) {
                return format!("{new}{rest}");
            }
        }
        message.to_owned()
    }

    fn expected(self, expected: &str) -> &str {
        match expected {
            "a sequence" | "sequence" => self.list(),
            "a map" | "map" => self.map(),
            "a borrowed string" | "a string" => "a string",
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that isn't negative",
            structure if structure.starts_with("struct ") => self.map(),
            other => other,
        }
    }

    fn found(self, found: &str) -> &'static str {
        match found.split([' ', '`']).next().unwrap_or_default() {
            "boolean" => "a boolean",
            "integer" | "floating" | "number" => "a number",
            "string" | "character" => "a string",
            "sequence" => self.list(),
            "map" => self.map(),
            "null" | "unit" | "Option" => self.nothing(),
            _ => "something else",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_was_expected_and_what_was_found() {
        for (terms, message, expected) in [
            (
                Terms::Json,
                "invalid type: sequence, expected a string",
                "expected a string, but found an array",
            ),
            (Terms::Yaml, "invalid type: sequence, expected a string", "expected a string, but found a list"),
            (Terms::Json, "invalid type: map, expected a sequence", "expected an array, but found an object"),
            (Terms::Yaml, "invalid type: map, expected a sequence", "expected a list, but found a mapping"),
            (Terms::Json, "invalid type: null, expected a boolean", "expected a boolean, but found null"),
            (Terms::Yaml, "invalid type: unit value, expected x", "expected x, but found nothing"),
            (
                Terms::Json,
                "invalid type: string \"secret, expected by none\", expected struct ApiUser",
                "expected an object, but found a string",
            ),
            (
                Terms::Json,
                "invalid type: integer `7`, expected a string",
                "expected a string, but found a number",
            ),
            (
                Terms::Json,
                "invalid value: integer `-7`, expected u64",
                "expected a whole number that isn't negative, but found a number",
            ),
            (Terms::Json, "unknown field `a`, expected `b`", "unknown key `a`, expected `b`"),
            (Terms::Json, "missing field `a`", "missing key `a`"),
            (Terms::Json, "EOF while parsing a value", "EOF while parsing a value"),
        ] {
            assert_eq!(terms.say(message), expected);
        }
    }
}
