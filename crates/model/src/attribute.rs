//! Attributes: the smallest things that can be allowed, and the catalogue of built-in ones.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::id::AttributeId;

/// How many attributes a catalogue can have, built-in ones included: a task is a 64-bit set of them.
pub const MAX_ATTRIBUTES: usize = 64;

/// An attribute's API name, `Feeds_DownloadPackage` for example. Compares exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub struct AttributeName(Box<str>);

impl AttributeName {
    /// ASCII letters, digits, `_`, `-` and `.`, beginning with a letter; at most 64.
    pub fn new(name: &str) -> Result<Self, InvalidAttributeName> {
        let tail = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(tail) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidAttributeName(name.chars().take(80).flat_map(char::escape_debug).collect()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Cow<'_, str>> for AttributeName {
    type Error = InvalidAttributeName;

    fn try_from(name: Cow<'_, str>) -> Result<Self, InvalidAttributeName> {
        Self::new(&name)
    }
}

impl From<AttributeName> for String {
    fn from(name: AttributeName) -> Self {
        name.0.into()
    }
}

/// Not an attribute's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't be an attribute: it takes 1 to 64 letters, digits, `_`, `-` and `.`, a letter first")]
pub struct InvalidAttributeName(Box<str>);

/// The smallest thing that can be allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub id: AttributeId,
    pub name: AttributeName,
    pub label: Box<str>,
    pub category: Box<str>,
    /// Whether grants on a feed or feed group can give it. Never changes.
    pub feed_scopable: bool,
    pub description: Box<str>,
    /// The revision that last changed this object.
    pub revision: u64,
}

impl Attribute {
    /// Whether this is one of the 21 that can't be changed or removed.
    pub fn is_built_in(&self) -> bool {
        (1..=BUILT_IN.len()).contains(&(self.id.0 as usize))
    }
}

struct Row(&'static str, &'static str, &'static str, bool, &'static str);

/// The catalogue of the access model, section 2. An attribute's id is its place here, from 1.
const BUILT_IN: [Row; 21] = [
    Row(
        "Admin_ConfigureProGet",
        "Configure ProGet",
        "Administration",
        false,
        "Change every setting of the server",
    ),
    Row(
        "Admin_ManageConnectors",
        "Manage Connectors",
        "Administration",
        true,
        "Create, edit and delete connectors",
    ),
    Row("Admin_ManageFeed", "Manage Feeds", "Administration", true, "Create, edit and delete feeds"),
    Row(
        "Admin_ManageScheduledTasks",
        "Manage Scheduled Tasks",
        "Administration",
        false,
        "Create, edit and run scheduled tasks",
    ),
    Row(
        "Admin_ViewScheduledTasks",
        "View Scheduled Tasks",
        "Administration",
        false,
        "See scheduled tasks and their results",
    ),
    Row("Licenses_Manage", "Manage Licenses", "Licenses", false, "Decide which licenses packages may have"),
    Row(
        "Credentials_Manage",
        "Manage Credentials",
        "Credentials",
        false,
        "Create, edit and delete credentials, and see their sensitive fields",
    ),
    Row(
        "Credentials_ViewPasswords",
        "View Passwords",
        "Credentials",
        false,
        "See the sensitive fields of credentials",
    ),
    Row("Vulnerabilities_Assess", "Assess", "Vulnerabilities", false, "Assess vulnerabilities"),
    Row("Projects_View", "View", "Projects", false, "See projects and their releases"),
    Row("Projects_Manage", "Manage", "Projects", false, "Create, edit and delete projects"),
    Row("Projects_ResolveIssue", "Resolve Issue", "Projects", false, "Resolve the issues of a project"),
    Row("Projects_UploadSbom", "Upload SBOM", "Projects", false, "Upload a bill of materials"),
    Row("Feeds_ViewFeed", "View Package", "Feeds", true, "See a feed and its packages"),
    Row("Feeds_DownloadPackage", "Download Package", "Feeds", true, "Download packages"),
    Row("Feeds_AddPackage", "Add Package", "Feeds", true, "Publish packages that aren't there yet"),
    Row(
        "Feeds_OverwritePackage",
        "Overwrite Package",
        "Feeds",
        true,
        "Replace packages that are there already",
    ),
    Row("Feeds_DeletePackage", "Delete Package", "Feeds", true, "Delete packages"),
    Row("Feeds_PullPackage", "Pull Package", "Feeds", true, "Take packages from a connector into the feed"),
    Row("Feeds_UnlistPackage", "Unlist Package", "Feeds", true, "Hide packages and show them again"),
    Row(
        "Feeds_AcceptPackagePromotions",
        "Accept Package Promotions",
        "Feeds",
        true,
        "Let packages be promoted into the feed",
    ),
];

/// How many attributes are built in.
pub const BUILT_IN_COUNT: u32 = BUILT_IN.len() as u32;

/// The built-in attributes, in the order of the catalogue.
pub fn built_in() -> impl Iterator<Item = Attribute> {
    (1..).zip(&BUILT_IN).map(|(id, Row(name, label, category, feed_scopable, description))| Attribute {
        id: AttributeId(id),
        name: AttributeName((*name).into()),
        label: (*label).into(),
        category: (*category).into(),
        feed_scopable: *feed_scopable,
        description: (*description).into(),
        revision: 0,
    })
}

/// The id of a built-in attribute.
pub fn built_in_id(name: &str) -> Option<AttributeId> {
    (1..).zip(&BUILT_IN).find(|(_, row)| row.0 == name).map(|(id, _)| AttributeId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_of_twenty_one_are_scopable() {
        assert_eq!(built_in().count(), 21);
        assert_eq!(built_in().filter(|attribute| attribute.feed_scopable).count(), 10);
        for attribute in built_in() {
            assert_eq!(AttributeName::new(attribute.name.as_str()).unwrap(), attribute.name);
            assert_eq!(built_in_id(attribute.name.as_str()), Some(attribute.id));
        }
    }

    #[test]
    fn names_are_identifiers() {
        for bad in ["", "1st", "a b", "_a", "ä", &"x".repeat(65)] {
            AttributeName::new(bad).unwrap_err();
        }
    }
}
