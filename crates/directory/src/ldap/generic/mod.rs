//! OpenLDAP, and others that keep to the standards.
//!
//! Groups have the DNs of their members, or their login names. Which groups are in which is followed here, ring by ring.

mod groups;

use std::sync::Arc;

use async_trait::async_trait;

use super::{
    dialect::{Beginning, Dialect, User},
    directory::Directory,
    entry::Entry,
    escape::Value,
    query::{Bound, Query, attributes_of},
    session::Session,
    settings::{InvalidSettings, LdapSettings, Memberships, Template, filter},
};
use crate::{Account, Claims, DirectoryError, ExternalGroup, Key, Qualified};

/// Where users and groups are, and what they look like.
#[derive(Debug)]
pub struct Generic {
    claims: Claims,
    user_base: Arc<str>,
    group_base: Arc<str>,
    users: Template,
    user_groups: Memberships,
    groups: Template,
    /// None if the members of a group aren't looked for.
    members: Option<Template>,
    disabled: Option<Box<str>>,
    names: Names,
    user_attributes: Arc<[Box<str>]>,
    group_attributes: Arc<[Box<str>]>,
    max_groups: usize,
}

/// Which attributes have what.
#[derive(Debug)]
struct Names {
    id: Box<str>,
    user: Box<str>,
    display: Box<str>,
    email: Box<str>,
    group: Box<str>,
}

/// Where a user has the number of the primary group.
const PRIMARY_GROUP: &str = "gidNumber";

/// Two would be enough to know that it isn't one; with more, a server's limit isn't met before that is known.
const ONE: Bound = Bound::All(100);

impl Directory<Generic> {
    /// Checks the settings. Nothing is asked of a server yet.
    pub fn new(settings: &LdapSettings) -> Result<Self, InvalidSettings> {
        let server = settings.server(&settings.bind_dn, settings.ignore_referrals.clone())?;
        Self::made_of(server, Generic::new(settings)?)
    }
}

impl Generic {
    fn new(settings: &LdapSettings) -> Result<Self, InvalidSettings> {
        for (netbios, domain) in &settings.netbios {
            if !domain.eq_ignore_ascii_case(&settings.domain) {
                return Err(InvalidSettings::Netbios { netbios: netbios.clone(), domain: domain.clone() });
            }
        }
        for (key, base) in [("user_base", &settings.user_base), ("group_base", &settings.group_base)] {
            if base.is_empty() {
                return Err(InvalidSettings::Empty(key));
            }
        }
        if let Some(text) = &settings.disabled_filter {
            filter("disabled_filter", text)?;
        }
        active_directory(settings)?;
        let names = Names {
            id: attribute("id_attribute", &settings.id_attribute)?,
            user: attribute("user_name_attribute", &settings.user_name_attribute)?,
            display: attribute("display_name_attribute", &settings.display_name_attribute)?,
            email: attribute("email_attribute", &settings.email_attribute)?,
            group: attribute("group_name_attribute", &settings.group_name_attribute)?,
        };
        let user_groups = Memberships::parse("user_groups_filter", &settings.user_groups_filter)?;
        let members = &settings.members_filter;
        let members =
            (!members.is_empty()).then(|| Template::parse("members_filter", members)).transpose()?;
        let mut of_users: Vec<&str> = vec![&names.id, &names.user, &names.display, &names.email];
        if user_groups.needs_primary_group() {
            of_users.push(PRIMARY_GROUP);
        }
        Ok(Self {
            claims: Claims {
                domains: vec![settings.domain.as_str().into()],
                netbios: settings.netbios.keys().map(|name| name.as_str().into()).collect(),
            },
            user_base: settings.user_base.as_str().into(),
            group_base: settings.group_base.as_str().into(),
            users: Template::parse("user_filter", &settings.user_filter)?,
            user_groups,
            groups: Template::parse("group_filter", &settings.group_filter)?,
            members,
            disabled: settings.disabled_filter.as_deref().map(Into::into),
            user_attributes: attributes_of(&of_users),
            group_attributes: attributes_of(&[&names.id, &names.group]),
            names,
            max_groups: settings.max_groups,
        })
    }

    /// The filter for an id among others.
    fn with_id(&self, id: &str, among: &str) -> Result<String, DirectoryError> {
        let invalid = || DirectoryError::InvalidId(id.into());
        if id.is_empty() || (self.names.id.eq_ignore_ascii_case("entryUUID") && !is_uuid(id)) {
            return Err(invalid());
        }
        let id = Value::text(id).ok_or_else(invalid)?;
        Ok(format!("(&({}={}){among})", self.names.id, id.as_str()))
    }
}

/// Refuses what would take disabled accounts of Active Directory for enabled ones, or its identities for text.
fn active_directory(settings: &LdapSettings) -> Result<(), InvalidSettings> {
    let id = &settings.id_attribute;
    if ["objectGUID", "objectSid"].iter().any(|binary| binary.eq_ignore_ascii_case(id)) {
        return Err(InvalidSettings::BinaryId(id.clone()));
    }
    if settings.disabled_filter.is_some() {
        return Ok(());
    }
    let written =
        [&settings.user_filter, &settings.user_name_attribute, id].map(|it| it.to_ascii_lowercase());
    let named = ["sAMAccountName", "userPrincipalName", "userAccountControl", "objectCategory"]
        .into_iter()
        .find(|attribute| written.iter().any(|text| text.contains(&attribute.to_ascii_lowercase())));
    named.map_or(Ok(()), |attribute| Err(InvalidSettings::DisabledUnknown(attribute)))
}

/// The filter for a name. One with a domain is looked for as a whole, too: it may be an email address. Whoever asks
/// knows that the domain is one of this directory's.
fn named(template: &Template, key: Key<'_>) -> Option<String> {
    Some(match key {
        Key::Name(name) | Key::Id(name) => template.with(&Value::text(name)?),
        Key::Qualified(Qualified { whole, name, domain: _ }) => {
            let (whole, name) = (template.with(&Value::text(whole)?), template.with(&Value::text(name)?));
            format!("(|{name}{whole})")
        }
    })
}

fn attribute(key: &'static str, text: &str) -> Result<Box<str>, InvalidSettings> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    if text.is_empty() || !text.chars().all(fits) {
        return Err(InvalidSettings::Attribute { key, text: text.into() });
    }
    Ok(text.into())
}

fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let fits = |(at, c): (usize, u8)| if dashes.contains(&at) { c == b'-' } else { c.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

#[async_trait]
impl Dialect for Generic {
    async fn claims(&self, _: &mut Session<'_>) -> Result<Claims, DirectoryError> {
        Ok(self.claims.clone())
    }

    async fn user_query(&self, _: &mut Session<'_>, key: Key<'_>) -> Result<Option<Query>, DirectoryError> {
        let filter = match key {
            Key::Id(id) => Some(self.with_id(id, &self.users.any())?),
            name => named(&self.users, name),
        };
        let query = |filter| Query::below(&self.user_base, filter, &self.user_attributes, ONE);
        Ok(filter.map(query))
    }

    async fn group_query(&self, _: &mut Session<'_>, key: Key<'_>) -> Result<Option<Query>, DirectoryError> {
        let filter = match key {
            // Groups that somebody was found to be in, too, whatever their kind.
            Key::Id(id) => {
                Some(self.with_id(id, &format!("(|{}{})", self.groups.any(), self.user_groups.any()))?)
            }
            name => named(&self.groups, name),
        };
        let query = |filter| Query::below(&self.group_base, filter, &self.group_attributes, ONE);
        Ok(filter.map(query))
    }

    fn beginning(&self, prefix: &str, enough: usize) -> Option<Beginning> {
        let (prefix, bound) = (Value::text(prefix)?, Bound::Enough(enough));
        Some(Beginning {
            users: Query::below(&self.user_base, self.users.beginning(&prefix), &self.user_attributes, bound),
            groups: Query::below(
                &self.group_base,
                self.groups.beginning(&prefix),
                &self.group_attributes,
                bound,
            ),
        })
    }

    fn members_query(&self, group: &Entry, enough: usize) -> Option<Query> {
        let filter = self.members.as_ref()?.with(&Value::text(&group.dn)?);
        Some(Query::below(&self.user_base, filter, &self.user_attributes, Bound::Enough(enough)))
    }

    fn user(&self, entry: &Entry) -> Result<User, DirectoryError> {
        Ok(User {
            dn: entry.dn.clone(),
            id: entry.required(&self.names.id)?.into(),
            name: entry.required(&self.names.user)?.into(),
            display_name: entry.text(&self.names.display)?.into(),
            email: entry.text(&self.names.email)?.into(),
            account: Account::Enabled,
        })
    }

    fn group(&self, entry: &Entry) -> Result<ExternalGroup, DirectoryError> {
        let id = entry.required(&self.names.id)?.into();
        Ok(ExternalGroup { id, name: Some(entry.required(&self.names.group)?.into()) })
    }

    async fn account(&self, session: &mut Session<'_>, user: &User) -> Result<Account, DirectoryError> {
        let Some(disabled) = &self.disabled else { return Ok(user.account) };
        let query = Query { filter: disabled.to_string(), ..Query::entry(&user.dn, &["1.1"]) };
        let is_disabled = !session.search(&query).await?.is_empty();
        Ok(if is_disabled { Account::Disabled } else { Account::Enabled })
    }

    async fn groups_of(
        &self,
        session: &mut Session<'_>,
        entry: &Entry,
    ) -> Result<Vec<ExternalGroup>, DirectoryError> {
        groups::of(self, session, entry).await
    }
}
