//! Lookups: on which feeds, and who.

use std::sync::Arc;

use super::{
    DecisionPoint,
    analysts::Length,
    cursor::{Cursor, Fingerprint, Part},
    error::ServiceError,
    query::{Basis, Freshness, ResolvedUser, Where, Who},
    subject::{attribute, target},
};
use crate::{
    engine::{Demand, Holders, Index, Standing, Target, lookup_feeds},
    model::{FeedId, GroupId, Name, Principal, UserId},
};

/// How much of an answer is wanted, and where it goes on.
#[derive(Clone, Copy, Debug)]
pub struct Portion<'a> {
    /// Empty for the beginning.
    pub cursor: &'a str,
    /// None for all.
    pub limit: Option<usize>,
    /// Of the request.
    pub request: Fingerprint,
}

/// What was found, all of one revision.
#[derive(Debug)]
pub struct Found<T> {
    pub index: Arc<Index>,
    pub items: Vec<T>,
    /// Whether there are more behind the last.
    pub more: bool,
    part: Part,
    request: Fingerprint,
}

impl<T: Copy> Found<T> {
    /// Goes on behind an item.
    pub fn cursor_behind(&self, item: T) -> String
    where
        u64: From<Place<T>>,
    {
        let from = u64::from(Place(item)).saturating_add(1);
        let revision = self.index.revision();
        Cursor { part: self.part, revision, request: self.request, group: 0, from }.text()
    }
}

/// Where an item stands in the order of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Place<T>(T);

impl From<Place<FeedId>> for u64 {
    fn from(Place(feed): Place<FeedId>) -> Self {
        feed.0.into()
    }
}

/// Virtual principals come first, then groups, then users.
const GROUPS: u64 = 1 << 32;
const USERS: u64 = 2 << 32;

impl From<Place<Principal>> for u64 {
    fn from(Place(principal): Place<Principal>) -> Self {
        match principal {
            Principal::Everyone => 0,
            Principal::Authenticated => 1,
            Principal::Anonymous => 2,
            Principal::AuthenticatedBy(directory) => 3 + Self::from(directory.0),
            Principal::Group(group) => GROUPS + Self::from(group.0),
            Principal::User(user) => USERS + Self::from(user.0),
        }
    }
}

/// The feeds that somebody may use an attribute on.
#[derive(Debug)]
pub struct FoundFeeds {
    pub feeds: Found<FeedId>,
    pub subject_unknown: bool,
    pub subject: Option<ResolvedUser>,
    /// How fresh what external directories said was, if it was needed.
    pub basis: Option<Basis>,
}

/// Who may use an attribute on a target.
#[derive(Debug)]
pub struct FoundPrincipals {
    pub principals: Found<Principal>,
    pub feed_unknown: bool,
    /// Directories whose people aren't known here.
    pub incomplete: Vec<Name>,
}

impl DecisionPoint {
    /// The feeds that a subject may use an attribute on, in the order of their ids.
    pub async fn lookup_feeds(
        &self,
        who: Who<'_>,
        attribute_name: &str,
        freshness: Freshness,
        portion: Portion<'_>,
    ) -> Result<FoundFeeds, ServiceError> {
        let Portion { cursor, limit, request } = portion;
        // Whoever has to be asked about is, and names are bound, before a revision is chosen.
        self.subject(who).await?;
        let (index, from) = self.begin(cursor, request, Part::Feeds, freshness).await?;
        let subject = self.subject_in(&index, who).await?;
        let basis = subject.basis;
        let attribute = attribute(&index, attribute_name)?;
        let (subject_unknown, echo) =
            (subject.principals.standing() == Standing::Unknown, subject.echo(&index));
        let searched = Arc::clone(&index);
        let found = self.analysts().work(Length::Short, move || {
            let from = FeedId(u32::try_from(from).unwrap_or(u32::MAX));
            let feeds = lookup_feeds(&searched, &subject.principals, attribute, from);
            cut(feeds.map(|feed| feed.id), limit)
        });
        let (items, more) = found.await?;
        let feeds = Found { index, items, more, part: Part::Feeds, request };
        Ok(FoundFeeds { feeds, subject_unknown, subject: echo, basis })
    }

    /// The principals that may use an attribute on a target: virtual ones, groups, users, by their ids.
    pub async fn lookup_principals(
        &self,
        attribute_name: &str,
        place: Where<'_>,
        freshness: Freshness,
        portion: Portion<'_>,
    ) -> Result<FoundPrincipals, ServiceError> {
        let Portion { cursor, limit, request } = portion;
        let (index, from) = self.begin(cursor, request, Part::Principals, freshness).await?;
        let attribute = attribute(&index, attribute_name)?;
        let target = target(&index, place)?;
        let searched = Arc::clone(&index);
        let found = self.analysts().work(Length::Short, move || {
            let holders = Holders::new(&searched, Demand { attribute, target });
            cut(principals(&holders, from), limit)
        });
        let (items, more) = found.await?;
        let incomplete = incomplete(&index);
        let principals = Found { index, items, more, part: Part::Principals, request };
        Ok(FoundPrincipals { principals, feed_unknown: target == Target::UnknownFeed, incomplete })
    }

    /// The policy that is answered from, and where the answer begins.
    async fn begin(
        &self,
        cursor: &str,
        request: Fingerprint,
        part: Part,
        freshness: Freshness,
    ) -> Result<(Arc<Index>, u64), ServiceError> {
        let cursor = Cursor::read(cursor, request, &[part])?;
        self.fresh(freshness).await?;
        match cursor {
            None => Ok((self.index(), 0)),
            Some(cursor) => Ok((self.index_at(cursor.revision).await?.index, cursor.from)),
        }
    }
}

/// All of them from a place on.
fn principals<'h>(holders: &'h Holders<'_>, from: u64) -> impl Iterator<Item = Principal> + 'h {
    let id = |kind: u64| u32::try_from(from.saturating_sub(kind)).unwrap_or(u32::MAX);
    let mut virtuals = holders.virtual_principals();
    virtuals.sort_unstable_by_key(|it| u64::from(Place(*it)));
    let virtuals = virtuals.into_iter().filter(move |it| u64::from(Place(*it)) >= from);
    let groups = holders.groups_from(GroupId(id(GROUPS))).map(|group| Principal::Group(group.id));
    let users = holders.users_from(UserId(id(USERS))).map(|user| Principal::User(user.id));
    virtuals.chain(groups).chain(users)
}

/// Up to a limit, and whether there are more.
fn cut<T>(mut items: impl Iterator<Item = T>, limit: Option<usize>) -> (Vec<T>, bool) {
    let found = items.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
    (found, limit.is_some() && items.next().is_some())
}

/// The external directories that are enabled: not all who live there are known here.
pub(super) fn incomplete(index: &Index) -> Vec<Name> {
    let external = index.directories().filter(|directory| directory.enabled && !directory.is_built_in());
    external.map(|directory| directory.name.clone()).collect()
}
