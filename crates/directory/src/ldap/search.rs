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

/// How much all that a search finds may be, in the memory that it takes while it is read. 10,000 groups with names and
/// DNs of 200 characters fit.
const MAX_ANSWER: usize = 16 << 20;

/// How many references may be in one page. Domains refer to their few partitions.
const MAX_REFERENCES: usize = 1_000;

/// Where a search stands.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) entries: Vec<Entry>,
    /// How the next page is asked for. None before the first one.
    cookie: Vec<u8>,
    /// How much more may come.
    left: usize,
}

impl Default for Progress {
    fn default() -> Self {
        Self { entries: Vec::new(), cookie: Vec::new(), left: MAX_ANSWER }
    }
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
        let page = size.map(|size| (size, std::mem::take(&mut self.cookie)));
        let most = match query.bound {
            Bound::All(most) => most.saturating_sub(self.entries.len()),
            Bound::Enough(_) => usize::MAX,
        };
        let request = request(connection, query, page, most);
        let answer = connection.ask(limit, &mut self.left, MAX_ANSWER, request).await;
        let Answer { tags, end } = answer.map_err(NoPage::Trouble)?;
        let result = match end {
            End::Result(result) => result,
            End::TooMany(what) => {
                // The rest of it is on its way.
                connection.dirty = true;
                return Err(NoPage::Trouble(Trouble::Stopped(too_many(query, what))));
            }
        };
        // The answer is over: what is wrong with it isn't wrong with the connection.
        for tag in tags {
            if tag.is_ref() {
                followed(server, references(tag.0)?)?;
            } else if !tag.is_intermediate() {
                self.entries.push(Entry::read(tag.0)?);
            }
        }
        result::searched(&connection.url, &query.base, &result)?;
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
    end: End,
}

/// How an answer ended.
enum End {
    Result(LdapResult),
    /// There were too many of these: the rest wasn't waited for.
    TooMany(Found),
}

/// What an answer consists of.
#[derive(Clone, Copy)]
enum Found {
    Entries,
    /// And what else isn't an entry.
    References,
}

fn too_many(query: &Query, found: Found) -> DirectoryError {
    let why = match (found, query.bound) {
        (Found::References, _) => format!("it refers elsewhere more than {MAX_REFERENCES} times"),
        (Found::Entries, Bound::All(most) | Bound::Enough(most)) => {
            format!("there are more than {most} of them")
        }
    };
    DirectoryError::Incomplete(why.into())
}

/// One request, from its first byte to the last one of its answer, or until there is more than wanted.
fn request(
    connection: &Connection,
    query: &Query,
    page: Option<(u16, Vec<u8>)>,
    most: usize,
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
        let mut entries: usize = 0;
        let mut references: usize = 0;
        while let Some(tag) = stream.next().await? {
            let (count, limit, found) = if tag.is_ref() || tag.is_intermediate() {
                (&mut references, MAX_REFERENCES, Found::References)
            } else {
                (&mut entries, most, Found::Entries)
            };
            *count += 1;
            if *count > limit {
                return Ok(Answer { tags: Vec::new(), end: End::TooMany(found) });
            }
            tags.push(tag);
        }
        Ok(Answer { tags, end: End::Result(stream.finish().await) })
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
