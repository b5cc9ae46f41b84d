//! The groups that somebody is in, and those that these are in, and so on.

use std::collections::HashMap;

use super::Generic;
use crate::{
    DirectoryError, ExternalGroup,
    ldap::{
        dialect::Dialect as _,
        escape::Value,
        query::{Bound, Query},
        session::Session,
    },
};

/// How many DNs go into one query.
const AT_ONCE: usize = 50;

/// Every group that contains an entry. Each is asked for once, so that a circle of groups is only a circle.
pub(super) async fn of(
    generic: &Generic,
    session: &mut Session<'_>,
    dn: &str,
) -> Result<Vec<ExternalGroup>, DirectoryError> {
    let mut groups: HashMap<Box<str>, ExternalGroup> = HashMap::new();
    let mut ring: Vec<Box<str>> = vec![dn.into()];
    while !ring.is_empty() {
        let mut next = Vec::new();
        for dns in ring.chunks(AT_ONCE) {
            for entry in session.search(&query(generic, dns)?).await? {
                let group = generic.group(&entry)?;
                if !groups.contains_key(&group.id) {
                    next.push(entry.dn.clone());
                    groups.insert(group.id.clone(), group);
                }
            }
            if groups.len() > generic.max_groups {
                let why = format!("`{dn}` is in more than {} groups (`max_groups`)", generic.max_groups);
                return Err(DirectoryError::Incomplete(why.into()));
            }
        }
        ring = next;
    }
    Ok(groups.into_values().collect())
}

/// The groups that have one of these as a member.
fn query(generic: &Generic, dns: &[Box<str>]) -> Result<Query, DirectoryError> {
    let filters = dns.iter().map(|dn| {
        let value = Value::text(dn).ok_or_else(|| DirectoryError::Malformed("a DN has NUL in it".into()))?;
        Ok(generic.user_groups.with(&value))
    });
    let filters = filters.collect::<Result<Vec<_>, DirectoryError>>()?;
    let filter = match filters.as_slice() {
        [filter] => filter.clone(),
        filters => format!("(|{})", filters.concat()),
    };
    let bound = Bound::All(generic.max_groups);
    Ok(Query::below(&generic.group_base, filter, &generic.group_attributes, bound))
}
