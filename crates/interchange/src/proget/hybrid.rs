//! The older *hybrid* directory: an ordered list of others, itself without principals and never within another
//! one (access model, section 6). A store has none; what was bound to it is bound to its members.
//!
//! Which member has whom, only the members can say, and nothing here asks anybody. So an import has two
//! passes: [`to_look_up`] says whom the files name, the caller asks each member about each of them, and
//! [`import`](super::import()) is told the answers as [`Holders`].

use std::collections::{BTreeSet, HashMap};

use super::{
    Sources, entries,
    entries::{Entered, virtual_principal},
    people,
    shape::PrincipalType,
    tasks,
};
use crate::{
    existing::Existing,
    key::is_built_in,
    order,
    problem::{Note, Problems},
};
use feedgate_model::{
    Effect, Name,
    edit::{DirectorySpec, Edit, Spec},
};

/// The members of a hybrid directory, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hybrid {
    members: Vec<Name>,
}

/// Why a list of directories isn't a hybrid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHybrid {
    #[error("a hybrid directory has at least one member")]
    NoMember,
    #[error("the directory `{0}` stands twice; a hybrid directory has each member once")]
    Twice(Name),
}

impl Hybrid {
    /// Takes the members in their order. Whether the store has them, the import says.
    pub fn new(members: Vec<Name>) -> Result<Self, InvalidHybrid> {
        if members.is_empty() {
            return Err(InvalidHybrid::NoMember);
        }
        let mut seen = BTreeSet::new();
        match members.iter().find(|member| !seen.insert(*member)) {
            Some(twice) => Err(InvalidHybrid::Twice(twice.clone())),
            None => Ok(Self { members }),
        }
    }

    /// The members that have to be asked: all but the built-in one, whose people the files and the store know.
    pub fn outside(&self) -> impl Iterator<Item = &Name> {
        self.members.iter().filter(|member| !is_built_in(member))
    }

    /// Whether this is a member.
    fn has(&self, directory: &Name) -> bool {
        self.members.contains(directory)
    }
}

/// Which members have whom: their answers about everybody of [`to_look_up`].
#[derive(Clone, Debug, Default)]
pub struct Holders(HashMap<(PrincipalType, Name), Vec<Name>>);

impl Holders {
    /// Notes who has a user or a group of this name, in the order of the hybrid; perhaps nobody.
    pub fn note(&mut self, kind: PrincipalType, name: Name, members: Vec<Name>) {
        self.0.insert((kind, name), members);
    }

    /// None if nobody was asked, which isn't the same as an empty list.
    pub(super) fn of(&self, kind: PrincipalType, name: &Name) -> Option<&[Name]> {
        self.0.get(&(kind, name.clone())).map(Vec::as_slice)
    }
}

/// One line of the report on what became of what was bound to the hybrid directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rebinding {
    pub note: Note,
    /// Something counts from now on that didn't: an operator has to agree to it.
    pub comes_alive: bool,
}

/// Everybody whom the files name and who may not be built in. What is wrong with the files, the import says.
pub fn to_look_up(sources: &Sources<'_>) -> BTreeSet<(PrincipalType, Name)> {
    let (mut problems, mut names) = (Problems::of("import"), BTreeSet::new());
    let tasks = tasks::read(sources.tasks, &Existing::default(), &mut problems);
    let people = people::read(sources.users, sources.groups, &mut problems, &mut Vec::new());
    entries::each(&tasks, sources.permissions, &mut problems, |_, _, entered| {
        let Entered { effect, principal: (name, kind), .. } = entered;
        let Some(name) = Name::new(name).ok().filter(|_| virtual_principal(name).is_none()) else { return };
        let kinds = PrincipalType::ALL.into_iter().filter(|it| kind.is_none_or(|kind| kind == *it));
        for each in kinds {
            // A permission for somebody built in stays there.
            let is_settled = effect == Effect::Permit && kind.is_some() && people.brings(each, &name);
            if !is_settled {
                names.insert((each, name.clone()));
            }
        }
    });
    let members = people.groups.iter().flat_map(|group| group.users.iter().flatten());
    let outsiders = members.filter(|name| !people.brings(PrincipalType::User, name));
    names.extend(outsiders.map(|name| (PrincipalType::User, name.clone())));
    names
}

/// What makes the store's directories the hybrid's members: enabled, in its order.
pub(super) fn edits(
    hybrid: &Hybrid,
    existing: &Existing<'_>,
    rebindings: &mut Vec<Rebinding>,
    notes: &mut Vec<Note>,
    problems: &mut Problems,
) -> Vec<Edit> {
    for member in hybrid.members.iter().filter(|member| !existing.has_directory(member)) {
        problems.whole(format!(
            "there is no directory `{member}` in the store; create it first (a hybrid directory has no other \
             one in it: name its members)"
        ));
    }
    let mut alive = |note: String| rebindings.push(Rebinding { note: Note(note), comes_alive: true });
    let is_enabled = |spec: &DirectorySpec| spec.enabled != Some(false);
    for member in &hybrid.members {
        if existing.directories.get(member).is_some_and(|spec| !is_enabled(spec)) {
            alive(format!("enables the directory `{member}`: bare names are looked for there, too"));
        }
    }
    let listed = |name: &Name| DirectorySpec {
        name: name.clone(),
        domains: None,
        netbios: None,
        enabled: Some(true),
        position: None,
    };
    let edits = order::edits(hybrid.members.iter().map(listed).collect(), existing, false);
    let placed = edits.iter().filter_map(|edit| match edit {
        Edit::Put(Spec::Directory(DirectorySpec { name, position: Some(_), .. })) => Some(name),
        _ => None,
    });
    let placed: Vec<_> = placed.map(|name| format!("`{name}`")).collect();
    if !placed.is_empty() {
        alive(format!("puts the directories into the order {}", placed.join(", ")));
    }
    let others = existing.directories.iter().filter(|spec| is_enabled(spec) && !hybrid.has(&spec.name));
    for other in others {
        notes.push(Note(format!(
            "the directory `{}` is enabled and no member of the hybrid one: bare names are looked for there, too",
            other.name
        )));
    }
    edits
}
