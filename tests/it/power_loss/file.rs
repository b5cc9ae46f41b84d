//! A file of the model: bytes that are on the disk for sure, and writes that may have got there.

use std::collections::HashMap;

use super::disk::Loss;
use crate::support::random::Random;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A file, or a folder, which has no bytes.
#[derive(Default)]
pub struct File {
    folder: bool,
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Since the file was synced, in order.
    pending: Vec<Write>,
}

enum Write {
    At { offset: usize, data: Vec<u8> },
    SetLength(usize),
}

impl Write {
    fn length_behind(&self, length: usize) -> usize {
        match self {
            Self::At { offset, data } => length.max(offset + data.len()),
            Self::SetLength(length) => *length,
        }
    }

    /// The sectors that it changes in a file of this length.
    fn sectors(&self, length: usize) -> std::ops::Range<usize> {
        let (from, to) = match self {
            Self::At { offset, data } => (*offset, offset + data.len()),
            Self::SetLength(to) => (*to, length.max(*to)),
        };
        from / SECTOR..to.div_ceil(SECTOR)
    }

    /// Changes what it changes of one sector. The bytes are long enough.
    fn apply(&self, bytes: &mut [u8], sector: usize) {
        let (begin, end) = (sector * SECTOR, ((sector + 1) * SECTOR).min(bytes.len()));
        match self {
            Self::At { offset, data } => {
                let (begin, end) = (begin.max(*offset), end.min(offset + data.len()));
                bytes[begin..end].copy_from_slice(&data[begin - offset..end - offset]);
            }
            Self::SetLength(length) => bytes[begin.max(*length).min(end)..end].fill(0),
        }
    }

    fn apply_whole(&self, bytes: &mut Vec<u8>) {
        bytes.resize(self.length_behind(bytes.len()), 0);
        if let Self::At { offset, data } = self {
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
    }
}

impl File {
    pub fn folder() -> Self {
        Self { folder: true, ..Self::default() }
    }

    /// The bytes as processes see them; none of a folder.
    pub fn live(&self) -> Option<&[u8]> {
        (!self.folder).then_some(&self.live)
    }

    pub fn write(&mut self, offset: u64, data: Vec<u8>) {
        self.push(Write::At { offset: offset as usize, data });
    }

    pub fn set_length(&mut self, length: u64) {
        self.push(Write::SetLength(length as usize));
    }

    fn push(&mut self, write: Write) {
        write.apply_whole(&mut self.live);
        self.pending.push(write);
    }

    pub fn sync(&mut self) {
        for write in self.pending.drain(..) {
            write.apply_whole(&mut self.durable);
        }
    }

    /// What a power loss leaves.
    pub fn after(&self, loss: Loss, random: &mut Random) -> Self {
        let bytes = match loss {
            Loss::All => self.durable.clone(),
            Loss::Nothing => self.live.clone(),
            _ if self.pending.is_empty() => self.durable.clone(),
            Loss::TheEnd => self.with(Self::first(self.pending.len(), random), random),
            Loss::Some => self.with(Self::any(self.pending.len(), random), random),
        };
        Self { folder: self.folder, live: bytes.clone(), durable: bytes, pending: Vec::new() }
    }

    fn first(writes: usize, random: &mut Random) -> Vec<Left> {
        let whole = random.below(writes + 1);
        let mut left = vec![Left::Gone; writes];
        left[..whole].fill(Left::Whole);
        if let Some(next) = left.get_mut(whole) {
            *next = Left::Torn;
        }
        left
    }

    fn any(writes: usize, random: &mut Random) -> Vec<Left> {
        let mut left = vec![*random.pick(&[Left::Whole, Left::Gone]); writes];
        if random.one_in(3) {
            // Only one is another than the rest: the lone gap, or the lone write that came early.
            let one = random.below(writes);
            left[one] = if left[one] == Left::Whole { Left::Gone } else { Left::Whole };
            return left;
        }
        let share = *random.pick(&[2, 2, 8]);
        for one in &mut left {
            if random.one_in(share) {
                *one = *random.pick(&[Left::Whole, Left::Gone, Left::Torn]);
            }
        }
        left
    }

    /// The durable bytes, and what is left of each write behind them.
    fn with(&self, left: Vec<Left>, random: &mut Random) -> Vec<u8> {
        let lengths: Vec<_> = self.lengths().collect();
        let newest = self.newest(&left, &lengths, random);
        let mut bytes = self.durable.clone();
        bytes.resize(lengths.iter().copied().max().unwrap_or(0).next_multiple_of(SECTOR), 0);
        for (number, write) in self.pending.iter().enumerate() {
            for sector in write.sectors(lengths[number]) {
                // A sector that has a later write has all earlier ones, too: it is written from memory, whole.
                if newest.get(&sector).is_some_and(|newest| number <= *newest) {
                    write.apply(&mut bytes, sector);
                }
            }
        }
        // The length is written when it suits: with what is left, or with all, or at some time between.
        let last_left = newest.values().max().map_or(0, |last| last + 1);
        let at = [last_left, self.pending.len(), random.below(lengths.len())];
        bytes.truncate(lengths[*random.pick(&at)]);
        bytes
    }

    /// The length before each pending write, and behind the last.
    fn lengths(&self) -> impl Iterator<Item = usize> {
        let behind = self.pending.iter().scan(self.durable.len(), |length, write| {
            *length = write.length_behind(*length);
            Some(*length)
        });
        std::iter::once(self.durable.len()).chain(behind)
    }

    /// The last write of each sector that is left.
    fn newest(&self, left: &[Left], lengths: &[usize], random: &mut Random) -> HashMap<usize, usize> {
        let mut newest = HashMap::new();
        for (number, (write, left)) in self.pending.iter().zip(left).enumerate() {
            for sector in write.sectors(lengths[number]) {
                let is_left = match left {
                    Left::Whole => true,
                    Left::Gone => false,
                    Left::Torn => random.one_in(2),
                };
                if is_left {
                    newest.insert(sector, number);
                }
            }
        }
        newest
    }
}

/// What is left of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Whole,
    Gone,
    Torn,
}
