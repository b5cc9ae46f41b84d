//! Searches, page by page, whole or not at all.

use ldap3::{
    LdapResult,
    controls::{Control, ControlType, PagedResults},
};

use super::{
    connection::{Connection, Trouble},
    entry::{Entry, references},
    query::{Bound, Query},
    result,
    settings::Server,
};
use crate::DirectoryError;

use std::time::Duration;

/// Where a search stands.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) entries: Vec<Entry>,
    /// How the next page is asked for. None before the first one.
    cookie: Vec<u8>,
}

/// How a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    More,
    Last,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum NoPage {
    /// The connection had it.
    Trouble(Trouble),
    /// The server had an answer, which is of no use.
    Error(DirectoryError),
}

impl From<DirectoryError> for NoPage {
    fn from(error: DirectoryError) -> Self {
        Self::Error(error)
    }
}

impl Progress {
    /// Asks for the next page.
    pub(super) async fn page(
        &mut self,
        connection: &mut Connection,
        server: &Server,
        query: &Query,
        limit: Duration,
    ) -> Result<Page, NoPage> {
        // A search for one entry needs none, and constructed attributes have servers that dislike them there.
        let size = server.page_size.filter(|_| query.scope != ldap3::Scope::Base);
        let request = request(connection, query, size.map(|size| (size, std::mem::take(&mut self.cookie))));
        let Answer { tags, result } = connection.ask(limit, request).await.map_err(NoPage::Trouble)?;
        // The answer is over: what is wrong with it isn't wrong with the connection.
        for tag in tags {
            if tag.is_ref() {
                followed(server, references(tag.0)?)?;
            } else if !tag.is_intermediate() {
                self.entries.push(Entry::read(tag.0)?);
            }
        }
        result::searched(&connection.url, &query.base, &result)?;
        if let Bound::All(most) = query.bound
            && self.entries.len() > most
        {
            return Err(
                DirectoryError::Incomplete(format!("there are more than {most} of them").into()).into()
            );
        }
        if size.is_none() {
            return Ok(Page::Last);
        }
        self.cookie = cookie(&result.ctrls)?;
        let enough = matches!(query.bound, Bound::Enough(enough) if self.entries.len() >= enough);
        Ok(if self.cookie.is_empty() || enough { Page::Last } else { Page::More })
    }
}

struct Answer {
    tags: Vec<ldap3::ResultEntry>,
    result: LdapResult,
}

/// One request, from its first byte to the last one of its answer.
fn request(
    connection: &Connection,
    query: &Query,
    page: Option<(u16, Vec<u8>)>,
) -> impl Future<Output = Result<Answer, ldap3::LdapError>> + use<> {
    let mut ldap = connection.ldap.clone();
    let query = query.clone();
    async move {
        if let Some((size, cookie)) = page {
            ldap.with_controls(PagedResults { size: size.into(), cookie });
        }
        let attributes: Vec<String> = query.attributes.iter().map(|name| name.to_string()).collect();
        let mut stream = ldap.streaming_search(&query.base, query.scope, &query.filter, attributes).await?;
        let mut tags = Vec::new();
        while let Some(tag) = stream.next().await? {
            tags.push(tag);
        }
        Ok(Answer { tags, result: stream.finish().await })
    }
}

/// A part of the answer is elsewhere: a restriction may be there, unless somebody who knows says that it isn't.
fn followed(server: &Server, urls: Vec<Box<str>>) -> Result<(), DirectoryError> {
    let ignored = |url: &str| {
        let url = url.to_ascii_lowercase();
        server.ignored.iter().any(|prefix| url.starts_with(&**prefix))
    };
    // They are several ways to the same place.
    if urls.iter().any(|url| ignored(url)) {
        return Ok(());
    }
    let why = format!(
        "a part of it is at {}, which isn't followed: search below another base, or list it in `ignore_referrals` if \
         nobody is there",
        urls.join(", ")
    );
    Err(DirectoryError::Incomplete(why.into()))
}

/// Where the next page begins; empty behind the last one.
fn cookie(controls: &[Control]) -> Result<Vec<u8>, DirectoryError> {
    let paged = controls.iter().find(|Control(known, _)| matches!(known, Some(ControlType::PagedResults)));
    let Some(Control(_, control)) = paged else {
        let why =
            "it doesn't say whether there are more pages: set `page_size = 0` if the server knows no pages";
        return Err(DirectoryError::Incomplete(why.into()));
    };
    if control.val.is_none() {
        return Err(DirectoryError::Malformed("the control for pages is empty".into()));
    }
    let read = std::panic::catch_unwind(|| control.parse::<PagedResults>());
    read.map(|paged| paged.cookie)
        .map_err(|_| DirectoryError::Malformed("the control for pages can't be read".into()))
}
