//! Users and groups of the built-in directory, and passwords.

use foldhash::{HashMap, HashSet, HashSetExt as _};

use super::{
    Source,
    json::{Entry, Text},
    password::{self, Password},
    shape::{ApiGroup, ApiUser, ExportedUser, PrincipalType, UsersExport},
};
use crate::{
    existing::Existing,
    key::Who,
    problem::{Note, Problems},
};
use feedgate_model::{
    Name,
    edit::{Edit, GroupSpec, PrincipalName, SetPassword, Spec, UserSpec},
};

/// The users and groups of an import.
#[derive(Default)]
pub(super) struct People<'a> {
    pub(super) users: Vec<User<'a>>,
    pub(super) groups: Vec<Group<'a>>,
    pub(super) users_by_name: HashMap<Name, usize>,
    pub(super) groups_by_name: HashMap<Name, usize>,
}

pub(super) struct User<'a> {
    pub(super) name: Name,
    display_name: Option<String>,
    email: Option<String>,
    password: Option<Password>,
    pub(super) groups: Option<Vec<Name>>,
    pub(super) at: (Text<'a>, Entry<'a>),
}

pub(super) struct Group<'a> {
    pub(super) name: Name,
    pub(super) users: Option<Vec<Name>>,
    pub(super) at: (Text<'a>, Entry<'a>),
}

pub(super) fn read<'a>(
    users: Option<Source<'a>>,
    groups: Option<Source<'a>>,
    problems: &mut Problems,
    notes: &mut Vec<Note>,
) -> People<'a> {
    let mut people = People::default();
    if let Some(text) = users.and_then(|source| Text::of(source, problems)) {
        people.read_users(text, problems);
    }
    if let Some(text) = groups.and_then(|source| Text::of(source, problems)) {
        people.read_groups(text, text.whole(), problems);
    }
    people.add_groups_of_users(notes);
    people
}

impl<'a> People<'a> {
    fn read_users(&mut self, text: Text<'a>, problems: &mut Problems) {
        if text.is_array() {
            for entry in text.items(text.whole(), problems) {
                let Some(user) = text.object(entry, problems) else { continue };
                let ApiUser { name, display_name, email, password, groups } = user;
                let user = ExportedUser {
                    user_name: name,
                    display_name,
                    email_address: email,
                    password_bytes: None,
                    salt_bytes: None,
                    password,
                    groups,
                };
                self.add_user(user, (text, entry), problems);
            }
            return;
        }
        let Some(UsersExport { users, groups }) = text.object(text.whole(), problems) else { return };
        for entry in text.items(text.entry(users), problems) {
            if let Some(user) = text.object(entry, problems) {
                self.add_user(user, (text, entry), problems);
            }
        }
        if let Some(groups) = groups {
            self.read_groups(text, text.entry(groups), problems);
        }
    }

    fn add_user(&mut self, user: ExportedUser, at: (Text<'a>, Entry<'a>), problems: &mut Problems) {
        let ExportedUser {
            user_name,
            display_name,
            email_address,
            password_bytes,
            salt_bytes,
            password,
            groups,
        } = user;
        let (text, entry) = at;
        let Some(name) = text.name(entry, &user_name, problems) else { return };
        let password = password::read(&name, password, password_bytes, salt_bytes).unwrap_or_else(|error| {
            problems.at(text.place(entry.offset), format!("of the user `{name}`, {error}"));
            None
        });
        let groups = groups
            .map(|groups| groups.iter().filter_map(|group| text.name(entry, group, problems)).collect());
        if self.users_by_name.insert(name.clone(), self.users.len()).is_some() {
            problems.at(text.place(entry.offset), format!("the user `{name}` stands twice in the import"));
        }
        self.users.push(User { name, display_name, email: email_address, password, groups, at });
    }

    fn read_groups(&mut self, text: Text<'a>, array: Entry<'a>, problems: &mut Problems) {
        let mut seen = HashSet::new();
        for entry in text.items(array, problems) {
            let Some(group) = text.parse_or_name(entry, |name| ApiGroup { name, users: None }, problems)
            else {
                continue;
            };
            let Some(name) = text.name(entry, &group.name, problems) else { continue };
            if !seen.insert(name.clone()) {
                problems
                    .at(text.place(entry.offset), format!("the group `{name}` stands twice in the import"));
            }
            let users: Option<Vec<_>> = group
                .users
                .map(|users| users.iter().filter_map(|user| text.name(entry, user, problems)).collect());
            // The users export names a group, and the file of groups says more about it.
            match self.groups_by_name.get(&name).and_then(|index| self.groups.get_mut(*index)) {
                Some(group) => {
                    group.users = users.or(group.users.take());
                    group.at = (text, entry);
                }
                None => self.add_group(Group { name, users, at: (text, entry) }),
            }
        }
    }

    fn add_group(&mut self, group: Group<'a>) {
        self.groups_by_name.insert(group.name.clone(), self.groups.len());
        self.groups.push(group);
    }

    /// Groups that users are in, although no list has them.
    fn add_groups_of_users(&mut self, notes: &mut Vec<Note>) {
        let mut unlisted = Vec::new();
        for user in &self.users {
            for name in user.groups.iter().flatten().filter(|name| !self.groups_by_name.contains_key(name)) {
                unlisted.push(Group { name: name.clone(), users: None, at: user.at });
            }
        }
        for group in unlisted {
            if !self.groups_by_name.contains_key(&group.name) {
                let message = format!(
                    "creates the group `{}`, which users are in but no list of groups has",
                    group.name
                );
                notes.push(Note(message));
                self.add_group(group);
            }
        }
    }

    /// Whether the files make somebody of this name built in.
    pub(super) fn brings(&self, kind: PrincipalType, name: &Name) -> bool {
        match kind {
            PrincipalType::User => self.users_by_name.contains_key(name),
            PrincipalType::Group => self.groups_by_name.contains_key(name),
        }
    }

    pub(super) fn has_user(&self, name: &Name, existing: &Existing<'_>) -> bool {
        self.brings(PrincipalType::User, name) || existing.users.has(Who::new(None, name))
    }

    pub(super) fn has_group(&self, name: &Name, existing: &Existing<'_>) -> bool {
        self.brings(PrincipalType::Group, name) || existing.groups.has(Who::new(None, name))
    }

    pub(super) fn user_count(&self) -> usize {
        self.users.len()
    }

    pub(super) fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// Groups, then users.
    pub(super) fn edits(&self) -> Vec<Edit> {
        let groups = self.groups.iter().map(|group| {
            let group = PrincipalName::built_in(group.name.clone());
            Edit::Put(Spec::Group(GroupSpec { group, description: None, external_id: None }))
        });
        let users = self.users.iter().map(|user| {
            Edit::Put(Spec::User(UserSpec {
                user: PrincipalName::built_in(user.name.clone()),
                display_name: user.display_name.as_deref().map(Into::into),
                email: user.email.as_deref().map(Into::into),
                disabled: None,
                external_id: None,
            }))
        });
        groups.chain(users).collect()
    }

    /// Passwords; the one that everybody knows has to be changed at the next sign-in.
    pub(super) fn passwords(self, notes: &mut Vec<Note>) -> Vec<Edit> {
        let mut edits = Vec::new();
        for User { name, password, .. } in self.users {
            let Some(Password { password, known }) = password else { continue };
            if known {
                notes.push(Note(format!(
                    "the user `{name}` has the default password, which everybody knows; it must \
                     be changed at the next sign-in"
                )));
            }
            let user = PrincipalName::built_in(name);
            edits.push(Edit::SetPassword(SetPassword { user, password, must_change: known }));
        }
        edits
    }
}

/// Those of an external directory who aren't in the store yet, each once.
pub(super) fn external(
    people: impl Iterator<Item = (PrincipalType, PrincipalName)>,
    existing: &Existing<'_>,
) -> Vec<Edit> {
    let mut seen = HashSet::new();
    let mut edits = Vec::new();
    for (kind, person) in people {
        let Some(who) = Who::of(&person) else { continue };
        let is_user = kind == PrincipalType::User;
        let there = if is_user { existing.users.has(who) } else { existing.groups.has(who) };
        if there || !seen.insert((is_user, person.clone())) {
            continue;
        }
        edits.push(Edit::Put(if is_user {
            let user = person;
            Spec::User(UserSpec { user, display_name: None, email: None, disabled: None, external_id: None })
        } else {
            Spec::Group(GroupSpec { group: person, description: None, external_id: None })
        }));
    }
    edits
}
