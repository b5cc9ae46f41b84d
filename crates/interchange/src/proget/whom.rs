//! Whom a name means: somebody built in, or somebody outside (access model, sections 6 and 9).

use std::ops::Deref;

use super::{
    Outsiders,
    carried::Carried,
    hybrid::{Holders, Hybrid},
    people::People,
    shape::PrincipalType,
};
use crate::{existing::Existing, key::Who};
use feedgate_model::{
    Effect, Name, directory,
    edit::{PrincipalName, PrincipalRef},
};

/// What tells whom names mean.
#[derive(Clone, Copy)]
pub(super) struct Whom<'c, 'a> {
    pub(super) people: &'c People<'a>,
    pub(super) existing: &'c Existing<'c>,
    pub(super) outsiders: &'c Outsiders,
}

/// Whom a name means.
pub(super) struct Meant<P> {
    /// Nobody, if what names them is left out.
    pub(super) principals: Vec<P>,
    /// Who it is, and what became of them, where a hybrid directory had them.
    pub(super) rebound: Option<String>,
}

impl<P> Meant<P> {
    /// One, and nothing to report.
    pub(super) fn just(principal: P) -> Self {
        Self { principals: vec![principal], rebound: None }
    }
}

impl Whom<'_, '_> {
    /// Whom a grant is for; why that can't be said, if so.
    pub(super) fn of_grant(
        &self,
        effect: Effect,
        name: &Name,
        kind: Option<PrincipalType>,
    ) -> Result<Meant<PrincipalRef>, String> {
        let Some(kind) = kind.map_or_else(|| self.only_kind(name), |kind| Ok(Some(kind)))? else {
            return match self.outsiders {
                Outsiders::Among(..) if effect == Effect::Permit => Ok(Meant {
                    principals: Vec::new(),
                    rebound: Some(format!(
                        "`{name}`: left out, no member has a user or a group of this name"
                    )),
                }),
                _ => Err(format!(
                    "there is no user or group `{name}`, and without `principalType` none can be created"
                )),
            };
        };
        let Meant { principals, rebound } = self.of_kind(effect, name, kind)?;
        let principal = |principal| match kind {
            PrincipalType::User => PrincipalRef::User(principal),
            PrincipalType::Group => PrincipalRef::Group(principal),
        };
        Ok(Meant { principals: principals.into_iter().map(principal).collect(), rebound })
    }

    fn of_kind(
        &self,
        effect: Effect,
        name: &Name,
        kind: PrincipalType,
    ) -> Result<Meant<PrincipalName>, String> {
        let is_built_in = self.is_built_in(kind, name);
        match self.outsiders {
            // The one who is known to have the name gets the permission. A restriction isn't as easily satisfied:
            // the files don't say whether a namesake in the hybrid directory was meant.
            Outsiders::Among(hybrid, holders) if !is_built_in || effect == Effect::Restrict => {
                let holders = asked(holders, kind, name)?;
                let places = match effect {
                    Effect::Permit => Places::first(holders),
                    Effect::Restrict => Places::every(is_built_in, holders, hybrid, name)?,
                };
                Ok(places.meant(kind, name))
            }
            _ if is_built_in => Ok(Meant::just(PrincipalName::built_in(name.clone()))),
            Outsiders::In(directory) => Ok(Meant::just(Who::new(Some(directory), name).to_principal())),
            Outsiders::Nowhere | Outsiders::Among(..) => Err(format!(
                "the {kind} `{name}` isn't built in; give the directory that has names like this"
            )),
        }
    }

    /// Whom a built-in group has in it; why that can't be said, if so.
    ///
    /// A membership carries all that its group may and may not do, so neither place is safe for everybody: with
    /// the first holder alone a namesake behind it would shed the group's restrictions, with every holder it would
    /// come by the group's permissions. What the group has decides: with restrictions only, every holder is in it,
    /// and by name if there is none yet, as for a restriction; without any, the first holder, as for a permission.
    /// Where both are at stake and it isn't exactly one who has the name, an operator has to say who is meant.
    pub(super) fn of_member<'g>(
        &self,
        group: &Name,
        name: &Name,
        carried: &impl Deref<Target = Carried<'g>>,
    ) -> Result<Meant<PrincipalName>, String> {
        let kind = PrincipalType::User;
        // Users say themselves which groups they are in, and they are built in.
        if self.is_built_in(kind, name) {
            return Ok(Meant::just(PrincipalName::built_in(name.clone())));
        }
        match self.outsiders {
            Outsiders::In(directory) => Ok(Meant::just(Who::new(Some(directory), name).to_principal())),
            Outsiders::Nowhere => Err(format!(
                "the group `{group}` has the user `{name}`, who isn't built in; \
                 give the directory that has names like this"
            )),
            Outsiders::Among(hybrid, holders) => {
                let holders = asked(holders, kind, name)?;
                let carries = carried.by(group);
                let places = match (holders, carries.permits, carries.restricts) {
                    ([_], _, _) | (_, _, false) => Places::first(holders),
                    (_, false, true) => Places::every(false, holders, hybrid, name)?,
                    (_, true, true) => {
                        let how_many =
                            if holders.is_empty() { "no member has" } else { "several members have" };
                        return Err(format!(
                            "the group `{group}`, which has both permissions and restrictions, has the user \
                             `{name}`, whom {how_many}; take it out of the file, and add who is meant with \
                             `feedgate group add-member`"
                        ));
                    }
                };
                Ok(places.meant(kind, name))
            }
        }
    }

    /// Whether somebody of this name is built in, by the files or by the store.
    fn is_built_in(&self, kind: PrincipalType, name: &Name) -> bool {
        match kind {
            PrincipalType::User => self.people.has_user(name, self.existing),
            PrincipalType::Group => self.people.has_group(name, self.existing),
        }
    }

    /// Without a type a name means the only principal of that name; none if there is nobody.
    fn only_kind(&self, name: &Name) -> Result<Option<PrincipalType>, String> {
        let mut there = Vec::new();
        for kind in PrincipalType::ALL {
            let inside = self.is_built_in(kind, name);
            let outside = match self.outsiders {
                Outsiders::Nowhere => false,
                Outsiders::In(directory) => {
                    let who = Who::new(Some(directory), name);
                    who.directory.is_some()
                        && match kind {
                            PrincipalType::User => self.existing.users.has(who),
                            PrincipalType::Group => self.existing.groups.has(who),
                        }
                }
                // Namesakes of one kind are no question of which: there are rules for them.
                Outsiders::Among(_, holders) => !inside && !asked(holders, kind, name)?.is_empty(),
            };
            there.extend([inside, outside].into_iter().filter(|is| *is).map(|_| kind));
        }
        match there.as_slice() {
            [] => Ok(None),
            [kind] => Ok(Some(*kind)),
            _ => Err(format!("`{name}` is the name of more than one user or group; add `principalType`")),
        }
    }
}

fn asked<'h>(holders: &'h Holders, kind: PrincipalType, name: &Name) -> Result<&'h [Name], String> {
    holders.of(kind, name).ok_or_else(|| format!("no member was asked about the {kind} `{name}`"))
}

/// Where somebody of a hybrid directory is from now on.
struct Places<'h> {
    is_built_in: bool,
    outside: Vec<&'h Name>,
    /// Nobody has the name; it is kept for whoever will.
    by_name: bool,
}

impl<'h> Places<'h> {
    fn first(holders: &'h [Name]) -> Self {
        Self { is_built_in: false, outside: holders.iter().take(1).collect(), by_name: false }
    }

    /// What restricts somebody whom nobody has isn't left out: it would be an open door for whoever comes by the
    /// name. A restriction counts by name, so it is kept in every member. But a name with a domain is nobody's
    /// in the directory of that domain: there it is without.
    fn every(
        is_built_in: bool,
        holders: &'h [Name],
        hybrid: &'h Hybrid,
        name: &Name,
    ) -> Result<Self, String> {
        if is_built_in || !holders.is_empty() {
            return Ok(Self { is_built_in, outside: holders.iter().collect(), by_name: false });
        }
        let outside: Vec<_> = hybrid.outside().collect();
        if outside.is_empty() || name.as_str().contains(['@', '\\']) {
            return Err(format!(
                "`{name}` is to be restricted, and no member has this name; leaving it out would be an open door: \
                 name them as a member does, or take it out of the file"
            ));
        }
        Ok(Self { is_built_in: false, outside, by_name: true })
    }

    fn meant(self, kind: PrincipalType, name: &Name) -> Meant<PrincipalName> {
        let Self { is_built_in, outside, by_name } = self;
        if outside.is_empty() && is_built_in {
            return Meant::just(PrincipalName::built_in(name.clone()));
        }
        let inside = is_built_in.then_some(directory::BUILT_IN_NAME);
        let names = inside.into_iter().chain(outside.iter().map(|directory| directory.as_str()));
        let names: Vec<_> = names.map(|directory| format!("`{directory}`")).collect();
        let names = names.join(", ");
        let rebound = match (outside.is_empty(), by_name) {
            (true, _) => format!("the {kind} `{name}`: left out, no member has a {kind} of this name"),
            (false, false) => format!("the {kind} `{name}`: hybrid → {names}"),
            (false, true) => {
                format!(
                    "the {kind} `{name}`: hybrid → {names}, by name, as no member has a {kind} of this name"
                )
            }
        };
        let built_in = is_built_in.then(|| PrincipalName::built_in(name.clone()));
        let outside = outside.into_iter().map(|directory| Who::new(Some(directory), name).to_principal());
        Meant { principals: built_in.into_iter().chain(outside).collect(), rebound: Some(rebound) }
    }
}
