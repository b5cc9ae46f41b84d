//! What a search came upon.
//!
//! Read here rather than by the LDAP client, which gives up the process's thread when an answer makes no sense.

use ldap3::asn1::{PL, StructureTag};

use crate::DirectoryError;

/// The longest DN, and the longest id or name, in bytes: a user may have thousands of groups.
const MAX_DN: usize = 2_048;
const MAX_NAME: usize = 1_024;

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(super) dn: Box<str>,
    attributes: Attributes,
}

/// Names and values.
type Attributes = Vec<(Box<str>, Vec<Vec<u8>>)>;

impl Entry {
    /// Reads a SearchResultEntry (RFC 4511, section 4.5.2).
    pub(super) fn read(tag: StructureTag) -> Result<Self, DirectoryError> {
        let Some((dn, attributes)) = parts(tag) else {
            return Err(DirectoryError::Malformed("an entry can't be read".into()));
        };
        if dn.len() > MAX_DN {
            let begins: String = dn.chars().take(64).collect();
            let why = format!("a DN has {} bytes, more than {MAX_DN}: `{begins}…`", dn.len());
            return Err(DirectoryError::Malformed(why.into()));
        }
        // Active Directory gives a part of the values of a long attribute, and says so in its name.
        if let Some((name, _)) =
            attributes.iter().find(|(name, _)| name.to_ascii_lowercase().contains(";range="))
        {
            let why = format!("`{name}` of `{dn}` has a part of its values only");
            return Err(DirectoryError::Incomplete(why.into()));
        }
        Ok(Self { dn, attributes })
    }

    /// The values of an attribute.
    pub(super) fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// The first value of an attribute, if there is one.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }

    /// The first value of an attribute; empty if there is none.
    pub(super) fn text(&self, name: &str) -> Result<&str, DirectoryError> {
        std::str::from_utf8(self.bytes(name).unwrap_or_default()).map_err(|_| self.wrong(name, "isn't text"))
    }

    /// The same of an attribute that each of them must have.
    pub(super) fn required(&self, name: &str) -> Result<&str, DirectoryError> {
        match self.text(name)? {
            "" => Err(self.wrong(name, "is missing, or the bind account may not see it")),
            text if text.len() > MAX_NAME => {
                Err(self.wrong(name, &format!("has {} bytes, more than {MAX_NAME}", text.len())))
            }
            text => Ok(text),
        }
    }

    pub(super) fn wrong(&self, attribute: &str, why: &str) -> DirectoryError {
        DirectoryError::Malformed(format!("`{attribute}` of `{}` {why}", self.dn).into())
    }
}

fn parts(tag: StructureTag) -> Option<(Box<str>, Attributes)> {
    let mut parts = tag.expect_constructed()?.into_iter();
    let dn = text(parts.next()?)?;
    let attributes = parts.next()?.expect_constructed()?.into_iter().map(|attribute| {
        let mut parts = attribute.expect_constructed()?.into_iter();
        let name = text(parts.next()?)?;
        let values = parts.next()?.expect_constructed()?.into_iter().map(StructureTag::expect_primitive);
        Some((name, values.collect::<Option<_>>()?))
    });
    Some((dn, attributes.collect::<Option<_>>()?))
}

fn text(tag: StructureTag) -> Option<Box<str>> {
    String::from_utf8(tag.expect_primitive()?).ok().map(Into::into)
}

/// Reads the URLs of a SearchResultReference.
pub(super) fn references(tag: StructureTag) -> Result<Vec<Box<str>>, DirectoryError> {
    let urls = match tag.payload {
        PL::C(urls) => urls.into_iter().map(text).collect::<Option<Vec<_>>>(),
        PL::P(_) => None,
    };
    urls.ok_or_else(|| DirectoryError::Malformed("a reference can't be read".into()))
}

#[cfg(test)]
mod tests {
    use ldap3::asn1::TagClass;

    use super::*;

    fn leaf(text: &str) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(text.into()) }
    }

    fn list(tags: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(tags) }
    }

    #[test]
    fn an_entry() {
        let uid = list(vec![leaf("uid"), list(vec![leaf("jdoe"), leaf("john")])]);
        let entry = Entry::read(list(vec![leaf("uid=jdoe"), list(vec![uid])])).unwrap();
        assert_eq!((entry.text("UID"), entry.text("mail")), (Ok("jdoe"), Ok("")));
        assert_eq!(entry.values("uid").len(), 2);
        assert!(matches!(entry.required("mail"), Err(DirectoryError::Malformed(_))));
    }

    #[test]
    fn half_an_attribute_is_none() {
        let member = list(vec![leaf("member;range=0-1499"), list(vec![leaf("uid=jdoe")])]);
        let entry = Entry::read(list(vec![leaf("cn=all"), list(vec![member])]));
        assert!(matches!(entry, Err(DirectoryError::Incomplete(_))), "{entry:?}");
    }

    #[test]
    fn long_names_and_dns_are_errors() {
        let entry = |dn: usize, name: usize| {
            let uid = list(vec![leaf("uid"), list(vec![leaf(&"n".repeat(name))])]);
            Entry::read(list(vec![leaf(&"d".repeat(dn)), list(vec![uid])]))
        };
        assert_eq!(entry(MAX_DN, MAX_NAME).unwrap().required("uid").unwrap().len(), MAX_NAME);
        let long = entry(1, MAX_NAME + 1).unwrap();
        assert!(matches!(long.required("uid"), Err(DirectoryError::Malformed(_))));
        assert!(matches!(entry(MAX_DN + 1, 1), Err(DirectoryError::Malformed(_))));
    }

    #[test]
    fn nonsense() {
        for tag in [
            leaf("x"),
            list(vec![]),
            list(vec![leaf("x"), leaf("y")]),
            list(vec![leaf("x"), list(vec![leaf("y")])]),
        ] {
            assert!(matches!(Entry::read(tag), Err(DirectoryError::Malformed(_))));
        }
        assert!(matches!(references(leaf("x")), Err(DirectoryError::Malformed(_))));
    }
}
