//! Strings and their limits. Everything kept has one, so that nobody can fill the store with one field.

use super::invalid::{Fault, Invalid};
use crate::model::{AttributeName, Name};

/// The longest description or comment, in bytes.
pub const MAX_TEXT: usize = 4096;
/// The longest label, category, display name, address, URL or external id, in bytes.
pub const MAX_LINE: usize = 1024;
/// The longest correlation id or idempotency key, in bytes.
pub const MAX_KEY: usize = 256;
/// The longest password, in bytes.
pub const MAX_PASSWORD: usize = 1024;

/// A name that must be there.
pub fn name(field: &str, name: &str) -> Result<Name, Invalid> {
    checked_name(name).map_err(|fault| Invalid { field: field.into(), fault })
}

/// A name, or none if the field is empty.
pub fn optional_name(field: &str, spelling: &str) -> Result<Option<Name>, Invalid> {
    if spelling.is_empty() { Ok(None) } else { name(field, spelling).map(Some) }
}

/// A name in a list of names.
pub fn checked_name(name: &str) -> Result<Name, Fault> {
    if name.is_empty() {
        return Err(Fault::Missing);
    }
    Name::new(name).map_err(|error| Fault::Name(error.to_string()))
}

/// An attribute's name that must be there.
pub fn attribute_name(field: &str, name: &str) -> Result<AttributeName, Invalid> {
    checked_attribute_name(name).map_err(|fault| Invalid { field: field.into(), fault })
}

/// An attribute's name in a list of them.
pub fn checked_attribute_name(name: &str) -> Result<AttributeName, Fault> {
    if name.is_empty() {
        return Err(Fault::Missing);
    }
    AttributeName::new(name).map_err(|error| Fault::Name(error.to_string()))
}

/// One line: a label, a display name, an address, a URL.
pub fn line(field: &str, value: String) -> Result<Box<str>, Invalid> {
    within(field, &value, MAX_LINE)?;
    if value.chars().any(char::is_control) {
        return Err(Invalid::value(field, "has a control character"));
    }
    Ok(value.into())
}

/// An absolute `http` or `https` URL. What it leads to is nobody's business here; that it leads somewhere is.
pub fn url(field: &str, value: String) -> Result<Box<str>, Invalid> {
    let (scheme, rest) = value.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_http = ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    if !is_http || host.is_empty() || host.starts_with(':') || value.contains([' ', '\\']) {
        let shown: String = value.chars().flat_map(char::escape_debug).take(80).collect();
        let why = format!("`{shown}` is not a URL: write it as `https://host/path`");
        return Err(Invalid::value(field, why));
    }
    line(field, value)
}

/// Several lines: a description, a comment.
pub fn text(field: &str, value: String) -> Result<Box<str>, Invalid> {
    within(field, &value, MAX_TEXT)?;
    if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Invalid::value(field, "has a control character other than a new line or a tab"));
    }
    Ok(value.into())
}

/// The type of a feed: one line in lower case, so that two types are the same when they look it.
pub fn feed_type(field: &str, value: String) -> Result<Box<str>, Invalid> {
    if value.chars().any(char::is_uppercase) {
        return Err(Invalid::value(field, format!("`{}` must be lower-case", value.escape_debug())));
    }
    line(field, value)
}

/// Refuses what is longer than `limit` bytes.
pub fn within(field: &str, value: &str, limit: usize) -> Result<(), Invalid> {
    if value.len() > limit {
        return Err(Invalid::value(field, format!("has {} bytes, {limit} are allowed", value.len())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_absolute_and_have_a_host() {
        for good in
            ["https://api.nuget.org/v3/index.json", "HTTP://h:8080?q", "http://u:p@[::1]/", "https://h"]
        {
            assert_eq!(url("url", good.into()).as_deref(), Ok(good));
        }
        let long = format!("https://h/{}", "x".repeat(MAX_LINE));
        for bad in [
            "api.nuget.org",
            "ftp://h",
            "https://",
            "https:///v3",
            "http://:80",
            "//h",
            "https://h/a b",
            "http:h",
        ]
        .into_iter()
        .chain([&*long, "https://h/\t"])
        {
            assert_eq!(url("url", bad.into()).unwrap_err().field, "url", "{bad}");
        }
    }
}
