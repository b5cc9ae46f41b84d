//! Whom a name means (access model, section 6).

use std::sync::Arc;

use smallvec::SmallVec;

use super::error::ResolveError;
use crate::{
    engine::Index,
    model::{BareNames, Directory, DirectoryId, NameKey, User, UserId},
};

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
    Known(Arc<User>),
    /// Every directory that had to be asked was, and none knows the name.
    Unknown,
}

/// Finds the user that a name or an id means.
///
/// With a directory, the name is taken literally. Without one, a name with `@` or `\` is looked for in the
/// enabled directories that claim its domain, and is a plain built-in name if none does; a bare name is looked
/// for in all enabled directories, in their order.
pub fn resolve(
    index: &Index,
    directory: Option<&str>,
    identity: Identity<'_>,
) -> Result<Resolved, ResolveError> {
    let directory = directory.map(|name| enabled(index, name)).transpose()?;
    match (directory, identity) {
        (Some(directory), Identity::Id(id)) => by_id(index, directory, id),
        (None, Identity::Id(id)) => Err(ResolveError::InvalidId(id.into())),
        (Some(directory), Identity::Name(name)) => by_name(index, directory, name, &key_of(name)?),
        (None, Identity::Name(name)) => {
            let key = key_of(name)?;
            match claimants(index, name) {
                Claim::None => {
                    let directories = in_order(index, Directory::is_built_in);
                    among(index, &directories, name, &key)
                }
                Claim::Bare => {
                    let directories = in_order(index, |_| true);
                    among(index, &directories, name, &key)
                }
                Claim::By(directories) => among(index, &directories, name, &key),
            }
        }
    }
}

fn key_of(name: &str) -> Result<NameKey<'_>, ResolveError> {
    NameKey::new(name).map_err(ResolveError::InvalidName)
}

fn enabled<'a>(index: &'a Index, name: &str) -> Result<&'a Directory, ResolveError> {
    let key = NameKey::new(name).map_err(ResolveError::InvalidDirectoryName)?;
    match index.directory_named(&key) {
        None => Err(ResolveError::UnknownDirectory(name.into())),
        Some(directory) if !directory.enabled => Err(ResolveError::DisabledDirectory(name.into())),
        Some(directory) => Ok(directory),
    }
}

/// Directories in their order. Few have more than two.
type InOrder<'a> = SmallVec<[&'a Directory; 2]>;

fn in_order(index: &Index, wanted: impl Fn(&Directory) -> bool) -> InOrder<'_> {
    let mut directories: InOrder<'_> = index
        .directories()
        .map(Arc::as_ref)
        .filter(|directory| directory.enabled && wanted(directory))
        .collect();
    directories.sort_by_key(|directory| (directory.position, directory.id));
    directories
}

/// Who claims a name's domain.
enum Claim<'a> {
    /// It has no domain.
    Bare,
    /// It has one that nobody claims.
    None,
    By(InOrder<'a>),
}

fn claimants<'a>(index: &'a Index, name: &str) -> Claim<'a> {
    let domain = match (name.split_once('\\'), name.rsplit_once('@')) {
        (Some((netbios, _)), _) => netbios,
        (None, Some((_, domain))) => domain,
        (None, None) => return Claim::Bare,
    };
    let Ok(domain) = NameKey::new(domain) else { return Claim::None };
    let claimed = in_order(index, |directory| {
        let mut claims = directory.domains.iter().chain(&directory.netbios);
        claims.any(|claim| claim.key() == domain.as_bytes())
    });
    if claimed.is_empty() { Claim::None } else { Claim::By(claimed) }
}

/// Looks for a name in several directories. One that can't be asked ends the search: behind it nobody knows
/// whether a name is ambiguous, or whose it is.
fn among(
    index: &Index,
    directories: &[&Directory],
    name: &str,
    key: &NameKey<'_>,
) -> Result<Resolved, ResolveError> {
    let mut found: SmallVec<[(&Directory, Arc<User>); 1]> = SmallVec::new();
    for directory in directories {
        if let Resolved::Known(user) = by_name(index, directory, name, key)? {
            if index.settings().bare_names == BareNames::First {
                return Ok(Resolved::Known(user));
            }
            found.push((directory, user));
        }
    }
    if found.len() > 1 {
        let directories = found.iter().map(|(directory, _)| directory.name.as_str().into()).collect();
        return Err(ResolveError::Ambiguous { name: name.into(), directories });
    }
    Ok(found.pop().map_or(Resolved::Unknown, |(_, user)| Resolved::Known(user)))
}

fn by_name(
    index: &Index,
    directory: &Directory,
    name: &str,
    key: &NameKey<'_>,
) -> Result<Resolved, ResolveError> {
    if directory.is_built_in() { Ok(built_in(index, key)) } else { Err(unreachable(directory, name)) }
}

fn built_in(index: &Index, key: &NameKey<'_>) -> Resolved {
    let user = index.user_named(DirectoryId::BUILT_IN, key);
    user.map_or(Resolved::Unknown, |user| Resolved::Known(user.clone()))
}

fn by_id(index: &Index, directory: &Directory, id: &str) -> Result<Resolved, ResolveError> {
    if !directory.is_built_in() {
        return Err(unreachable(directory, id));
    }
    let number = id.parse().map_err(|_| ResolveError::InvalidId(id.chars().take(64).collect()))?;
    let user = index.user(UserId(number)).filter(|user| user.directory == DirectoryId::BUILT_IN);
    Ok(user.map_or(Resolved::Unknown, |user| Resolved::Known(user.clone())))
}

fn unreachable(directory: &Directory, name: &str) -> ResolveError {
    ResolveError::Unreachable {
        directory: directory.name.as_str().into(),
        name: name.chars().flat_map(char::escape_debug).take(256).collect(),
        cause: "this server has no connection to it".into(),
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
        let answer = match resolve(index, directory, Identity::Name(name)) {
            Ok(Resolved::Known(user)) => format!("known {}", user.name),
            Ok(Resolved::Unknown) => "unknown".into(),
            Err(error) => error.to_string(),
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
        let by_id = |directory, id| resolve(&index, directory, Identity::Id(id));
        assert!(
            matches!(by_id(Some("built-in"), "2"), Ok(Resolved::Known(user)) if user.name == name("jdoe"))
        );
        assert_eq!(by_id(Some("built-in"), "77"), Ok(Resolved::Unknown));
        assert_eq!(by_id(Some("built-in"), "jdoe"), Err(ResolveError::InvalidId("jdoe".into())));
        assert_eq!(by_id(None, "2"), Err(ResolveError::InvalidId("2".into())));
    }
}
