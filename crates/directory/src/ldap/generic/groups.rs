//! The groups that somebody is in, and those that these are in, and so on.

use std::collections::HashMap;

use super::{Generic, PRIMARY_GROUP};
use crate::{
    DirectoryError, ExternalGroup,
    ldap::{
        dialect::Dialect as _,
        entry::Entry,
        escape::Value,
        query::{Bound, Query},
        session::Session,
    },
};

/// How many of them go into one query.
const AT_ONCE: usize = 50;

/// Every group that contains a user. Each is asked for once, so that a circle of groups is only a circle.
pub(super) async fn of(
    generic: &Generic,
    session: &mut Session<'_>,
    user: &Entry,
) -> Result<Vec<ExternalGroup>, DirectoryError> {
    let mut groups: HashMap<Box<str>, ExternalGroup> = HashMap::new();
    let mut ring: Vec<String> = of_user(generic, user)?;
    while !ring.is_empty() {
        let mut next = Vec::new();
        for filters in ring.chunks(AT_ONCE) {
            for entry in session.search(&query(generic, filters)).await? {
                let group = generic.group(&entry)?;
                if !groups.contains_key(&group.id) {
                    next.extend(generic.user_groups.of_group(&value(&entry.dn)?));
                    groups.insert(group.id.clone(), group);
                }
            }
            if groups.len() > generic.max_groups {
                let (dn, limit) = (&user.dn, generic.max_groups);
                let why = format!("`{dn}` is in more than {limit} groups (`max_groups`)");
                return Err(DirectoryError::Incomplete(why.into()));
            }
        }
        ring = next;
    }
    Ok(groups.into_values().collect())
}

/// The filters for the groups that have a user as a member: one for each login name.
fn of_user(generic: &Generic, user: &Entry) -> Result<Vec<String>, DirectoryError> {
    let dn = value(&user.dn)?;
    let primary = match user.text(PRIMARY_GROUP)? {
        "" => None,
        number => Some(value(number)?),
    };
    let names = user.values(&generic.names.user).iter().map(|name| {
        let name = std::str::from_utf8(name).map_err(|_| user.wrong(&generic.names.user, "isn't text"))?;
        Ok(generic.user_groups.of_user(&dn, &value(name)?, primary.as_ref()))
    });
    let mut filters = names.collect::<Result<Vec<_>, DirectoryError>>()?;
    // Without login names in it, the filter is the same for each.
    filters.dedup();
    Ok(filters)
}

fn value(text: &str) -> Result<Value, DirectoryError> {
    Value::text(text).ok_or_else(|| DirectoryError::Malformed(format!("{text:?} has NUL in it").into()))
}

/// The groups that one of these filters finds.
fn query(generic: &Generic, filters: &[String]) -> Query {
    let filter = match filters {
        [filter] => filter.clone(),
        filters => format!("(|{})", filters.concat()),
    };
    let bound = Bound::All(generic.max_groups);
    Query::below(&generic.group_base, filter, &generic.group_attributes, bound)
}
