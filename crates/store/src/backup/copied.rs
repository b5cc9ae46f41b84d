//! From records in a store to a backup.

use std::{fmt, mem};

use super::{
    super::{
        StoreError,
        codec::{self, State},
    },
    BackupError, Stamp, format,
};
use feedgate_model::Revision;

/// How much of a file comes in one piece at most.
const PIECE: usize = 1 << 20;

/// All records of a store, copied at one moment and not looked at yet: no backup before they are
/// [verified](Self::verify).
pub struct Copied {
    stamp: Stamp,
    /// What the store knew about itself when they were copied.
    state: State,
    /// The file from its beginning. No part is in two pieces.
    pieces: Vec<Vec<u8>>,
    parts: u64,
}

impl Copied {
    /// Copies all parts of all records, in the order of their keys.
    pub(crate) fn of<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        state: &State,
        taken_ms: u64,
        parts: impl Iterator<Item = Result<(K, V), StoreError>>,
    ) -> Result<Self, StoreError> {
        let revision = Revision { store: state.head.store, number: state.head.revision };
        let stamp = Stamp { revision, taken_ms };
        let mut copied = Self { stamp, state: state.clone(), pieces: Vec::new(), parts: 0 };
        let mut piece = Vec::with_capacity(PIECE);
        piece.extend(format::header(&stamp));
        for part in parts {
            let (key, value) = part?;
            let (key, value) = (key.as_ref(), value.as_ref());
            if piece.len() + format::part_len(key, value) > PIECE {
                copied.pieces.push(mem::replace(&mut piece, Vec::with_capacity(PIECE)));
            }
            format::put_part(&mut piece, key, value)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?;
            copied.parts += 1;
        }
        copied.pieces.push(piece);
        Ok(copied)
    }

    /// Verifies all of it as a load does, and makes the file. Takes the processor for as long as that takes.
    ///
    /// [`StoreError::Corrupt`] if the store isn't whole: what is damaged must not look like a backup.
    pub fn verify(self) -> Result<Backup, StoreError> {
        let Self { stamp, state, mut pieces, parts } = self;
        let header = format::header(&stamp).len();
        let skip = [header].into_iter().chain(std::iter::repeat(0));
        let copied = pieces.iter().zip(skip).flat_map(|(piece, skip)| {
            let mut reader = format::Reader::at_parts(piece.get(skip..).unwrap_or_default());
            std::iter::from_fn(move || if reader.left() == 0 { None } else { reader.part().transpose() })
        });
        let contents = codec::load(
            copied.map(|part| part.map_err(|error: BackupError| StoreError::Corrupt(error.to_string()))),
        )?;
        if contents.state != state {
            return Err(StoreError::Corrupt("the state was changed by somebody else".to_owned()));
        }
        drop(contents);
        let mut last = format::end(parts).to_vec();
        let mut hasher = blake3::Hasher::new();
        for piece in pieces.iter().chain([&last]) {
            hasher.update(piece);
        }
        last.extend(hasher.finalize().as_bytes());
        pieces.push(last);
        Ok(Backup { stamp, pieces })
    }
}

/// A backup, known to be whole.
pub struct Backup {
    stamp: Stamp,
    pieces: Vec<Vec<u8>>,
}

impl Backup {
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// How long the file is.
    pub fn bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// The file from its beginning, in pieces of at most 1 MiB.
    pub fn into_pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        self.pieces.into_iter()
    }
}

impl fmt::Debug for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copied").field("stamp", &self.stamp).finish_non_exhaustive()
    }
}

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backup").field("stamp", &self.stamp).finish_non_exhaustive()
    }
}
