//! Which names with a domain a directory answers for.

use feedgate_model::NameKey;

/// Domains and NETBIOS names. They compare as all names do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The part of `jdoe@mycompany.corp` behind `@`.
    pub domains: Vec<Box<str>>,
    /// The part of `MYCOMPANY\jdoe` before `\`.
    pub netbios: Vec<Box<str>>,
}

impl Claims {
    /// Whether a domain is among them, in either form.
    pub fn hold(&self, domain: &NameKey<'_>) -> bool {
        let mut claims = self.domains.iter().chain(&self.netbios);
        claims.any(|claim| NameKey::new(claim).is_ok_and(|claim| claim.as_bytes() == domain.as_bytes()))
    }
}
