//! The groups of a user: the server's own answer for security groups, and a search for the others.

use std::collections::BTreeMap;

use super::{Domain, GROUPS, Sid, sid_of};
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

/// LDAP_MATCHING_RULE_IN_CHAIN: along members of members, circles included.
pub(super) const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// How many identities go into one query.
const AT_ONCE: usize = 100;

/// Every group of a user. Three queries, if there aren't very many.
pub(super) async fn of(
    domain: &Domain,
    session: &mut Session<'_>,
    user: &Entry,
) -> Result<Vec<ExternalGroup>, DirectoryError> {
    let token = token(session, &user.dn).await?;
    let most = domain.max_groups;
    let too_many = || {
        let why = format!("`{}` is in more than {most} groups (`max_groups`)", user.dn);
        DirectoryError::Incomplete(why.into())
    };
    if token.len() > most {
        return Err(too_many());
    }
    let mut groups: BTreeMap<Sid, ExternalGroup> = BTreeMap::new();
    let primary = primary_group(user)?;
    let mut members = vec![user.dn.clone()];
    for sids in token.chunks(AT_ONCE) {
        let conditions: String = sids.iter().map(Sid::condition).collect();
        for entry in session.search(&groups_that(domain, &format!("(|{conditions})"))).await? {
            let sid = sid_of(&entry)?;
            if Some(&sid) == primary.as_ref() {
                members.push(entry.dn.clone());
            }
            groups.insert(sid, domain.group(&entry)?);
        }
        // It may answer with others than those it was asked about.
        if groups.len() > most {
            return Err(too_many());
        }
    }
    // Those of other domains are known by their identity alone.
    for sid in token {
        let id = sid.to_string().into();
        groups.entry(sid).or_insert(ExternalGroup { id, name: None });
    }
    for entry in session.search(&groups_that(domain, &in_chain(&members)?)).await? {
        groups.insert(sid_of(&entry)?, domain.group(&entry)?);
    }
    if groups.len() > most {
        return Err(too_many());
    }
    Ok(groups.into_values().collect())
}

fn groups_that(domain: &Domain, condition: &str) -> Query {
    let filter = format!("(&{GROUPS}{condition})");
    Query::below(&domain.base, filter, &domain.group_attributes, Bound::All(domain.max_groups))
}

/// Groups that contain one of these, directly or not. Whoever is in the primary group isn't among its members, so
/// that one is asked for along with the user.
fn in_chain(members: &[Box<str>]) -> Result<String, DirectoryError> {
    let conditions = members.iter().map(|dn| {
        let dn = Value::text(dn).ok_or_else(|| DirectoryError::Malformed("a DN has NUL in it".into()))?;
        Ok(format!("(member:{IN_CHAIN}:={})", dn.as_str()))
    });
    Ok(format!("(|{})", conditions.collect::<Result<String, DirectoryError>>()?))
}

/// The identities in the token that the user would get at a sign-in.
async fn token(session: &mut Session<'_>, dn: &str) -> Result<Vec<Sid>, DirectoryError> {
    let entries = session.search(&Query::entry(dn, &["tokenGroups"])).await?;
    let [entry] = entries.as_slice() else {
        return Err(DirectoryError::Incomplete(format!("`{dn}` isn't there any more").into()));
    };
    let sids = entry.values("tokenGroups");
    // Everybody has a primary group.
    if sids.is_empty() {
        let why = format!(
            "`{dn}` has no `tokenGroups`: ask a domain controller itself, not a global catalog, with an account that \
             may read them (group `Windows Authorization Access Group`)"
        );
        return Err(DirectoryError::Incomplete(why.into()));
    }
    let sids =
        sids.iter().map(|sid| Sid::read(sid).ok_or_else(|| entry.wrong("tokenGroups", "can't be read")));
    let mut sids = sids.collect::<Result<Vec<_>, _>>()?;
    sids.sort();
    sids.dedup();
    Ok(sids)
}

fn primary_group(user: &Entry) -> Result<Option<Sid>, DirectoryError> {
    match user.text("primaryGroupID")? {
        "" => Ok(None),
        number => {
            let number = number.parse().map_err(|_| user.wrong("primaryGroupID", "isn't a number"))?;
            Ok(sid_of(user)?.sibling(number))
        }
    }
}
