//! Lookups, in messages of a bearable size.

use prost::Message;

use super::{answer::knowledge, names::Names};
use crate::{
    engine::Index,
    grpc::pb,
    model::{FeedId, Principal},
    service::{
        cursor::Fingerprint,
        lookup::{Found, FoundFeeds, FoundPrincipals, Portion},
    },
};

/// How much of an answer is wanted; 0 is all.
pub fn portion(cursor: &str, limit: u32, request: Fingerprint) -> Portion<'_> {
    Portion { cursor, limit: usize::try_from(limit).ok().filter(|limit| *limit > 0), request }
}

/// A request without what may differ when it is asked again.
pub fn fingerprint(method: &str, request: &impl Message, key: &[u8; 32]) -> Fingerprint {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(method.as_bytes()).update(&request.encode_to_vec());
    let [first, _] = split(*hasher.finalize().as_bytes());
    Fingerprint(first)
}

const fn split(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, rest @ ..] = bytes;
    [[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p], rest]
}

/// How many items a message has at most.
const AT_ONCE: usize = 500;

/// Cuts what was found into messages, at least one; `message` takes some of it and the cursor behind it.
fn messages<T: Copy, M>(
    items: &[T],
    more: bool,
    cursor: impl Fn(T) -> String,
    message: impl Fn(&[T], String) -> M,
) -> impl Iterator<Item = M> {
    let parts = items.chunks(AT_ONCE).chain(items.is_empty().then_some(items));
    let last = items.len().div_ceil(AT_ONCE).max(1);
    (1..).zip(parts).map(move |(number, part)| {
        let goes_on = number < last || more;
        let behind = part.last().filter(|_| goes_on).map(|item| cursor(*item));
        message(part, behind.unwrap_or_default())
    })
}

/// The feeds that were found, one message after the other.
pub fn feeds(found: &FoundFeeds) -> impl Iterator<Item = pb::LookupFeedsResponse> + Send + '_ {
    let FoundFeeds { feeds, subject_unknown, subject, basis } = found;
    let Found { index, items, more, .. } = feeds;
    let message = move |part: &[FeedId], next_cursor| pb::LookupFeedsResponse {
        feeds: part.iter().map(|id| feed(index, *id)).collect(),
        next_cursor,
        revision: Some(index.revision().into()),
        subject_unknown: *subject_unknown,
        subject: subject.clone().map(Into::into),
        knowledge: basis.map(knowledge),
    };
    messages(items, *more, |feed| feeds.cursor_behind(feed), message)
}

fn feed(index: &Index, id: FeedId) -> pb::FoundFeed {
    pb::FoundFeed { name: Names::of(index).feed(id), id: id.0.into() }
}

/// The principals that were found, one message after the other.
pub fn principals(found: &FoundPrincipals) -> impl Iterator<Item = pb::LookupPrincipalsResponse> + Send + '_ {
    let FoundPrincipals { principals, feed_unknown, incomplete } = found;
    let Found { index, items, more, .. } = principals;
    let message = move |part: &[Principal], next_cursor| pb::LookupPrincipalsResponse {
        principals: part.iter().map(|principal| self::principal(index, *principal)).collect(),
        next_cursor,
        revision: Some(index.revision().into()),
        feed_unknown: *feed_unknown,
        incomplete_directories: incomplete.iter().map(|name| name.as_str().into()).collect(),
    };
    messages(items, *more, |principal| principals.cursor_behind(principal), message)
}

fn principal(index: &Index, principal: Principal) -> pb::FoundPrincipal {
    let built_in = match principal {
        Principal::User(id) => index.user(id).is_some_and(|user| user.is_built_in()),
        Principal::Group(id) => index.group(id).is_some_and(|group| group.is_built_in()),
        _ => true,
    };
    pb::FoundPrincipal { principal: Some(Names::of(index).grantee(principal)), as_known_here: !built_in }
}
