//! Values for filters. Whatever somebody typed, or a server sent, gets into a filter through here alone.

use std::fmt::Write as _;

/// A value that can stand in a filter, and means itself (RFC 4515, section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(String);

impl Value {
    /// None for a text with NUL in it: that is nobody's name, and there are servers that read no further.
    pub(super) fn text(text: &str) -> Option<Self> {
        if text.contains('\0') {
            return None;
        }
        let mut escaped = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            match c {
                '*' | '(' | ')' | '\\' => hex(&mut escaped, c as u8),
                _ => escaped.push(c),
            }
        }
        Some(Self(escaped))
    }

    /// Bytes that are no text.
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        let mut escaped = String::with_capacity(bytes.len() * 3);
        bytes.iter().for_each(|byte| hex(&mut escaped, *byte));
        Self(escaped)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn hex(escaped: &mut String, byte: u8) {
    // Writing into a string doesn't fail.
    let _ = write!(escaped, "\\{byte:02x}");
}

/// A domain as a DN: `DC=mycompany,DC=corp`. None if it isn't one.
pub(super) fn domain_dn(domain: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let label = |label: &str| (!label.is_empty() && label.chars().all(fits)).then(|| format!("DC={label}"));
    Some(domain.split('.').map(label).collect::<Option<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use ldap3::{asn1::Tag, parse_filter};
    use proptest::prelude::*;

    use super::*;
    use crate::ldap::settings::Template;

    /// What the server is sent, with the value at the gap taken out.
    fn shape(tag: Tag, value: &[u8]) -> String {
        // The encoding has the value as it is, in one piece or not at all.
        let tag = format!("{tag:?}");
        tag.replace(&format!("{value:?}"), "VALUE")
    }

    const TEMPLATES: [&str; 3] = [
        "(&(objectClass=inetOrgPerson)(uid=%s))",
        "(|(&(objectClass=groupOfNames)(member=%s))(&(objectClass=groupOfUniqueNames)(uniqueMember=%s)))",
        "(&(objectClass=group)(!(cn=%s))(member:1.2.840.113556.1.4.1941:=%s))",
    ];

    fn check(name: &str) {
        for template in TEMPLATES {
            let template = Template::parse("user_filter", template).unwrap();
            let expected = shape(parse_filter(template.with(&Value::text("x").unwrap())).unwrap(), b"x");
            let filter = template.with(&Value::text(name).unwrap());
            assert_eq!(shape(parse_filter(&filter).unwrap(), name.as_bytes()), expected, "{filter}");
        }
    }

    #[test]
    fn names_that_would_change_a_filter() {
        for name in
            ["*", "a)(uid=*", "*)(|(uid=*", "\\", "\\2a", "(", ")", "jdoe)(objectClass=*))(|(a=b", "%s"]
        {
            check(name);
        }
        assert_eq!(Value::text("jdoe\0"), None);
        assert_eq!(Value::bytes(&[0, 0x2a, 0xff]).as_str(), "\\00\\2a\\ff");
    }

    proptest! {
        /// Whatever the name, the server is asked for that value at that place, and for nothing else.
        #[test]
        fn no_name_changes_the_shape_of_a_filter(name in "[^\0]{1,40}") {
            check(&name);
        }

        #[test]
        fn nor_does_one_of_the_characters_that_mean_something(name in r"[*()\\&|!=<>~:;,+ a0%s]{1,12}") {
            check(&name);
        }
    }

    #[test]
    fn domains_as_dns() {
        assert_eq!(domain_dn("mycompany.corp").as_deref(), Some("DC=mycompany,DC=corp"));
        assert_eq!(domain_dn("mycompany..corp"), None);
        assert_eq!(domain_dn("my,company"), None);
    }
}
