//! A filter with a gap for a value.

use super::InvalidSettings;
use crate::ldap::escape::Value;

const GAP: &str = "%s";

/// A filter of RFC 4515 in which `%s` stands for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ldap) struct Template(Box<str>);

impl Template {
    pub(in crate::ldap) fn parse(key: &'static str, text: &str) -> Result<Self, InvalidSettings> {
        if !text.contains(GAP) {
            return Err(InvalidSettings::NoGap { key, text: text.into() });
        }
        if let Some(placeholder) = ["%u", "%g"].into_iter().find(|it| text.contains(it)) {
            return Err(InvalidSettings::OnlyForGroups { key, text: text.into(), placeholder });
        }
        filter(key, &text.replace(GAP, "x"))
            .map_err(|_| InvalidSettings::Filter { key, text: text.into() })?;
        // Only in a value a character may be written so.
        filter(key, &text.replace(GAP, "\\28"))
            .map_err(|_| InvalidSettings::Gap { key, text: text.into() })?;
        Ok(Self(text.into()))
    }

    /// The filter for a value.
    pub(in crate::ldap) fn with(&self, value: &Value) -> String {
        self.0.replace(GAP, value.as_str())
    }

    /// The filter for every value that begins so.
    pub(in crate::ldap) fn beginning(&self, value: &Value) -> String {
        self.0.replace(GAP, &format!("{}*", value.as_str()))
    }

    /// The filter for any value.
    pub(in crate::ldap) fn any(&self) -> String {
        self.0.replace(GAP, "*")
    }
}

/// Checks a filter without a gap.
pub(in crate::ldap) fn filter(key: &'static str, text: &str) -> Result<(), InvalidSettings> {
    // The parser takes one without parentheses, too, which couldn't be put together with others.
    let whole = text.starts_with('(') && ldap3::parse_filter(text).is_ok();
    if whole { Ok(()) } else { Err(InvalidSettings::Filter { key, text: text.into() }) }
}
