//! A backup's file, read: nothing in it is believed before its checksum is found to be right.

use std::{fmt, io::Read, ops::Range};

use super::{
    super::{
        Examined, Head, Problems, StoreError,
        codec::{self, Records},
    },
    BackupError, Stamp, format,
};
use feedgate_model::ChangeSet;

/// A file that is whole: its records, by their keys.
pub struct Archive {
    stamp: Stamp,
    bytes: Vec<u8>,
    /// Where the keys and values are, ascending by the keys.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

impl Archive {
    /// Reads a file to its end. What the records mean is not looked at: [`examine`](Self::examine) does that.
    pub fn read(mut file: impl Read) -> Result<Self, BackupError> {
        let mut bytes = Vec::new();
        // Whatever else was named by mistake may be much longer than a backup.
        file.by_ref().take(4096).read_to_end(&mut bytes)?;
        if !bytes.starts_with(format::MAGIC) {
            return Err(BackupError::NotABackup);
        }
        file.read_to_end(&mut bytes)?;
        Self::parse(bytes)
    }

    fn parse(bytes: Vec<u8>) -> Result<Self, BackupError> {
        let body = format::verified(&bytes)?;
        let (stamp, mut reader) = format::Reader::new(body)?;
        let (mut parts, mut last): (Vec<_>, &[u8]) = (Vec::new(), &[]);
        while let Some((key, value)) = reader.part()? {
            if key <= last {
                return Err(BackupError::Malformed("its parts aren't in order"));
            }
            last = key;
            let end = body.len().saturating_sub(reader.left());
            let value_at = end.saturating_sub(value.len());
            let key_end = value_at.saturating_sub(format::BETWEEN);
            parts.push((key_end.saturating_sub(key.len())..key_end, value_at..end));
        }
        if reader.end()? != parts.len() as u64 {
            return Err(BackupError::Malformed("it has another number of parts than it says"));
        }
        Ok(Self { stamp, parts, bytes })
    }

    /// What it says about itself.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// How long the file is.
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Verifies all records as a start does, and more; what is wrong is put to the problems. The store that is in it
    /// if nothing is.
    pub fn examine(&self, problems: &mut Problems) -> Result<Examined, BackupError> {
        let (counts, contents) = codec::examine(self.parts().map(Ok::<_, StoreError>), problems)?;
        let head = contents.as_ref().map(|contents| contents.state.head);
        let fits = |head: Head| {
            (head.store, head.revision) == (self.stamp.revision.store, self.stamp.revision.number)
        };
        if head.is_some_and(|head| !fits(head)) {
            problems.note("it says that it is of another revision than the records in it are");
        }
        Ok(Examined::new(counts, contents))
    }

    /// A change set of the history in it.
    pub fn change_set(&self, revision: u64) -> Result<ChangeSet, StoreError> {
        codec::change_set(self, revision)
    }

    /// All parts of all records, in the order of their keys.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.parts.iter().map(|(key, value)| (self.at(key), self.at(value)))
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }
}

impl Records for Archive {
    type Bytes = Vec<u8>;

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.parts.binary_search_by(|(place, _)| self.at(place).cmp(key)).ok();
        Ok(found.and_then(|at| self.parts.get(at)).map(|(_, value)| self.at(value).to_vec()))
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("stamp", &self.stamp).finish_non_exhaustive()
    }
}
