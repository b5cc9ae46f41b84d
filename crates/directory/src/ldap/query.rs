//! What is asked of a server.

use std::{fmt, sync::Arc};

use ldap3::Scope;

/// A search.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) base: Arc<str>,
    pub(super) scope: Scope,
    /// In which every value is escaped.
    pub(super) filter: String,
    pub(super) attributes: Arc<[Box<str>]>,
    pub(super) bound: Bound,
}

/// How many entries are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// All; more than that is an error.
    All(usize),
    /// That many do, whichever they are. For lists that people choose from, not for decisions.
    Enough(usize),
}

impl Query {
    /// A search for all that is below a base.
    pub(super) fn below(base: &Arc<str>, filter: String, attributes: &Arc<[Box<str>]>, bound: Bound) -> Self {
        Self { base: base.clone(), scope: Scope::Subtree, filter, attributes: attributes.clone(), bound }
    }

    /// One entry's attributes.
    pub(super) fn entry(dn: &str, attributes: &[&str]) -> Self {
        let attributes = attributes_of(attributes);
        let filter = "(objectClass=*)".into();
        Self { base: dn.into(), scope: Scope::Base, filter, attributes, bound: Bound::All(1) }
    }
}

pub(super) fn attributes_of(names: &[&str]) -> Arc<[Box<str>]> {
    names.iter().map(|name| Box::from(*name)).collect()
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Base => "base",
            Scope::OneLevel => "one",
            Scope::Subtree => "sub",
        };
        write!(f, "base `{}`, scope {scope}, filter `{}`", self.base, self.filter)
    }
}
