//! Records: cut into parts, sealed, joined again; and the tally of many.

use std::ops::{AddAssign, SubAssign};

use super::{
    super::StoreError,
    RecordKey, damaged,
    wire::{Reader, put_varint},
};

const CHECK_LEN: usize = 8;

/// Where records are read from, by the keys of their parts.
pub trait Records {
    type Bytes: AsRef<[u8]>;

    /// The value at a key.
    fn get(&self, key: &[u8]) -> Result<Option<Self::Bytes>, StoreError>;
}

/// How many parts there are and what they sum up to, in any order.
///
/// A part adds 128 bits of its hash. Adding and subtracting keeps the sum right without reading the rest, and
/// a part that is missing, doubled or older than it should be leaves it wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub parts: u64,
    pub sum: u128,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.parts = self.parts.wrapping_add(other.parts);
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

impl SubAssign for Tally {
    fn sub_assign(&mut self, other: Self) {
        self.parts = self.parts.wrapping_sub(other.parts);
        self.sum = self.sum.wrapping_sub(other.sum);
    }
}

/// One hash over the key and the bytes of a part; the first 8 bytes of it seal the part, the 16 behind them
/// go into the tally.
fn seal(key: &[u8], bytes: &[u8]) -> ([u8; CHECK_LEN], u128) {
    let mut hasher = blake3::Hasher::new();
    // The area, the first byte, gives the length of the key, so that no key and bytes look like others.
    hasher.update(key).update(bytes);
    let hash: [u8; 32] = hasher.finalize().into();
    let (mut check, mut weight) = ([0; CHECK_LEN], [0; 16]);
    for (to, from) in check.iter_mut().chain(&mut weight).zip(hash) {
        *to = from;
    }
    (check, u128::from_le_bytes(weight))
}

/// Cuts a payload into parts of at most `limit` bytes and hands out the key and the value of each.
pub(super) fn cut(key: RecordKey, payload: &[u8], limit: usize, put: impl FnMut(Vec<u8>, Vec<u8>)) -> Tally {
    cut_in(key.version(), key, payload, limit, put)
}

/// The same of a payload that was written in a version.
pub(super) fn cut_in(
    version: u8,
    key: RecordKey,
    payload: &[u8],
    limit: usize,
    mut put: impl FnMut(Vec<u8>, Vec<u8>),
) -> Tally {
    let limit = limit.max(1);
    let total = payload.len().div_ceil(limit).max(1);
    let mut tally = Tally::default();
    let mut rest = payload;
    for part in 0..total {
        let (piece, behind) = rest.split_at_checked(limit).unwrap_or((rest, &[]));
        rest = behind;
        let mut value = Vec::with_capacity(piece.len() + CHECK_LEN + 8);
        value.push(version);
        if part == 0 {
            put_varint(&mut value, total as u64);
        }
        value.extend_from_slice(piece);
        // A payload of 2^32 parts doesn't fit into memory.
        let key = key.part(u32::try_from(part).unwrap_or(u32::MAX));
        let (check, weight) = seal(&key, &value);
        value.extend_from_slice(&check);
        tally += Tally { parts: 1, sum: weight };
        put(key, value);
    }
    tally
}

/// A record joined from all its parts.
#[derive(Debug)]
pub struct Whole {
    pub key: RecordKey,
    /// In which its payload was written.
    pub(super) version: u8,
    pub payload: Vec<u8>,
    /// What its parts add to the tally.
    pub(super) tally: Tally,
}

/// A record of which more parts may have to come.
#[derive(Debug)]
pub(super) struct Joining {
    whole: Whole,
    total: u64,
}

impl Joining {
    /// Begins with part 0.
    pub(super) fn begin(key: RecordKey, value: &[u8]) -> Result<Self, StoreError> {
        let (version, body, weight) = open(key, 0, value)?;
        let mut reader = Reader::new(body);
        let total = reader.varint().map_err(|error| damaged(key, error))?;
        if total == 0 || total > u64::from(u32::MAX) {
            return Err(damaged(key, "it can't have as many parts as it says"));
        }
        let tally = Tally { parts: 1, sum: weight };
        Ok(Self { whole: Whole { key, version, payload: reader.rest().to_vec(), tally }, total })
    }

    /// Which record this is.
    pub(super) fn key(&self) -> RecordKey {
        self.whole.key
    }

    /// The part that has to come next; none if the record is whole.
    pub(super) fn wants(&self) -> Option<u32> {
        let have = self.whole.tally.parts;
        if have < self.total { u32::try_from(have).ok() } else { None }
    }

    /// Adds the part that was wanted.
    pub(super) fn add(&mut self, part: u32, value: &[u8]) -> Result<(), StoreError> {
        let (version, body, weight) = open(self.whole.key, part, value)?;
        if version != self.whole.version {
            return Err(damaged(self.whole.key, "its parts are of several versions"));
        }
        self.whole.payload.extend_from_slice(body);
        self.whole.tally += Tally { parts: 1, sum: weight };
        Ok(())
    }

    /// The record, if all its parts have come.
    pub(super) fn finish(self) -> Result<Whole, StoreError> {
        match self.wants() {
            None => Ok(self.whole),
            Some(part) => {
                Err(damaged(self.whole.key, format_args!("part {part} of {} is missing", self.total)))
            }
        }
    }
}

/// The version and the bytes within a part's envelope, and its weight in the tally.
fn open(key: RecordKey, part: u32, value: &[u8]) -> Result<(u8, &[u8], u128), StoreError> {
    let Some((sealed, check)) = value.split_last_chunk::<CHECK_LEN>() else {
        return Err(damaged(key, "it is too short"));
    };
    let (expected, weight) = seal(&key.part(part), sealed);
    if expected != *check {
        return Err(damaged(key, "its checksum is wrong"));
    }
    match sealed.split_first() {
        Some((version, body)) if (1..=key.version()).contains(version) => Ok((*version, body, weight)),
        Some((version, _)) => Err(damaged(key, format_args!("its version {version} is unknown"))),
        None => Err(damaged(key, "it is empty")),
    }
}

/// Reads and verifies one record; none if it isn't there.
pub fn read(records: &impl Records, key: RecordKey) -> Result<Option<Whole>, StoreError> {
    let Some(value) = records.get(&key.part(0))? else { return Ok(None) };
    let mut joining = Joining::begin(key, value.as_ref())?;
    while let Some(part) = joining.wants() {
        let Some(value) = records.get(&key.part(part))? else { break };
        joining.add(part, value.as_ref())?;
    }
    joining.finish().map(Some)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Records for BTreeMap<Vec<u8>, Vec<u8>> {
        type Bytes = Vec<u8>;

        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(Self::get(self, key).cloned())
        }
    }

    fn records(key: RecordKey, payload: &[u8], limit: usize) -> (BTreeMap<Vec<u8>, Vec<u8>>, Tally) {
        let mut records = BTreeMap::new();
        let tally = cut(key, payload, limit, |key, value| {
            records.insert(key, value);
        });
        (records, tally)
    }

    #[test]
    fn parts_are_joined() {
        let payload: Vec<u8> = (0..=255).collect();
        for (len, limit, parts) in [(0, 10, 1), (10, 10, 1), (11, 10, 2), (256, 1, 256), (256, 1000, 1)] {
            let (records, tally) = records(RecordKey::ChangeSet(1), &payload[..len], limit);
            assert_eq!(records.len(), parts);
            let whole = read(&records, RecordKey::ChangeSet(1)).unwrap().unwrap();
            assert_eq!((whole.payload.as_slice(), whole.tally), (&payload[..len], tally));
        }
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let key = RecordKey::ChangeSet(1);
        let (records, _) = records(key, b"forty-two", 5);
        for (at, value) in &records {
            for byte in 0..value.len() {
                let mut records = records.clone();
                records.get_mut(at).unwrap()[byte] ^= 1;
                read(&records, key).unwrap_err();
            }
        }
    }

    #[test]
    fn a_record_at_the_wrong_key_is_found() {
        let (records, _) = records(RecordKey::ChangeSet(1), b"x", 9);
        let moved: BTreeMap<_, _> =
            records.into_values().map(|value| (RecordKey::ChangeSet(2).part(0), value)).collect();
        read(&moved, RecordKey::ChangeSet(2)).unwrap_err();
    }

    #[test]
    fn a_missing_part_is_found() {
        let (mut records, _) = records(RecordKey::State, b"one two three", 4);
        records.pop_last().unwrap();
        let error = read(&records, RecordKey::State).unwrap_err();
        assert!(error.to_string().contains("part 3 of 4 is missing"), "{error}");
    }
}
