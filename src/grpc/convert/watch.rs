//! Following the policy: what is wished, snapshots, change sets in parts.

use std::{collections::BTreeSet, iter::Peekable, time::Duration};

use prost::Message;

use super::{
    invalid::{Invalid, each, under},
    names::Names,
    object,
    revision::revision,
};
use crate::{
    analysis::{Affected, Entry, Named, Place, affected},
    directory::{ExternalGroup, MembershipChange, News},
    engine::Index,
    grpc::pb::{self, watch_response::Event},
    model::{AttributeId, Change, ChangeSet, Kind, Revision},
    policy::Published,
    service::{
        export::{self, Exported},
        watch::Start,
    },
};

/// How many objects a part holds at most, and how many bytes, unless a single one has more.
const OBJECTS: usize = 1000;
const BYTES: usize = 1 << 20;

const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(15);
const HEARTBEATS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// What is wished of a watch.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub start: Start,
    pub kinds: Kinds,
    /// After how much silence something is said.
    pub heartbeat: Duration,
}

/// Some kinds of objects, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(Option<u16>);

impl Kinds {
    fn has(self, kind: Kind) -> bool {
        self.0.is_none_or(|kinds| kinds & (1 << kind as u16) != 0)
    }
}

/// What is wished.
pub fn wish(request: pb::WatchRequest) -> Result<Wish, Invalid> {
    let pb::WatchRequest { start_after, include_snapshot, kinds, heartbeat } = request;
    let start = match (start_after, include_snapshot) {
        (None, false) => Start::Now,
        (None, true) => Start::Snapshot,
        (Some(after), false) => Start::After(revision(after).map_err(under("start_after"))?),
        (Some(_), true) => {
            let why = "a snapshot is of the newest revision: leave out this or `start_after`";
            return Err(Invalid::value("include_snapshot", why));
        }
    };
    let wished = each("kinds", kinds, |number| kind(number).map_err(|invalid| invalid.fault))?;
    let kinds = wished.into_iter().map(|kind| 1_u16 << kind as u16).reduce(|all, kind| all | kind);
    Ok(Wish { start, kinds: Kinds(kinds), heartbeat: heartbeat.map_or(Ok(DEFAULT_HEARTBEAT), interval)? })
}

fn interval(heartbeat: prost_types::Duration) -> Result<Duration, Invalid> {
    let interval = Duration::try_from(heartbeat).ok().filter(|interval| HEARTBEATS.contains(interval));
    interval.ok_or_else(|| Invalid::value("heartbeat", "it takes 1 s to 1 h; leave it out for 15 s"))
}

fn kind(number: i32) -> Result<Kind, Invalid> {
    use pb::ObjectKind as K;
    Ok(match K::try_from(number).map_err(|_| Invalid::unknown_enum("kinds", number))? {
        K::Unspecified => return Err(Invalid::missing("kinds")),
        K::Attribute => Kind::Attribute,
        K::Task => Kind::Task,
        K::Directory => Kind::Directory,
        K::User => Kind::User,
        K::Group => Kind::Group,
        K::FeedGroup => Kind::FeedGroup,
        K::Feed => Kind::Feed,
        K::Connector => Kind::Connector,
        K::Grant => Kind::Grant,
        K::Settings => Kind::Settings,
    })
}

fn message(event: Event) -> pb::WatchResponse {
    pb::WatchResponse { event: Some(event) }
}

/// Nothing more comes at or below a revision.
pub fn checkpoint(revision: Revision) -> pb::WatchResponse {
    message(Event::Checkpoint(pb::Checkpoint { revision: Some(revision.into()) }))
}

/// Nothing has come for a while.
pub fn heartbeat(revision: Revision) -> pb::WatchResponse {
    message(Event::Heartbeat(pb::Heartbeat { revision: Some(revision.into()) }))
}

/// What changed in an external directory. None if that isn't of these kinds.
pub fn membership(news: &News, kinds: Kinds, at: Revision) -> Option<pb::WatchResponse> {
    if !kinds.has(Kind::User) {
        return None;
    }
    let change = match news {
        News::Missed => everything(at, "changes in directories may have been missed".to_owned()),
        News::Domains(directory) => {
            everything(at, format!("the directory `{directory}` answers for other domains than before"))
        }
        News::Names(directory) => everything(
            at,
            format!("names of the policy mean other principals of the directory `{directory}`"),
        ),
        News::Changed(change) => of_user(change, at)?,
    };
    Some(message(Event::Membership(change)))
}

/// Any answer about a user may have changed.
fn everything(at: Revision, detail: String) -> pb::MembershipChange {
    pb::MembershipChange { revision: Some(at.into()), everything: true, detail, ..Default::default() }
}

/// None for a user that the directory has neither now nor had before, of whom there is nothing to tell.
fn of_user(change: &MembershipChange, at: Revision) -> Option<pb::MembershipChange> {
    let MembershipChange { directory, asked, before, after, as_of } = change;
    let person = &after.as_ref().or(before.as_ref())?.person;
    let groups = after.iter().flat_map(|known| &known.person.groups);
    let name = |group: &ExternalGroup| group.name.as_ref().unwrap_or(&group.id).as_ref().to_owned();
    Some(pb::MembershipChange {
        revision: Some(at.into()),
        user: Some(pb::ResolvedUser {
            directory: directory.to_string(),
            id: person.id.to_string(),
            name: person.name.to_string(),
        }),
        former_name: before.as_ref().map(|before| before.person.name.to_string()).unwrap_or_default(),
        gone: after.is_none(),
        disabled: after.as_ref().is_some_and(|known| known.outsider.disabled),
        groups: groups.map(name).collect(),
        as_of: Some((*as_of).into()),
        everything: false,
        asked_name: asked.as_deref().unwrap_or_default().to_owned(),
        appeared: before.is_none(),
        detail: String::new(),
    })
}

/// The whole policy, in parts; at least one.
pub fn snapshot(index: &Index, kinds: Kinds) -> impl Iterator<Item = pb::WatchResponse> + Send + '_ {
    let names = Names::of(index);
    let objects = export::objects(index).filter_map(move |exported| match exported {
        Exported::Object(found) if kinds.has(found.key().kind) => Some(object::object(&found, &names)),
        // Members say their groups themselves.
        Exported::Object(_) | Exported::Membership { .. } => None,
    });
    Parts::of(objects).map(|Part { items: objects, last }| {
        let revision = Some(index.revision().into());
        message(Event::Snapshot(pb::SnapshotPart { revision, objects, last }))
    })
}

/// A change set, in parts; none if nothing of it is of these kinds.
pub fn change_set(
    published: &Published,
    kinds: Kinds,
) -> impl Iterator<Item = pb::WatchResponse> + Send + '_ {
    let Published { set, before, after } = published;
    let ChangeSet { revision: number, at_ms, actor, idempotency: _, changes } = set.as_ref();
    let (old, new) = (Names::or(before, after), Names::or(after, before));
    let wanted = move |change: &&Change| kinds.has(change.key().kind);
    let nothing = kinds.0.is_some() && !changes.iter().any(|change| wanted(&change));
    let changed = move |change: &Change| pb::ChangedObject {
        before: change.before().map(|it| object::object(it, &old)),
        after: change.after().map(|it| object::object(it, &new)),
    };
    let revision = Revision { number: *number, ..after.revision() };
    let parts = Parts::of(changes.iter().filter(wanted).map(changed));
    parts.take(if nothing { 0 } else { usize::MAX }).map(move |Part { items: changes, last }| {
        message(Event::ChangeSet(pb::ChangeSetPart {
            revision: Some(revision.into()),
            time: Some(time(*at_ms)),
            actor: actor.as_ref().into(),
            changes,
            last,
            affected: last.then(|| affects(published)),
        }))
    })
}

fn time(at_ms: u64) -> prost_types::Timestamp {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(i64::MAX);
    prost_types::Timestamp { seconds, nanos: (at_ms % 1000) as i32 * 1_000_000 }
}

fn affects(published: &Published) -> pb::Affected {
    let Published { set, before, after } = published;
    match affected(before, after, &set.changes) {
        Affected::Everything => pb::Affected { everything: true, entries: Vec::new() },
        Affected::Entries(entries) => pb::Affected {
            everything: false,
            entries: entries.into_iter().map(|entry| affects_entry(entry, before, after)).collect(),
        },
    }
}

fn affects_entry(entry: Entry, before: &Index, after: &Index) -> pb::AffectedEntry {
    use pb::scope::{AllFeeds, Kind};
    let Entry { principal, named, external_id, place, attributes } = entry;
    let names = match named {
        Named::Before => Names::or(before, after),
        Named::After => Names::or(after, before),
    };
    let kind = match place {
        Place::Everywhere => Kind::AllFeeds(AllFeeds {}),
        Place::FeedGroup(name) => Kind::FeedGroup(name.into()),
        Place::Feed(name) => Kind::Feed(name.into()),
    };
    pb::AffectedEntry {
        principal: Some(names.grantee(principal)),
        scope: Some(pb::Scope { kind: Some(kind) }),
        attributes: attributes.into_iter().flatten().flat_map(|id| called(id, before, after)).collect(),
        external_id: external_id.map(String::from).unwrap_or_default(),
    }
}

/// What an attribute was called and is: questions may have used either.
fn called(id: AttributeId, before: &Index, after: &Index) -> BTreeSet<String> {
    let named = [before, after].into_iter().filter_map(|index| index.attribute(id));
    named.map(|attribute| attribute.name.as_str().to_owned()).collect()
}

/// Items, in parts of a bearable size; at least one part.
struct Parts<I: Iterator> {
    items: Peekable<I>,
    done: bool,
}

struct Part<T> {
    items: Vec<T>,
    /// Nothing follows.
    last: bool,
}

impl<I: Iterator<Item: Message>> Parts<I> {
    fn of(items: I) -> Self {
        Self { items: items.peekable(), done: false }
    }
}

impl<I: Iterator<Item: Message>> Iterator for Parts<I> {
    type Item = Part<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let (mut part, mut bytes) = (Vec::new(), 0);
        while part.len() < OBJECTS {
            let light = |next: &I::Item| bytes == 0 || bytes + next.encoded_len() <= BYTES;
            let Some(next) = self.items.next_if(light) else { break };
            bytes += next.encoded_len();
            part.push(next);
        }
        self.done = self.items.peek().is_none();
        Some(Part { items: part, last: self.done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(sizes: &[usize]) -> Vec<(usize, bool)> {
        let items = sizes.iter().map(|size| pb::FeedGroup { name: "x".repeat(*size), ..Default::default() });
        Parts::of(items).map(|part| (part.items.len(), part.last)).collect()
    }

    #[test]
    fn parts_are_bearable_and_the_last_says_so() {
        assert_eq!(parts(&[]), [(0, true)]);
        assert_eq!(parts(&[1; OBJECTS]), [(OBJECTS, true)]);
        assert_eq!(parts(&[1; OBJECTS + 1]), [(OBJECTS, false), (1, true)]);
        assert_eq!(parts(&[BYTES * 2, 1, BYTES, 1]), [(1, false), (1, false), (1, false), (1, true)]);
    }
}
