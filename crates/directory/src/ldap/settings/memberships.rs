//! The filter for the groups of a user.

use super::{InvalidSettings, filter};
use crate::ldap::escape::Value;

/// What stands for a value, the attributes that hold such values, and what they are.
const PLACEHOLDERS: [(char, &[&str], &str); 3] = [
    ('s', &["member", "uniqueMember", "roleOccupant"], "DNs"),
    ('u', &["memberUid"], "login names"),
    ('g', &["gidNumber"], "numbers of groups"),
];

/// A value that no attribute has: text ends before it.
const NONE: &str = "\\00";

/// A filter in which `%s` stands for the DN of a user or of a group, `%u` for the login name of a user, and `%g` for the
/// number of a user's primary group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ldap) struct Memberships(Box<str>);

impl Memberships {
    /// Refuses what can match nothing, such as a DN among login names.
    pub(in crate::ldap) fn parse(key: &'static str, text: &str) -> Result<Self, InvalidSettings> {
        let this = Self(text.into());
        if this.any() == text {
            return Err(InvalidSettings::NoGap { key, text: text.into() });
        }
        filter(key, &this.fill("x", "x", "x"))
            .map_err(|_| InvalidSettings::Filter { key, text: text.into() })?;
        // Only in a value a character may be written so.
        filter(key, &this.fill("\\28", "\\28", "\\28"))
            .map_err(|_| InvalidSettings::Gap { key, text: text.into() })?;
        for (attribute, found) in this.compared() {
            let holds = PLACEHOLDERS.iter().find(|(_, attributes, _)| {
                attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
            });
            if let Some(&(expected, _, what)) = holds.filter(|(expected, ..)| *expected != found) {
                let (attribute, text) = (attribute.into(), text.into());
                return Err(InvalidSettings::Compared { key, text, attribute, found, expected, what });
            }
        }
        Ok(this)
    }

    /// The filter for the groups of a user. What isn't known of the user matches no group.
    pub(in crate::ldap) fn of_user(&self, dn: &Value, name: &Value, group: Option<&Value>) -> String {
        self.fill(dn.as_str(), name.as_str(), group.map_or(NONE, Value::as_str))
    }

    /// The filter for the groups of a group. None if only users are members.
    pub(in crate::ldap) fn of_group(&self, dn: &Value) -> Option<String> {
        self.0.contains("%s").then(|| self.fill(dn.as_str(), NONE, NONE))
    }

    /// The filter for the groups of any user.
    pub(in crate::ldap) fn any(&self) -> String {
        self.fill("*", "*", "*")
    }

    /// Whether it takes the number of the primary group.
    pub(in crate::ldap) fn needs_primary_group(&self) -> bool {
        self.0.contains("%g")
    }

    /// In one go: a value may itself look like what stands for another one.
    fn fill(&self, dn: &str, name: &str, group: &str) -> String {
        let mut filled = String::with_capacity(self.0.len() + dn.len());
        let mut rest = &*self.0;
        while let Some((before, behind)) = rest.split_once('%') {
            filled.push_str(before);
            let value = match behind.chars().next() {
                Some('s') => Some(dn),
                Some('u') => Some(name),
                Some('g') => Some(group),
                _ => None,
            };
            filled.push_str(value.unwrap_or("%"));
            rest = if value.is_some() { behind.get(1..).unwrap_or_default() } else { behind };
        }
        filled.push_str(rest);
        filled
    }

    /// Each attribute that is compared with a placeholder, and that one.
    fn compared(&self) -> impl Iterator<Item = (&str, char)> {
        PLACEHOLDERS.iter().flat_map(move |(placeholder, ..)| {
            let gap = format!("=%{placeholder}");
            let places: Vec<_> = self.0.match_indices(&gap).map(|(at, _)| at).collect();
            places.into_iter().filter_map(move |at| {
                let before = self.0.get(..at)?;
                let description = before.rsplit('(').next()?;
                // Without options and matching rules.
                Some((description.split([':', ';', '~', '>', '<']).next()?, *placeholder))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::text(text).unwrap()
    }

    #[test]
    fn placeholders_are_filled_in_one_go() {
        let filter = "(|(member=%s)(memberUid=%u)(gidNumber=%g)(cn=100%))";
        let filter = Memberships::parse("user_groups_filter", filter).unwrap();
        assert_eq!(
            filter.of_user(&value("uid=%u,ou=x"), &value("%g"), Some(&value("100"))),
            "(|(member=uid=%u,ou=x)(memberUid=%g)(gidNumber=100)(cn=100%))"
        );
        assert_eq!(
            filter.of_user(&value("x"), &value("a)(b=*"), None),
            "(|(member=x)(memberUid=a\\29\\28b=\\2a)(gidNumber=\\00)(cn=100%))"
        );
        assert_eq!(
            filter.of_group(&value("cn=x")).unwrap(),
            "(|(member=cn=x)(memberUid=\\00)(gidNumber=\\00)(cn=100%))"
        );
        assert_eq!(filter.any(), "(|(member=*)(memberUid=*)(gidNumber=*)(cn=100%))");
        let of_users = Memberships::parse("user_groups_filter", "(memberUid=%u)").unwrap();
        assert_eq!(of_users.of_group(&value("cn=x")), None);
    }

    #[test]
    fn filters_that_match_nothing_are_refused() {
        for (filter, expected) in [
            (
                "(&(objectClass=posixGroup)(memberUid=%s))",
                "`memberUid` holds login names, which `%u` stands for",
            ),
            ("(&(objectClass=posixGroup)(MEMBERUID=%g))", "`MEMBERUID` holds login names"),
            ("(|(member=%u)(memberUid=%u))", "`member` holds DNs, which `%s` stands for"),
            ("(member:1.2.840.113556.1.4.1941:=%u)", "`member` holds DNs"),
            ("(uniqueMember=%g)", "`uniqueMember` holds DNs"),
            ("(gidNumber=%u)", "`gidNumber` holds numbers of groups, which `%g` stands for"),
            ("(memberUid=x)", "needs a `%s`"),
            ("(memberUid=%u", "isn't a filter"),
            ("(%u=x)", "stands where no value can be"),
        ] {
            let error = Memberships::parse("user_groups_filter", filter).unwrap_err().to_string();
            assert!(error.contains(expected), "{filter}: {error}");
        }
        for filter in ["(member=%s)", "(mail=%u)", "(owner=%s)", "(&(memberUid=%u)(objectClass=posixGroup))"]
        {
            Memberships::parse("user_groups_filter", filter).unwrap();
        }
    }
}
