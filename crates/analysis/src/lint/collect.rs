//! Findings about people on feeds, put together: the same people with the same attributes on several feeds are
//! one finding.

use std::{collections::HashMap, hash::BuildHasher as _};

use foldhash::fast::FixedState;

use super::{
    super::{
        people::{BitSet, Crowds, Headcount, Person, Population},
        proxy::reading,
        well_known::{DOWNLOAD, VIEW},
        words::Words,
    },
    code::Code,
    finding::Finding,
    suppress::{Suppressed, Suppressions},
};
use feedgate_engine::Index;
use feedgate_model::{AttributeId, ConnectorId, Effect, FeedId, GroupId, Kind, ObjectKey, Principal, UserId};

/// How many persons a finding names.
const NAMED: usize = 20;

/// What is said about people: which words stand between them and the feeds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub(super) code: Code,
    pub(super) attributes: Vec<AttributeId>,
    /// What else it is about, before the feeds and the people: connectors, the other feed.
    pub(super) objects: Vec<ObjectKey>,
}

/// Findings as they are made.
pub(super) struct Collector<'a> {
    index: &'a Index,
    population: &'a Population,
    crowds: &'a Crowds,
    suppressions: &'a Suppressions<'a>,
    places: HashMap<(About, Option<usize>, [u64; 2]), usize, FixedState>,
    found: Vec<Found>,
}

struct Found {
    about: About,
    suppressed: Option<Suppressed>,
    some: Vec<Person>,
    count: Headcount,
    feeds: Vec<FeedId>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        index: &'a Index,
        population: &'a Population,
        crowds: &'a Crowds,
        suppressions: &'a Suppressions<'a>,
    ) -> Self {
        let (places, found) = (HashMap::default(), Vec::new());
        Self { index, population, crowds, suppressions, places, found }
    }

    /// Some people, on a feed or on the system. Those who are accepted there are a finding of their own.
    pub(super) fn add(&mut self, about: &About, people: &BitSet, feed: Option<FeedId>) {
        if people.is_empty() {
            return;
        }
        let on = feed.map(|feed| ObjectKey { kind: Kind::Feed, id: feed.0.into() });
        let feeds = about.objects.iter().copied().filter(|key| key.kind == Kind::Feed).chain(on);
        if let Some(number) = feeds.filter_map(|feed| self.suppressions.by(about.code, feed)).min() {
            return self.put(about, people, feed, Some(number));
        }
        let mut left = people.clone();
        for (number, suppression) in self.suppressions.of_people(about.code) {
            let mut accepted = left.clone();
            let id = suppression.object.id as u32;
            match suppression.object.kind {
                Kind::User => self.keep(Principal::User(UserId(id)), &mut accepted),
                _ => self.keep(Principal::Group(GroupId(id)), &mut accepted),
            }
            left.remove_all(&accepted);
            self.put(about, &accepted, feed, Some(number));
        }
        self.put(about, &left, feed, None);
    }

    /// Keeps of a set whom a principal stands for. A user who shares a class shares its fate with others.
    fn keep(&self, principal: Principal, set: &mut BitSet) {
        let mut crowd = self.population.none();
        self.crowds.of(principal, Effect::Permit).add_to(&mut crowd);
        set.retain_all(&crowd);
    }

    fn put(&mut self, about: &About, people: &BitSet, feed: Option<FeedId>, suppression: Option<usize>) {
        if people.is_empty() {
            return;
        }
        // What holds on the system is never one with what holds on feeds.
        let fingerprint =
            [0x11, 0x77].map(|seed| FixedState::with_seed(seed).hash_one((people, feed.is_none())));
        let place = *self.places.entry((about.clone(), suppression, fingerprint)).or_insert(self.found.len());
        if let Some(found) = self.found.get_mut(place) {
            found.feeds.extend(feed);
            return;
        }
        self.found.push(Found {
            about: about.clone(),
            suppressed: suppression.and_then(|by| self.suppressions.suppressed(by)),
            some: self.population.first_of(people, NAMED),
            count: self.population.headcount(people),
            feeds: feed.into_iter().collect(),
        });
    }

    /// All of them.
    pub(super) fn finish(self) -> impl Iterator<Item = Finding> + use<'a> {
        let Self { index, found, .. } = self;
        found.into_iter().map(move |found| finding(index, found))
    }
}

fn finding(index: &Index, found: Found) -> Finding {
    let Found { about, suppressed, some, count, feeds } = found;
    let words = Words(index);
    let message = message(words, &about, &words.people(&some, count), &feeds);
    let About { code, attributes, objects } = about;
    let key = |kind, id: u32| ObjectKey { kind, id: id.into() };
    let people = some.iter().filter_map(|person| match person {
        Person::User { user, .. } => Some(key(Kind::User, user.0)),
        Person::Member { group, .. } => Some(key(Kind::Group, group.0)),
        Person::Anonymous | Person::Unknown | Person::SignedIn(_) => None,
    });
    let on = feeds.iter().map(|feed| key(Kind::Feed, feed.0));
    let objects = objects.into_iter().chain(on).chain(people).collect();
    let (people, feeds) = (count.people, feeds.len() as u64);
    Finding { code, message, objects, attributes, people, feeds, suppressed }
}

/// What is denied where these are a way to read.
fn denied(ways: &[AttributeId]) -> &'static str {
    let opens = |attribute| reading(attribute).iter().any(|way| ways.contains(way));
    match (opens(VIEW), opens(DOWNLOAD)) {
        (true, true) => "viewing and downloading are",
        (true, false) => "viewing is",
        (false, _) => "downloading is",
    }
}

/// What is the case, in one sentence.
fn message(words: Words<'_>, about: &About, who: &str, feeds: &[FeedId]) -> String {
    let attributes = words.attributes(&about.attributes);
    let on = if feeds.is_empty() { "the system".to_owned() } else { words.feeds(feeds) };
    let object = |kind| about.objects.iter().find(|key| key.kind == kind).map(|key| key.id as u32);
    let other = || object(Kind::Feed).map(|id| words.feed(FeedId(id))).unwrap_or_default();
    let connectors = || {
        let keys = about.objects.iter().filter(|key| key.kind == Kind::Connector);
        let ids: Vec<_> = keys.map(|key| ConnectorId(key.id as u32)).collect();
        words.connectors(&ids)
    };
    match about.code {
        Code::ProxyConfigureSystem => {
            format!("{who} may configure the system, and so can get {attributes} on {on} without a grant")
        }
        Code::ProxyManageFeed => {
            format!("{who} may manage {on}, and so can get {attributes} there without a grant")
        }
        Code::ProxyDeleteAndAdd => {
            format!("{who} may delete and add packages on {on}, which amounts to overwriting them")
        }
        Code::ProxyOverwrite => {
            format!("{who} may overwrite packages on {on}, which amounts to deleting them")
        }
        Code::ProxyManageCredentials => {
            format!("{who} may manage credentials, which amounts to seeing their passwords")
        }
        Code::ProxySharedConnector => {
            format!("{who} may manage the {} on a feed, and so change {on}, which shares it", connectors())
        }
        Code::WithoutView => format!("{who} may use {attributes} on {on} without Feeds_ViewFeed"),
        Code::ScheduledTasksWithoutView => {
            format!("{who} may manage scheduled tasks without viewing them")
        }
        Code::PromotionWithoutSource => format!(
            "{who} may accept promotions on feed {}, but may not use {attributes} on {on}, and so can't promote from there",
            other()
        ),
        Code::PushWithoutPull => format!("{who} may use {attributes} on {on} without Feeds_DownloadPackage"),
        Code::TransitiveRead => format!(
            "{who} may use {attributes} on {on}, which reads feed {} over the {}, where {} denied",
            other(),
            connectors(),
            denied(&about.attributes)
        ),
        // The rest is not about people on feeds.
        _ => format!("{who}: {attributes} on {on}"),
    }
}
