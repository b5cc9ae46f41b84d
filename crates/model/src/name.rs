//! Names: checked once, compared without regard to case, kept as they were spelled.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use caseless::Caseless as _;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use super::ascii::Kinds;

/// The longest name, in characters (Unicode scalar values).
pub const MAX_CHARS: usize = 256;
/// The longest name, in bytes of UTF-8.
pub const MAX_BYTES: usize = 1024;

/// Words that mean something else than a name, folded.
const RESERVED: [&str; 3] = ["everyone", "authenticated", "anonymous"];

/// The Unicode versions that the comparison of names rests on: case folding, normalization.
///
/// Recorded in the store. After an upgrade two stored names may have become equal; loading finds that.
pub fn unicode_versions() -> String {
    let (fold, norm) = (caseless::UNICODE_VERSION, unicode_normalization::UNICODE_VERSION);
    format!("fold {}.{}.{} normalization {}.{}.{}", fold.0, fold.1, fold.2, norm.0, norm.1, norm.2)
}

/// The name of a user, group, feed, feed group, task, directory or connector.
///
/// Two names are equal when `NFC(fold(NFC(name)))` is, with full Unicode case folding (access model,
/// section 1). Equality, order and hash all go by that key; [`as_str`](Self::as_str) gives the spelling.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub struct Name {
    spelling: Box<str>,
    /// The folded form, where it differs from the spelling.
    folded: Option<Box<[u8]>>,
}

impl Name {
    /// Checks a name and keeps it.
    pub fn new(spelling: &str) -> Result<Self, NameError> {
        let key = NameKey::new(spelling)?;
        let folded = (key.as_bytes() != spelling.as_bytes()).then(|| key.as_bytes().into());
        Ok(Self { spelling: spelling.into(), folded })
    }

    /// The name as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.spelling
    }

    /// What the name is compared by.
    pub fn key(&self) -> &[u8] {
        self.folded.as_deref().unwrap_or(self.spelling.as_bytes())
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(other.key())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.spelling, f)
    }
}

impl TryFrom<Cow<'_, str>> for Name {
    type Error = NameError;

    fn try_from(spelling: Cow<'_, str>) -> Result<Self, NameError> {
        Self::new(&spelling)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.spelling.into()
    }
}

/// A name to look something up by: checked and folded, without an allocation for all but very long names.
#[derive(Clone, Debug)]
pub struct NameKey<'a>(Folded<'a>);

#[derive(Clone, Debug)]
enum Folded<'a> {
    Borrowed(&'a [u8]),
    Owned(SmallVec<[u8; 64]>),
}

impl<'a> NameKey<'a> {
    /// Checks and folds a name.
    pub fn new(name: &'a str) -> Result<Self, NameError> {
        let key = Self::folded(name)?;
        let bytes = key.as_bytes();
        if RESERVED.iter().any(|word| word.as_bytes() == bytes) {
            return Err(NameError::Reserved(name.into()));
        }
        if bytes.first() == Some(&b'(') && bytes.last() == Some(&b')') {
            return Err(NameError::Bracketed(name.into()));
        }
        Ok(key)
    }

    /// Folds the beginning of names, which may be a word that is reserved as a whole.
    pub fn prefix(prefix: &'a str) -> Result<Self, NameError> {
        Self::folded(prefix)
    }

    /// Everything but the reserved words.
    fn folded(name: &'a str) -> Result<Self, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > MAX_BYTES {
            return Err(NameError::TooLong);
        }
        let kinds = Kinds::of(name.as_bytes());
        if !kinds.foreign {
            return Self::folded_ascii(name, kinds);
        }
        if name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace) {
            return Err(NameError::OuterWhiteSpace(name.into()));
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        if name.chars().any(is_control_or_format) {
            return Err(NameError::ControlCharacter(name.escape_debug().collect()));
        }
        let mut folded = SmallVec::new();
        for c in name.chars().nfc().default_case_fold().nfc() {
            folded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(Self(Folded::Owned(folded)))
    }

    fn folded_ascii(name: &'a str, kinds: Kinds) -> Result<Self, NameError> {
        let bytes = name.as_bytes();
        if bytes.len() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        if kinds.control {
            return Err(NameError::ControlCharacter(name.escape_debug().collect()));
        }
        if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
            return Err(NameError::OuterWhiteSpace(name.into()));
        }
        if !kinds.upper_case {
            return Ok(Self(Folded::Borrowed(bytes)));
        }
        Ok(Self(Folded::Owned(bytes.iter().map(u8::to_ascii_lowercase).collect())))
    }

    /// What names are compared by.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Folded::Borrowed(bytes) => bytes,
            Folded::Owned(bytes) => bytes,
        }
    }
}

fn is_control_or_format(c: char) -> bool {
    matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format)
}

/// Why something can't be a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name must not be empty")]
    Empty,
    #[error("a name has at most {MAX_CHARS} characters and {MAX_BYTES} bytes")]
    TooLong,
    #[error("the name `{0}` begins or ends with white space")]
    OuterWhiteSpace(Box<str>),
    #[error("the name `{0}` has a control or format character")]
    ControlCharacter(Box<str>),
    #[error("`{0}` is a reserved word and can't be a name")]
    Reserved(Box<str>),
    #[error("`{0}` is in round brackets, which mean something else than a name")]
    Bracketed(Box<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_when_folded_and_normalized() {
        for (a, b) in [
            ("Developers", "DEVELOPERS"),
            ("Straße", "STRASSE"),
            ("\u{212b}ngström", "a\u{30a}NGSTRÖM"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ] {
            assert_eq!(Name::new(a).unwrap(), Name::new(b).unwrap(), "{a} {b}");
        }
        assert_ne!(Name::new("dotless-ı").unwrap(), Name::new("dotless-i").unwrap());
        assert_eq!(Name::new("MixedCase").unwrap().as_str(), "MixedCase");
    }

    #[test]
    fn bad_names_say_why() {
        let long = "x".repeat(257);
        let wide = "\u{1f600}".repeat(257);
        for (name, error) in [
            ("", NameError::Empty),
            (" a", NameError::OuterWhiteSpace(" a".into())),
            ("a\u{a0}", NameError::OuterWhiteSpace("a\u{a0}".into())),
            ("a\tb", NameError::ControlCharacter("a\\tb".into())),
            ("a\u{200d}b", NameError::ControlCharacter("a\\u{200d}b".into())),
            ("\u{feff}a", NameError::ControlCharacter("\\u{feff}a".into())),
            ("EveryOne", NameError::Reserved("EveryOne".into())),
            ("(system)", NameError::Bracketed("(system)".into())),
            (&long, NameError::TooLong),
            (&wide, NameError::TooLong),
        ] {
            assert_eq!(Name::new(name).unwrap_err(), error, "{name:?}");
        }
        Name::new(&"x".repeat(256)).unwrap();
        Name::new(&"\u{1f600}".repeat(256)).unwrap();
        Name::new("C++ (nightly) builds").unwrap();
    }

    #[test]
    fn keys_of_plain_names_are_borrowed() {
        assert!(matches!(NameKey::new("user-000001").unwrap().0, Folded::Borrowed(_)));
    }
}
