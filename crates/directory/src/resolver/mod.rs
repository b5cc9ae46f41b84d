//! Whom a name means (access model, section 6).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    connection::{Connection, Connections},
    error::ResolveError,
    external::{Key, Qualified},
    people::{Basis, Known, MAX_ID, OwnedKey},
};
use feedgate_engine::{Index, Member};
use feedgate_model::{BareNames, Directory, DirectoryId, NameKey, Namesakes, User, UserId};

/// How a user is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity<'a> {
    Name(&'a str),
    /// As an earlier answer gave it.
    Id(&'a str),
}

/// Whom a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved<'i> {
    BuiltIn(Member<'i>),
    Outside(Outside),
    /// Every directory that had to be asked was, and none knows the name.
    Unknown,
}

/// Somebody of an external directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    pub directory: DirectoryId,
    pub known: Arc<Known>,
    /// What else the policy calls them.
    pub namesakes: Namesakes,
}

/// Whom a name means, and what external directories have to do with that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup<'i> {
    pub resolved: Resolved<'i>,
    /// The oldest of what they said; none if none was needed.
    pub basis: Option<Basis>,
    /// If nobody is meant: users that the policy has by the name that was asked about, in the directories that don't know
    /// it. What restricts them holds (access model, section 6).
    pub named: NamedUsers,
}

/// Users of the policy by a name. A name is looked for as a whole and without its domain.
pub type NamedUsers = SmallVec<[UserId; 2]>;

/// Why there is no answer yet, or none at all.
#[derive(Clone, Debug)]
pub enum Unresolved {
    /// This connection has to be asked about this, and then it can be tried again.
    Ask(Arc<Connection>, OwnedKey),
    /// The policy has names of this directory that nobody has looked up yet.
    Bind(Arc<Connection>, DirectoryId),
    Never(ResolveError),
}

impl From<ResolveError> for Unresolved {
    fn from(error: ResolveError) -> Self {
        Self::Never(error)
    }
}

/// Finds the user that a name or an id means, from the policy and what is remembered. Doesn't wait.
///
/// With a directory, the name is taken literally. Without one, a name with `@` or `\` is looked for in the
/// enabled directories that claim its domain, and is a plain built-in name if none does; a bare name is looked
/// for in all enabled directories, in their order.
pub fn resolve<'i>(
    index: &'i Index,
    connections: &Connections,
    directory: Option<&str>,
    identity: Identity<'_>,
) -> Result<Lookup<'i>, Unresolved> {
    let search = Search { index, connections };
    let directory = directory.map(|name| enabled(index, name)).transpose()?;
    match (directory, identity) {
        (Some(directory), Identity::Id(id)) => search.by_id(directory, id),
        (None, Identity::Id(id)) => Err(ResolveError::InvalidId(id.into()).into()),
        (Some(directory), Identity::Name(name)) => search.by_name(directory, &Asked::literally(name)?),
        (None, Identity::Name(name)) => {
            let (directories, asked) = candidates(index, connections, name)?;
            search.among(&directories, &asked)
        }
    }
}

/// The directories that a name without one is looked for in, in their order, and how it is put to them.
pub fn candidates<'a>(
    index: &'a Index,
    connections: &Connections,
    name: &'a str,
) -> Result<(InOrder<'a>, Asked<'a>), ResolveError> {
    let asked = Asked::literally(name)?;
    let Some(qualified) = Qualified::parse(name) else { return Ok((in_order(index, |_| true), asked)) };
    let claimants = claimants(index, connections, qualified)?;
    if claimants.is_empty() {
        return Ok((in_order(index, Directory::is_built_in), asked));
    }
    Ok((claimants, Asked { key: Key::Qualified(qualified), ..asked }))
}

/// Directories in their order. Few have more than two.
pub type InOrder<'a> = SmallVec<[&'a Directory; 2]>;

/// A name as it is looked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// In the built-in directory: the whole, whatever is in it.
    name: NameKey<'a>,
    /// In an external one.
    pub key: Key<'a>,
    pub text: &'a str,
}

impl<'a> Asked<'a> {
    /// Refuses what can't be a name.
    pub fn literally(text: &'a str) -> Result<Self, ResolveError> {
        let name = NameKey::new(text).map_err(ResolveError::InvalidName)?;
        Ok(Self { name, key: Key::Name(text), text })
    }
}

/// The directory of a name, if it is enabled.
pub fn enabled<'a>(index: &'a Index, name: &str) -> Result<&'a Directory, ResolveError> {
    let directory = there(index, name)?;
    if directory.enabled { Ok(directory) } else { Err(ResolveError::DisabledDirectory(name.into())) }
}

/// The directory of a name, enabled or not: to look into it, never to decide by it.
pub fn there<'a>(index: &'a Index, name: &str) -> Result<&'a Directory, ResolveError> {
    let key = NameKey::new(name).map_err(ResolveError::InvalidDirectoryName)?;
    let directory = index.directory_named(&key);
    directory.map(|it| &**it).ok_or_else(|| ResolveError::UnknownDirectory(name.into()))
}

/// The enabled directories that are wanted, in their order.
pub fn in_order(index: &Index, wanted: impl Fn(&Directory) -> bool) -> InOrder<'_> {
    index.enabled_directories().iter().map(Arc::as_ref).filter(|directory| wanted(directory)).collect()
}

/// Who claims a name's domain: by the policy, or because the directory itself has said so. One that hasn't had the
/// chance to say so yet might.
fn claimants<'a>(
    index: &'a Index,
    connections: &Connections,
    name: Qualified<'_>,
) -> Result<InOrder<'a>, ResolveError> {
    let Ok(domain) = NameKey::new(name.domain) else { return Ok(InOrder::new()) };
    let by_itself = |directory: &Directory| connections.get(&directory.name)?.claims(&domain);
    let claimed =
        in_order(index, |directory| directory.claims(&domain) || by_itself(directory) == Some(true));
    if !claimed.is_empty() {
        return Ok(claimed);
    }
    // Nor has one that this server can't ask, unless the policy says what it answers for.
    let silent = in_order(index, |directory| {
        !directory.is_built_in()
            && match connections.get(&directory.name) {
                Some(_) => by_itself(directory).is_none(),
                None => directory.domains.is_empty() && directory.netbios.is_empty(),
            }
    });
    match silent.first() {
        None => Ok(claimed),
        Some(directory) => {
            Err(unreachable(directory, name.whole, "it hasn't said yet which domains it answers for"))
        }
    }
}

/// A place to look in.
struct Search<'i, 'c> {
    index: &'i Index,
    connections: &'c Connections,
}

impl<'i> Search<'i, '_> {
    /// Looks for a name in several directories. One that can't be asked ends the search: behind it nobody knows
    /// whether a name is ambiguous, or whose it is.
    fn among(&self, directories: &[&Directory], asked: &Asked<'_>) -> Result<Lookup<'i>, Unresolved> {
        let mut found: SmallVec<[(&Directory, Resolved<'i>); 1]> = SmallVec::new();
        let mut basis: Option<Basis> = None;
        let mut named = NamedUsers::new();
        for directory in directories {
            let lookup = self.by_name(directory, asked)?;
            basis = both(basis, lookup.basis);
            named.extend(lookup.named);
            if lookup.resolved != Resolved::Unknown {
                found.push((directory, lookup.resolved));
                if self.index.settings().bare_names == BareNames::First {
                    break;
                }
            }
        }
        if found.len() > 1 {
            let directories = found.iter().map(|(directory, _)| directory.name.as_str().into()).collect();
            return Err(ResolveError::Ambiguous { name: asked.text.into(), directories }.into());
        }
        let resolved = found.pop().map_or(Resolved::Unknown, |(_, resolved)| resolved);
        if resolved != Resolved::Unknown {
            named.clear();
        }
        Ok(Lookup { resolved, basis, named })
    }

    fn by_name(&self, directory: &Directory, asked: &Asked<'_>) -> Result<Lookup<'i>, Unresolved> {
        if directory.is_built_in() {
            let user = self.index.member_named(DirectoryId::BUILT_IN, &asked.name);
            return Ok(Lookup { resolved: built_in(user), basis: None, named: NamedUsers::new() });
        }
        self.outside(directory, asked.key, Some(asked))
    }

    fn by_id(&self, directory: &Directory, id: &str) -> Result<Lookup<'i>, Unresolved> {
        if !directory.is_built_in() {
            if id.len() > MAX_ID {
                return Err(ResolveError::InvalidId(id.chars().take(64).collect()).into());
            }
            return self.outside(directory, Key::Id(id), None);
        }
        let number = id.parse().map_err(|_| ResolveError::InvalidId(id.chars().take(64).collect()))?;
        let user = self.index.user(UserId(number)).filter(|user| user.directory == DirectoryId::BUILT_IN);
        let resolved = built_in(user.map(|user| Member::of(user)));
        Ok(Lookup { resolved, basis: None, named: NamedUsers::new() })
    }

    fn outside(
        &self,
        directory: &Directory,
        key: Key<'_>,
        asked: Option<&Asked<'_>>,
    ) -> Result<Lookup<'i>, Unresolved> {
        let Some(connection) = self.connections.get(&directory.name) else {
            let why = "this server has no connection to it";
            return Err(unreachable(directory, OwnedKey::from(key).text(), why).into());
        };
        let people = connection.people();
        let Some(mut sighting) = people.recall(key) else {
            return Err(Unresolved::Ask(Arc::clone(connection), key.into()));
        };
        // Whoever has the name may have been asked about by another one since.
        let id = sighting.who.as_ref().map(|known| known.person.id.clone());
        if let Some(newer) = id.and_then(|id| people.recall(Key::Id(&id)))
            && newer.who.is_some()
            && newer.asked > sighting.asked
        {
            sighting = newer;
        }
        let named = asked.into_iter().flat_map(|asked| self.named(directory, asked));
        let mut unknown = NamedUsers::new();
        let resolved = match &sighting.who {
            None => {
                unknown.extend(named.map(|user| user.id));
                Resolved::Unknown
            }
            Some(known) => {
                let unbound = self.index.unbound_in(directory.id);
                // One of those names may be this person, and a restriction be meant for it.
                let Some(mut namesakes) = connection.namesakes(unbound, &known.outsider) else {
                    return Err(Unresolved::Bind(Arc::clone(connection), directory.id));
                };
                // The name that was asked about may be the one of a restriction, whoever has it now. Mostly it is the
                // user's own, which counts anyway.
                let others = named.filter(|user| known.outsider.name.as_deref() != Some(user.name.key()));
                namesakes.users.extend(others.map(|user| user.id));
                Resolved::Outside(Outside { directory: directory.id, known: Arc::clone(known), namesakes })
            }
        };
        Ok(Lookup { resolved, basis: Some(sighting.basis(people.ages())), named: unknown })
    }

    /// The users of a directory that the policy has by the name that was asked about: by the whole, and by the part
    /// without the domain.
    fn named(
        &self,
        directory: &Directory,
        asked: &Asked<'_>,
    ) -> impl Iterator<Item = &'i Arc<User>> + use<'i> {
        let whole = self.index.user_named(directory.id, &asked.name);
        let part = match asked.key {
            Key::Qualified(Qualified { name, .. }) => NameKey::new(name).ok(),
            Key::Name(_) | Key::Id(_) => None,
        };
        let part = part.and_then(|name| self.index.user_named(directory.id, &name));
        whole.into_iter().chain(part)
    }
}

fn both(one: Option<Basis>, other: Option<Basis>) -> Option<Basis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

fn built_in(user: Option<Member<'_>>) -> Resolved<'_> {
    user.map_or(Resolved::Unknown, Resolved::BuiltIn)
}

/// A directory that can't be asked about somebody.
pub fn unreachable(directory: &Directory, name: &str, cause: &str) -> ResolveError {
    ResolveError::Unreachable {
        directory: directory.name.as_str().into(),
        name: name.chars().flat_map(char::escape_debug).take(256).collect(),
        cause: cause.into(),
    }
}

#[cfg(test)]
mod tests;
