//! A domain of Active Directory.
//!
//! Users are known by objectGUID and groups by objectSid, since that is what a user's token has of groups. Which groups
//! a user is in is the domain controller's to say: `tokenGroups` has all security groups, the primary one and those
//! that it is in, and those of other domains; a search along the chain of members adds the distribution groups.
//!
//! | File | Holds |
//! |---|---|
//! | `groups` | the groups of a user |
//! | `partitions` | the domain's NETBIOS name, from the configuration partition |
//! | `account` | whether an account may be used |
//! | `sid`, `guid` | identities |

mod account;
mod groups;
mod guid;
mod partitions;
mod sid;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use self::{guid::Guid, sid::Sid};
use super::{
    dialect::{Beginning, Dialect, User},
    directory::Directory,
    entry::Entry,
    escape::{Value, domain_dn},
    query::{Bound, Query, attributes_of},
    session::Session,
    settings::{ActiveDirectorySettings, InvalidSettings},
};
use crate::{Account, Claims, DirectoryError, ExternalGroup, Key, Qualified};

const USERS: &str = "(&(objectCategory=person)(objectClass=user))";
const USERS_AND_SERVICES: &str =
    "(|(&(objectCategory=person)(objectClass=user))(objectClass=msDS-GroupManagedServiceAccount))";
const GROUPS: &str = "(objectClass=group)";
const USER_ATTRIBUTES: [&str; 8] = [
    "objectGUID",
    "objectSid",
    "sAMAccountName",
    "displayName",
    "mail",
    "userAccountControl",
    "accountExpires",
    "primaryGroupID",
];
const GROUP_ATTRIBUTES: [&str; 2] = ["objectSid", "sAMAccountName"];

/// More than one is never right; how many there are doesn't matter.
const ONE: Bound = Bound::All(100);

/// One domain.
#[derive(Debug)]
pub struct Domain {
    base: Arc<str>,
    /// What is configured.
    claims: Claims,
    domain: Box<str>,
    /// What the configuration partition says of the domain, once it was asked.
    discovered: OnceLock<partitions::Discovered>,
    users: &'static str,
    user_attributes: Arc<[Box<str>]>,
    group_attributes: Arc<[Box<str>]>,
    max_groups: usize,
}

impl Directory<Domain> {
    /// Checks the settings. Nothing is asked of a server yet.
    pub fn new(settings: &ActiveDirectorySettings) -> Result<Self, InvalidSettings> {
        let account = &settings.account;
        let named = |(before, behind): (&str, &str)| !before.is_empty() && !behind.is_empty();
        if !account.split_once('\\').or_else(|| account.split_once('@')).is_some_and(named) {
            return Err(InvalidSettings::Account(account.clone()));
        }
        let ignored = settings.ignore_referrals.clone();
        let ignored = ignored.unwrap_or_else(|| partitions::without_users(&settings.domain));
        Self::made_of(settings.server(account, ignored)?, Domain::new(settings)?)
    }
}

impl Domain {
    fn new(settings: &ActiveDirectorySettings) -> Result<Self, InvalidSettings> {
        let domains: Vec<Box<str>> = std::iter::once(&settings.domain)
            .chain(&settings.upn_suffixes)
            .map(|name| name.as_str().into())
            .collect();
        for (netbios, domain) in &settings.netbios {
            if !domain.eq_ignore_ascii_case(&settings.domain) {
                return Err(InvalidSettings::Netbios { netbios: netbios.clone(), domain: domain.clone() });
            }
        }
        let base = match settings.base.as_deref() {
            Some("") => return Err(InvalidSettings::Empty("base")),
            Some(base) => base.into(),
            None => domain_dn(&settings.domain).ok_or(InvalidSettings::Domain(settings.domain.clone()))?,
        };
        Ok(Self {
            base: base.into(),
            claims: Claims {
                domains,
                netbios: settings.netbios.keys().map(|name| name.as_str().into()).collect(),
            },
            domain: settings.domain.as_str().into(),
            discovered: OnceLock::new(),
            users: if settings.managed_service_accounts { USERS_AND_SERVICES } else { USERS },
            user_attributes: attributes_of(&USER_ATTRIBUTES),
            group_attributes: attributes_of(&GROUP_ATTRIBUTES),
            max_groups: settings.max_groups,
        })
    }

    fn users(&self, condition: &str, bound: Bound) -> Query {
        Query::below(&self.base, format!("(&{}{condition})", self.users), &self.user_attributes, bound)
    }

    fn groups(&self, condition: &str, bound: Bound) -> Query {
        Query::below(&self.base, format!("(&{GROUPS}{condition})"), &self.group_attributes, bound)
    }

    /// What the configuration partition says, asked for once.
    async fn discovered(&self, session: &mut Session<'_>) -> Result<&partitions::Discovered, DirectoryError> {
        if let Some(discovered) = self.discovered.get() {
            return Ok(discovered);
        }
        let discovered = partitions::discover(session, &self.domain).await?;
        Ok(self.discovered.get_or_init(|| discovered))
    }

    /// Whether a domain is this one: its DNS name, or its NETBIOS name, which the server is asked for if need be.
    async fn is_own(&self, session: &mut Session<'_>, domain: &str) -> Result<bool, DirectoryError> {
        let is = |name: &str| name.eq_ignore_ascii_case(domain);
        if is(&self.domain) || self.claims.netbios.iter().any(|name| is(name)) {
            return Ok(true);
        }
        Ok(self.discovered(session).await?.netbios.as_deref().is_some_and(is))
    }
}

#[async_trait]
impl Dialect for Domain {
    async fn claims(&self, session: &mut Session<'_>) -> Result<Claims, DirectoryError> {
        let mut claims = self.claims.clone();
        let discovered = self.discovered(session).await?;
        if let Some(name) = &discovered.netbios
            && !claims.netbios.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            claims.netbios.push(name.clone());
        }
        Ok(claims)
    }

    async fn user_query(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Query>, DirectoryError> {
        let condition = match key {
            Key::Id(id) => {
                let guid = Guid::parse(id).ok_or_else(|| DirectoryError::InvalidId(id.into()))?;
                format!("(objectGUID={})", Value::bytes(guid.as_bytes()).as_str())
            }
            Key::Name(name) => match Value::text(name) {
                Some(value) => format!("(sAMAccountName={})", value.as_str()),
                None => return Ok(None),
            },
            Key::Qualified(Qualified { whole, name, domain }) => {
                let (Some(upn), Some(value)) = (Value::text(whole), Value::text(name)) else {
                    return Ok(None);
                };
                let (own, upn, sam) = (self.is_own(session, domain).await?, upn.as_str(), value.as_str());
                match (whole.contains('\\'), own) {
                    (true, true) => format!("(sAMAccountName={sam})"),
                    (true, false) => return Ok(None),
                    (false, true) => format!("(|(userPrincipalName={upn})(sAMAccountName={sam}))"),
                    (false, false) => format!("(userPrincipalName={upn})"),
                }
            }
        };
        Ok(Some(self.users(&condition, ONE)))
    }

    async fn group_query(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Query>, DirectoryError> {
        let condition = match key {
            Key::Id(id) => {
                let sid = Sid::parse(id).ok_or_else(|| DirectoryError::InvalidId(id.into()))?;
                sid.condition()
            }
            Key::Name(name) => match Value::text(name) {
                Some(value) => group_named(&[value]),
                None => return Ok(None),
            },
            Key::Qualified(Qualified { whole, name, domain }) => {
                match (Value::text(whole), Value::text(name)) {
                    (Some(whole), Some(name)) if self.is_own(session, domain).await? => {
                        group_named(&[whole, name])
                    }
                    _ => return Ok(None),
                }
            }
        };
        Ok(Some(self.groups(&condition, ONE)))
    }

    fn beginning(&self, prefix: &str, enough: usize) -> Option<Beginning> {
        let condition = format!("(sAMAccountName={}*)", Value::text(prefix)?.as_str());
        let bound = Bound::Enough(enough);
        Some(Beginning { users: self.users(&condition, bound), groups: self.groups(&condition, bound) })
    }

    fn members_query(&self, group: &Entry, enough: usize) -> Option<Query> {
        let dn = Value::text(&group.dn)?;
        Some(self.users(&format!("(memberOf:{}:={})", groups::IN_CHAIN, dn.as_str()), Bound::Enough(enough)))
    }

    fn user(&self, entry: &Entry) -> Result<User, DirectoryError> {
        let guid = entry.bytes("objectGUID").and_then(Guid::read);
        let guid = guid.ok_or_else(|| entry.wrong("objectGUID", "can't be read"))?;
        Ok(User {
            dn: entry.dn.clone(),
            id: guid.to_string().into(),
            name: entry.required("sAMAccountName")?.into(),
            display_name: entry.text("displayName")?.into(),
            email: entry.text("mail")?.into(),
            account: account::of(entry)?,
        })
    }

    fn group(&self, entry: &Entry) -> Result<ExternalGroup, DirectoryError> {
        let id = sid_of(entry)?.to_string().into();
        Ok(ExternalGroup { id, name: Some(entry.required("sAMAccountName")?.into()) })
    }

    async fn account(&self, _: &mut Session<'_>, user: &User) -> Result<Account, DirectoryError> {
        Ok(user.account)
    }

    async fn groups_of(
        &self,
        session: &mut Session<'_>,
        entry: &Entry,
    ) -> Result<Vec<ExternalGroup>, DirectoryError> {
        groups::of(self, session, entry).await
    }
}

/// The condition for a group of one of these names. Administrators see `cn`, other products use `name`.
fn group_named(names: &[Value]) -> String {
    let condition = |name: &Value| {
        let name = name.as_str();
        format!("(sAMAccountName={name})(name={name})(cn={name})")
    };
    format!("(|{})", names.iter().map(condition).collect::<String>())
}

fn sid_of(entry: &Entry) -> Result<Sid, DirectoryError> {
    let sid = entry.bytes("objectSid").and_then(Sid::read);
    sid.ok_or_else(|| entry.wrong("objectSid", "can't be read"))
}
