//! Whom a name means (access model, section 6).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    connection::{Connection, Connections},
    error::ResolveError,
    external::{Key, Qualified},
    people::{Basis, Known, OwnedKey},
};
use crate::{
    engine::Index,
    model::{BareNames, Directory, DirectoryId, NameKey, Namesakes, User, UserId},
};

/// The longest id of an external directory, in bytes.
const MAX_ID: usize = 1_024;

/// How a user is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity<'a> {
    Name(&'a str),
    /// As an earlier answer gave it.
    Id(&'a str),
}

/// Whom a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    BuiltIn(Arc<User>),
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
pub struct Lookup {
    pub resolved: Resolved,
    /// The oldest of what they said; none if none was needed.
    pub basis: Option<Basis>,
}

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
pub fn resolve(
    index: &Index,
    connections: &Connections,
    directory: Option<&str>,
    identity: Identity<'_>,
) -> Result<Lookup, Unresolved> {
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
    let mut directories: InOrder<'_> = index
        .directories()
        .map(Arc::as_ref)
        .filter(|directory| directory.enabled && wanted(directory))
        .collect();
    directories.sort_by_key(|directory| (directory.position, directory.id));
    directories
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
struct Search<'a> {
    index: &'a Index,
    connections: &'a Connections,
}

impl Search<'_> {
    /// Looks for a name in several directories. One that can't be asked ends the search: behind it nobody knows
    /// whether a name is ambiguous, or whose it is.
    fn among(&self, directories: &[&Directory], asked: &Asked<'_>) -> Result<Lookup, Unresolved> {
        let mut found: SmallVec<[(&Directory, Resolved); 1]> = SmallVec::new();
        let mut basis: Option<Basis> = None;
        for directory in directories {
            let lookup = self.by_name(directory, asked)?;
            basis = both(basis, lookup.basis);
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
        Ok(Lookup { resolved, basis })
    }

    fn by_name(&self, directory: &Directory, asked: &Asked<'_>) -> Result<Lookup, Unresolved> {
        if directory.is_built_in() {
            let user = self.index.user_named(DirectoryId::BUILT_IN, &asked.name);
            return Ok(Lookup { resolved: built_in(user), basis: None });
        }
        self.outside(directory, asked.key)
    }

    fn by_id(&self, directory: &Directory, id: &str) -> Result<Lookup, Unresolved> {
        if !directory.is_built_in() {
            if id.len() > MAX_ID {
                return Err(ResolveError::InvalidId(id.chars().take(64).collect()).into());
            }
            return self.outside(directory, Key::Id(id));
        }
        let number = id.parse().map_err(|_| ResolveError::InvalidId(id.chars().take(64).collect()))?;
        let user = self.index.user(UserId(number)).filter(|user| user.directory == DirectoryId::BUILT_IN);
        Ok(Lookup { resolved: built_in(user), basis: None })
    }

    fn outside(&self, directory: &Directory, key: Key<'_>) -> Result<Lookup, Unresolved> {
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
        let resolved = match &sighting.who {
            None => Resolved::Unknown,
            Some(known) => {
                let unbound = self.index.unbound_in(directory.id);
                // One of those names may be this person, and a restriction be meant for it.
                let Some(namesakes) = connection.namesakes(unbound, &known.outsider) else {
                    return Err(Unresolved::Bind(Arc::clone(connection), directory.id));
                };
                Resolved::Outside(Outside { directory: directory.id, known: Arc::clone(known), namesakes })
            }
        };
        Ok(Lookup { resolved, basis: Some(sighting.basis(people.ages())) })
    }
}

fn both(one: Option<Basis>, other: Option<Basis>) -> Option<Basis> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

fn built_in(user: Option<&Arc<User>>) -> Resolved {
    user.map_or(Resolved::Unknown, |user| Resolved::BuiltIn(Arc::clone(user)))
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
mod tests {
    use super::*;
    use crate::{
        model::edit::{DirectorySpec, Edit, PrincipalName, SettingsSpec, Spec, Step, UserSpec},
        model::{Name, Policy, Revision, StoreId},
        policy::Draft,
    };

    fn name(name: &str) -> Name {
        Name::new(name).unwrap()
    }

    fn index(edits: Vec<Edit>) -> Index {
        let start =
            Index::build(Revision { store: StoreId(1), number: 0 }, Policy::initial().unwrap()).unwrap();
        let mut draft = Draft::new(&start);
        for edit in edits {
            draft.apply(&Step { edit, expected_revision: None }).unwrap();
        }
        draft.finish().index
    }

    fn user(user: &str) -> Edit {
        Edit::Create(Spec::User(UserSpec {
            user: PrincipalName::built_in(name(user)),
            display_name: None,
            email: None,
            disabled: None,
            external_id: None,
        }))
    }

    fn directory(directory: &str, enabled: bool) -> Edit {
        Edit::Create(Spec::Directory(DirectorySpec {
            name: name(directory),
            domains: Some(vec![name(directory)]),
            netbios: Some(vec![name("CORP")]),
            enabled: Some(enabled),
            position: None,
        }))
    }

    /// `known NAME`, `unknown`, or the start of the error.
    fn check(index: &Index, directory: Option<&str>, name: &str, expected: &str) {
        let answer = match resolve(index, &Connections::none(), directory, Identity::Name(name)) {
            Ok(Lookup { resolved: Resolved::BuiltIn(user), basis: None }) => format!("known {}", user.name),
            Ok(Lookup { resolved: Resolved::Unknown, basis: None }) => "unknown".into(),
            Err(Unresolved::Never(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(answer.starts_with(expected), "{directory:?} {name}: {answer}");
    }

    #[test]
    fn built_in_names() {
        let index = index(vec![user("jDoe"), user("odd@nowhere.example"), user("A\\b")]);
        check(&index, None, "JDOE", "known jDoe");
        check(&index, Some("built-in"), "jdoe", "known jDoe");
        check(&index, None, "nobody", "unknown");
        check(&index, None, "odd@nowhere.example", "known odd@nowhere.example");
        check(&index, None, "a\\B", "known A\\b");
        check(&index, Some("corp"), "jdoe", "no directory is called `corp`");
        check(&index, None, "", "subject: a name must not be empty");
    }

    #[test]
    fn a_directory_that_cannot_be_asked_ends_the_search() {
        let on = index(vec![user("jdoe"), user("x@corp.example"), directory("corp.example", true)]);
        check(&on, None, "jdoe", "the directory `corp.example` can't be asked about `jdoe`");
        check(&on, None, "x@corp.example", "the directory `corp.example` can't be asked");
        check(&on, None, "corp\\x", "the directory `corp.example` can't be asked");
        check(&on, None, "x@other.example", "unknown");
        check(&on, Some("built-in"), "x@corp.example", "known x@corp.example");

        let off = index(vec![user("jdoe"), user("x@corp.example"), directory("corp.example", false)]);
        check(&off, None, "jdoe", "known jdoe");
        check(&off, None, "x@corp.example", "known x@corp.example");
        check(&off, Some("corp.example"), "jdoe", "the directory `corp.example` is disabled");
    }

    #[test]
    fn a_disabled_built_in_directory_knows_nobody() {
        let disabled = Edit::Update(Spec::Directory(DirectorySpec {
            name: name("built-in"),
            domains: None,
            netbios: None,
            enabled: Some(false),
            position: None,
        }));
        let index = index(vec![user("jdoe"), user("odd@nowhere.example"), disabled]);
        check(&index, None, "jdoe", "unknown");
        check(&index, None, "odd@nowhere.example", "unknown");
        check(&index, Some("built-in"), "jdoe", "the directory `built-in` is disabled");
    }

    #[test]
    fn the_first_holder_is_enough_when_settings_say_so() {
        let bare_names = Some(BareNames::First);
        let settings = Edit::Put(Spec::Settings(SettingsSpec { bare_names, ..SettingsSpec::default() }));
        let index = index(vec![user("jdoe"), directory("corp.example", true), settings]);
        check(&index, None, "jdoe", "known jdoe");
        check(&index, None, "other", "the directory `corp.example` can't be asked");
    }

    #[test]
    fn ids_survive_and_are_never_guessed() {
        let index = index(vec![user("jdoe")]);
        let by_id = |directory, id| match resolve(&index, &Connections::none(), directory, Identity::Id(id)) {
            Ok(lookup) => Ok(lookup.resolved),
            Err(Unresolved::Never(error)) => Err(error),
            Err(other) => panic!("there is nobody to ask: {other:?}"),
        };
        assert!(
            matches!(by_id(Some("built-in"), "2"), Ok(Resolved::BuiltIn(user)) if user.name == name("jdoe"))
        );
        assert_eq!(by_id(Some("built-in"), "77"), Ok(Resolved::Unknown));
        assert_eq!(by_id(Some("built-in"), "jdoe"), Err(ResolveError::InvalidId("jdoe".into())));
        assert_eq!(by_id(None, "2"), Err(ResolveError::InvalidId("2".into())));
    }
}
