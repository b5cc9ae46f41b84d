//! The bytes of a backup.
//!
//! ```text
//! header  "feedgate backup\n" (16)  format version (4)  store (8)  revision (8)  milliseconds since 1970 (8)
//! part    length of the key (1)  key  length of the value (4)  value       ascending by their keys
//! end     0 (1)  how many parts (8)  blake3 hash of everything before it (32)
//! ```
//!
//! Numbers are big-endian. Keys and values are those of the store, sealed as they are there. Nothing follows the
//! end, and in every version the hash is the last 32 bytes: so a file that was cut off, added to or changed is
//! found before anything in it is believed.
//!
//! INVARIANT: these bytes never change under one version; the golden test pins them.

use super::{BackupError, Stamp};
use feedgate_model::{Revision, StoreId};

/// The version that this feedgate writes, and the newest that it reads.
pub const VERSION: u32 = 1;

pub const MAGIC: &[u8; 16] = b"feedgate backup\n";
pub const HASH_LEN: usize = 32;
/// How far a value is from its key.
pub const BETWEEN: usize = 4;

/// What a file begins with.
pub fn header(stamp: &Stamp) -> Vec<u8> {
    let Stamp { revision: Revision { store, number }, taken_ms } = *stamp;
    let mut out = MAGIC.to_vec();
    out.extend(VERSION.to_be_bytes());
    for number in [store.0, number, taken_ms] {
        out.extend(number.to_be_bytes());
    }
    out
}

/// How long a part becomes.
pub fn part_len(key: &[u8], value: &[u8]) -> usize {
    1 + key.len() + BETWEEN + value.len()
}

/// Appends a part. Fails if it has no key, or is longer than its lengths can say.
pub fn put_part(out: &mut Vec<u8>, key: &[u8], value: &[u8]) -> Result<(), BackupError> {
    let too_long = |_| BackupError::Malformed("a part of it is too long");
    let key_len = u8::try_from(key.len()).map_err(too_long)?;
    if key_len == 0 {
        return Err(BackupError::Malformed("a part of it has no key"));
    }
    out.push(key_len);
    out.extend_from_slice(key);
    out.extend(u32::try_from(value.len()).map_err(too_long)?.to_be_bytes());
    out.extend_from_slice(value);
    Ok(())
}

/// What stands behind the last part, but for the hash.
pub fn end(parts: u64) -> [u8; 9] {
    let mut out = [0; 9];
    for (to, from) in out.iter_mut().skip(1).zip(parts.to_be_bytes()) {
        *to = from;
    }
    out
}

/// The whole of a file, found to be whole: what is in front of its hash.
pub fn verified(file: &[u8]) -> Result<&[u8], BackupError> {
    let behind_magic = file.strip_prefix(MAGIC).ok_or(BackupError::NotABackup)?;
    let (version, _) = behind_magic.split_first_chunk().ok_or(BackupError::Checksum)?;
    let version = u32::from_be_bytes(*version);
    let (body, hash) = file.split_last_chunk::<HASH_LEN>().ok_or(BackupError::Checksum)?;
    if blake3::hash(body) != *hash {
        return Err(BackupError::Checksum);
    }
    match version {
        VERSION => Ok(body),
        found if found > VERSION => Err(BackupError::NewerFormat { found, known: VERSION }),
        _ => Err(BackupError::Malformed("there was no such format")),
    }
}

/// Takes a file apart from its front.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// At a part, or at the end of all.
    pub fn at_parts(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Behind the header of what has been [`verified`].
    pub fn new(body: &'a [u8]) -> Result<(Stamp, Self), BackupError> {
        let mut reader = Self(body);
        reader.take(MAGIC.len())?;
        reader.array::<4>()?;
        let [store, number, taken_ms] = [reader.number()?, reader.number()?, reader.number()?];
        Ok((Stamp { revision: Revision { store: StoreId(store), number }, taken_ms }, reader))
    }

    /// The next part; none behind the last one.
    #[allow(clippy::type_complexity, reason = "a key and a value")]
    pub fn part(&mut self) -> Result<Option<(&'a [u8], &'a [u8])>, BackupError> {
        match self.array::<1>()? {
            [0] => Ok(None),
            [key_len] => {
                let key = self.take(usize::from(key_len))?;
                let value_len = u32::from_be_bytes(self.array()?);
                Ok(Some((key, self.take(usize::try_from(value_len).unwrap_or(usize::MAX))?)))
            }
        }
    }

    /// How many parts there should have been, with which it has to end.
    pub fn end(mut self) -> Result<u64, BackupError> {
        let parts = self.number()?;
        if self.0.is_empty() { Ok(parts) } else { Err(BackupError::Malformed("something follows its end")) }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    fn number(&mut self) -> Result<u64, BackupError> {
        self.array().map(u64::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BackupError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ENDS)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], BackupError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(ENDS)?;
        self.0 = rest;
        Ok(taken)
    }
}

const ENDS: BackupError = BackupError::Malformed("it ends too early");
