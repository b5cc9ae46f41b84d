//! What entries look like. Keys that aren't here are refused; those that mean nothing for access are listed
//! by name, as they are documented.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// `{"tasks": […]}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TasksExport<'a> {
    #[serde(borrow)]
    pub(super) tasks: &'a RawValue,
}

/// A task in the export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportedTask<'a> {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) attributes: Vec<String>,
    #[serde(borrow)]
    pub(super) permissions: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) restrictions: Option<&'a RawValue>,
}

/// A permission or a restriction in the tasks export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ExportedGrant<'a> {
    #[serde(borrow)]
    pub(super) principal_name: Cow<'a, str>,
    pub(super) principal_type: Option<PrincipalType>,
    #[serde(borrow)]
    pub(super) feed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) feed_group: Option<Cow<'a, str>>,
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalType {
    User,
    Group,
}

impl PrincipalType {
    pub(super) const ALL: [Self; 2] = [Self::User, Self::Group];
}

impl fmt::Display for PrincipalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Group => "group",
        })
    }
}

/// An API task. `feedScoped` only sums up the attributes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ApiTask {
    pub(super) name: String,
    pub(super) description: Option<String>,
    #[serde(default, rename = "feedScoped")]
    _feed_scoped: Option<bool>,
    pub(super) attributes: Vec<String>,
}

/// An API permission.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ApiPermission<'a> {
    #[serde(default, rename = "id")]
    _id: Option<u64>,
    #[serde(borrow)]
    pub(super) user: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) group: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) task: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) feed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) feed_group: Option<Cow<'a, str>>,
    /// Required: what says nothing about it could be either.
    pub(super) deny: bool,
}

/// `{"users": […], "groups": […]}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsersExport<'a> {
    #[serde(borrow)]
    pub(super) users: &'a RawValue,
    #[serde(borrow)]
    pub(super) groups: Option<&'a RawValue>,
}

/// A user in the export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ExportedUser {
    pub(super) user_name: String,
    pub(super) display_name: Option<String>,
    pub(super) email_address: Option<String>,
    pub(super) password_bytes: Option<String>,
    pub(super) salt_bytes: Option<String>,
    pub(super) password: Option<String>,
    pub(super) groups: Option<Vec<String>>,
}

/// An API user.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ApiUser {
    pub(super) name: String,
    pub(super) display_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) password: Option<String>,
    pub(super) groups: Option<Vec<String>>,
}

/// An API group, or just its name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiGroup {
    pub(super) name: String,
    pub(super) users: Option<Vec<String>>,
}

/// An API feed, or just its name.
#[derive(Default)]
pub(super) struct ApiFeed {
    pub(super) name: String,
    pub(super) feed_type: Option<String>,
    pub(super) alternate_names: Option<Vec<String>>,
    pub(super) feed_group: Option<String>,
}

/// Documented settings of a feed that mean nothing for access. `connectors` is among them: what they read
/// isn't in the file.
const FEED_SETTINGS: [&str; 35] = [
    "id",
    "description",
    "active",
    "cacheConnectors",
    "dropPath",
    "packagesPath",
    "packageStore",
    "allowUnknownLicenses",
    "allowedLicenses",
    "blockedLicenses",
    "symbolServerEnabled",
    "stripSymbols",
    "stripSource",
    "stripSourceCode",
    "stripSignature",
    "useApiV3",
    "endpointUrl",
    "connectors",
    "vulnerabilitySources",
    "retentionRules",
    "packageFilters",
    "packageAccessRules",
    "variableDictionary",
    "variables",
    "canPublish",
    "packageStatisticsEnabled",
    "restrictPackageStatistics",
    "deploymentRecordsEnabled",
    "usageRecordsEnabled",
    "vulnerabilitiesEnabled",
    "licensesEnabled",
    "useWithProjects",
    "retentionRulesEnabled",
    "replication",
    "feedConfiguration",
];

impl<'de> Deserialize<'de> for ApiFeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ApiFeedVisitor)
    }
}

struct ApiFeedVisitor;

impl<'de> Visitor<'de> for ApiFeedVisitor {
    type Value = ApiFeed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feed or its name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ApiFeed, A::Error> {
        let mut feed = ApiFeed::default();
        let mut name = None;
        // ProGet's versions have two names for these.
        let mut types = Spelling::of(["feedType", "type"]);
        let mut groups = Spelling::of(["feedGroup", "group"]);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            types.see::<A::Error>(&key)?;
            groups.see::<A::Error>(&key)?;
            match &*key {
                "name" => name = Some(map.next_value()?),
                "feedType" | "type" => feed.feed_type = map.next_value()?,
                "alternateNames" => feed.alternate_names = map.next_value()?,
                "feedGroup" | "group" => feed.feed_group = map.next_value()?,
                setting if FEED_SETTINGS.contains(&setting) => {
                    map.next_value::<IgnoredAny>()?;
                }
                other => {
                    let known = &["name", "feedType", "alternateNames", "feedGroup"];
                    return Err(A::Error::unknown_field(other, known));
                }
            }
        }
        Ok(ApiFeed { name: name.ok_or_else(|| A::Error::missing_field("name"))?, ..feed })
    }
}

/// Two keys that mean the same, of which an object has one at most.
struct Spelling {
    keys: [&'static str; 2],
    seen: bool,
}

impl Spelling {
    fn of(keys: [&'static str; 2]) -> Self {
        Self { keys, seen: false }
    }

    fn see<E: Error>(&mut self, key: &str) -> Result<(), E> {
        let [one, other] = self.keys;
        if key != one && key != other {
            return Ok(());
        }
        if self.seen {
            return Err(E::custom(format_args!(
                "`{one}` and `{other}` mean the same: give one of them, once"
            )));
        }
        self.seen = true;
        Ok(())
    }
}
