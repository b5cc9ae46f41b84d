//! Which page of which objects.

use super::{
    grant,
    invalid::{Invalid, under},
    principal, text,
};
use crate::{
    grpc::pb,
    service::listing::{FeedFilter, GrantFilter, PeopleFilter},
};

const DEFAULT_SIZE: usize = 100;
const MAX_SIZE: usize = 1000;

/// The size of a page and the token of the one before it.
pub fn page(page: Option<pb::Page>) -> Result<(usize, String), Invalid> {
    let pb::Page { size, token } = page.unwrap_or_default();
    match usize::try_from(size) {
        Ok(0) => Ok((DEFAULT_SIZE, token)),
        Ok(size) if size <= MAX_SIZE => Ok((size, token)),
        _ => Err(Invalid::value("page.size", format!("{size} is more than {MAX_SIZE}"))),
    }
}

pub fn people(name_prefix: String, directory: &str) -> Result<PeopleFilter, Invalid> {
    Ok(PeopleFilter { name_prefix, directory: text::optional_name("directory", directory)? })
}

pub fn feeds(name_prefix: String, feed_group: &str, feed_type: String) -> Result<FeedFilter, Invalid> {
    Ok(FeedFilter { name_prefix, group: text::optional_name("feed_group", feed_group)?, feed_type })
}

pub fn grants(
    principal: Option<&pb::Principal>,
    scope: Option<&pb::Scope>,
    task: &str,
    effect: i32,
) -> Result<GrantFilter, Invalid> {
    Ok(GrantFilter {
        principal: principal.map(principal::principal_ref).transpose().map_err(under("principal"))?,
        scope: scope.map(|scope| grant::scope(Some(scope))).transpose()?,
        task: text::optional_name("task", task)?,
        effect: if effect == 0 { None } else { Some(grant::effect(effect)?) },
    })
}
