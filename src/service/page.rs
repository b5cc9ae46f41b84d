//! Pages: lists cut so that a caller gets each object once, whatever changes in between.
//!
//! A list goes by ascending ids, which are never used again. A page token says which list it is of and the last
//! id that was shown, and nothing of a revision: the next page comes from the policy as it is then. Objects
//! that came or went meanwhile appear or don't; none is repeated.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::ServiceError;

/// The most that one page weighs, in bytes of its shown items, unless a single one is heavier.
const MAX_WEIGHT: usize = 1 << 20;

/// Which list a token is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum List {
    Attributes = 1,
    Tasks = 2,
    Directories = 3,
    Users = 4,
    Groups = 5,
    Members = 6,
    FeedGroups = 7,
    Feeds = 8,
    Connectors = 9,
    Grants = 10,
}

/// Where a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    list: List,
    /// Whose list it is: a group's id for its members, 0 otherwise.
    of: u32,
    /// The smallest id that may come.
    pub from: u64,
}

impl Place {
    /// Reads a token; an empty one is the beginning.
    pub fn read(list: List, of: u32, token: &str) -> Result<Self, ServiceError> {
        if token.is_empty() {
            return Ok(Self { list, of, from: 0 });
        }
        let invalid = || ServiceError::InvalidPageToken(token.chars().take(80).collect());
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let bytes: [u8; 13] = bytes.try_into().map_err(|_| invalid())?;
        let [tag, o1, o2, o3, o4, last @ ..] = bytes;
        if tag != list as u8 || u32::from_be_bytes([o1, o2, o3, o4]) != of {
            return Err(invalid());
        }
        let from = u64::from_be_bytes(last).checked_add(1).ok_or_else(invalid)?;
        Ok(Self { list, of, from })
    }

    fn after(self, last: u64) -> String {
        let mut bytes = vec![self.list as u8];
        bytes.extend(self.of.to_be_bytes());
        bytes.extend(last.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What is to be listed: items with their ids, ascending, from a place on.
#[derive(Debug)]
pub struct Listing<I> {
    pub place: Place,
    pub items: I,
}

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What the next page is asked for with; empty after the last.
    pub next: String,
}

impl<T, I: Iterator<Item = (u64, T)>> Listing<I> {
    /// Up to `size` items, fewer if they are heavy. `show` says how each appears and what that weighs.
    pub fn page<U>(self, size: usize, show: impl Fn(T) -> (U, usize)) -> Page<U> {
        let mut page = Page { items: Vec::new(), next: String::new() };
        let (mut last, mut weight) = (0, 0);
        for (id, item) in self.items {
            if page.items.len() == size {
                page.next = self.place.after(last);
                break;
            }
            let (shown, more) = show(item);
            weight += more;
            if weight > MAX_WEIGHT && !page.items.is_empty() {
                page.next = self.place.after(last);
                break;
            }
            page.items.push(shown);
            last = id;
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(token: &str, ids: &[u64]) -> Listing<impl Iterator<Item = (u64, u64)>> {
        let place = Place::read(List::Users, 0, token).unwrap();
        let items: Vec<_> = ids.iter().filter(|id| **id >= place.from).map(|id| (*id, *id)).collect();
        Listing { place, items: items.into_iter() }
    }

    #[test]
    fn pages_join_without_gap_or_repeat() {
        let ids = [1, 2, 5, 8, u64::MAX];
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = listing(&token, &ids).page(2, |id| (id, 1));
            seen.extend(page.items);
            token = page.next;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, ids);
    }

    #[test]
    fn heavy_items_make_small_pages() {
        let page = listing("", &[1, 2, 3]).page(10, |id| (id, MAX_WEIGHT));
        assert_eq!(page.items, [1]);
        assert_eq!(listing(&page.next, &[1, 2, 3]).page(10, |id| (id, 1)).items, [2, 3]);
    }

    #[test]
    fn tokens_are_good_for_their_list_only() {
        let token = Place::read(List::Members, 7, "").unwrap().after(3);
        assert_eq!(Place::read(List::Members, 7, &token).unwrap().from, 4);
        for (list, of, token) in [
            (List::Members, 8, token.as_str()),
            (List::Users, 7, &token),
            (List::Members, 7, &token[1..]),
            (List::Members, 7, "?"),
        ] {
            Place::read(list, of, token).unwrap_err();
        }
    }
}
