//! From entries to edits, in an order in which they can be applied.

use std::collections::{HashMap, HashSet};

use super::{
    PolicyEdits, PolicyFile, bindings, defaults,
    entry::{GrantEntry, Person, Principal, Scope, Source, TaskAttributes, To},
    feeds::{self, FeedEdits},
    index::Index,
    spelling,
};
use crate::{
    existing::Existing,
    key::{GrantKey, Who},
    order,
    problem::{Place, Problem, Problems},
    prune::{self, Completion, Kinds, Pruning},
};
use feedgate_model::{
    attribute,
    edit::{
        AttributesRef, ConnectorSpec, Edit, GrantSpec, GroupSpec, Member, PrincipalName, PrincipalRef,
        ScopeRef, SourceRef, Spec, TaskSpec, UserSpec,
    },
};

/// What makes a store that has the existing policy agree with a file.
pub(super) fn translate(
    file: &PolicyFile,
    existing: &Existing<'_>,
    prune: bool,
) -> Result<PolicyEdits, Vec<Problem>> {
    let mut problems = Problems::of(&file.file);
    let index = Index::new(file, existing, prune, &mut problems);
    let mut translation =
        Translation { file, prune, index, problems, mentioned: HashSet::new(), people: Vec::new() };
    let mut edits = if prune { spelling::renames(file, existing) } else { Vec::new() };
    edits.extend(file.settings.clone().map(|settings| translation.put(Spec::Settings(settings))));
    edits.extend(translation.attributes());
    edits.extend(translation.tasks());
    edits.extend(translation.directories());
    let memberships = translation.memberships();
    let feed_groups = file.feed_groups.iter().flatten();
    let feed_groups: Vec<_> =
        feed_groups.map(|entry| translation.put(Spec::FeedGroup(entry.value.clone()))).collect();
    let FeedEdits { edits: feeds, first: releases, renamed } =
        feeds::edits(file, &translation.index, prune, &mut translation.problems);
    let connectors = translation.connectors();
    let grants = translation.grants();
    edits.extend(translation.groups());
    edits.extend(translation.users());
    // Those of external directories that only a member or a grant names.
    edits.append(&mut translation.people);
    edits.extend(memberships);
    edits.extend(feed_groups);
    edits.extend(feeds);
    edits.extend(connectors);
    edits.extend(grants);
    let mut notes = Vec::new();
    let Pruning { first, last } = if prune {
        let mentioned = translation.mentioned.iter().filter(|(is_user, _)| !is_user).map(|(_, group)| *group);
        let mentioned = mentioned.filter(|group| existing.groups.has(*group));
        let completion = Completion { defaults: defaults::edits(file, existing, mentioned), renamed };
        prune::deletions(existing, &edits, completion, &kinds(file), &mut notes)
    } else {
        Pruning { first: bindings::releases(existing, &edits, |_| false), last: Vec::new() }
    };
    // Not among the edits before: what only loses a name isn't named by the file.
    edits.splice(0..0, first.into_iter().chain(releases));
    edits.extend(last);
    translation.problems.or(PolicyEdits { edits, notes })
}

fn kinds(file: &PolicyFile) -> Kinds {
    Kinds {
        attributes: file.attributes.is_some(),
        tasks: file.tasks.is_some(),
        directories: file.directories.is_some(),
        users: file.users.is_some(),
        groups: file.groups.is_some(),
        feed_groups: file.feed_groups.is_some(),
        feeds: file.feeds.is_some(),
        connectors: file.connectors.is_some(),
        grants: file.grants.is_some(),
    }
}

struct Translation<'f, 'e> {
    file: &'f PolicyFile,
    prune: bool,
    index: Index<'f, 'e>,
    problems: Problems,
    /// Whom `people` has already, users and groups apart.
    mentioned: HashSet<(bool, Who<'f>)>,
    people: Vec<Edit>,
}

impl<'f, 'e: 'f> Translation<'f, 'e> {
    /// The edit that makes an object what the file says of it.
    fn put(&self, mut spec: Spec) -> Edit {
        if self.prune {
            defaults::complete(&mut spec);
        }
        Edit::Put(spec)
    }

    fn directories(&self) -> Vec<Edit> {
        let Some(entries) = &self.file.directories else { return Vec::new() };
        let mut listed: Vec<_> = entries.iter().map(|entry| entry.value.clone()).collect();
        if self.prune {
            listed = defaults::complete_directories(listed);
        }
        order::edits(listed, self.index.existing, self.prune)
    }

    fn attributes(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        if self.prune {
            defaults::check_feed_scopable(self.file, self.index.existing, &mut self.problems);
        }
        for entry in self.file.attributes.iter().flatten() {
            if attribute::built_in_id(entry.value.name.as_str()).is_some() {
                let message =
                    format!("`{}` is built in and can't be changed; leave it out", entry.value.name);
                self.problems.at(entry.place, message);
            }
            edits.push(self.put(Spec::Attribute(entry.value.clone())));
        }
        edits
    }

    fn tasks(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for task in self.file.tasks.iter().flatten() {
            let attributes = task.attributes.as_ref().map(|attributes| match attributes {
                TaskAttributes::All => AttributesRef::All,
                TaskAttributes::These(names) => {
                    names.iter().for_each(|name| self.index.attribute(name, &mut self.problems));
                    AttributesRef::These(names.iter().map(|name| name.value.clone()).collect())
                }
            });
            let (name, description) = (task.name.value.clone(), task.description.clone());
            edits.push(self.put(Spec::Task(TaskSpec { name, description, attributes })));
        }
        edits
    }

    fn groups(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for entry in self.file.groups.iter().flatten() {
            self.directory_of(&entry.group);
            edits.push(self.put(Spec::Group(GroupSpec {
                group: entry.group.who().to_principal(),
                description: entry.description.clone(),
                external_id: entry.external_id.clone(),
            })));
        }
        edits
    }

    fn users(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for entry in self.file.users.iter().flatten() {
            self.directory_of(&entry.user);
            edits.push(self.put(Spec::User(UserSpec {
                user: entry.user.who().to_principal(),
                display_name: entry.display_name.clone(),
                email: entry.email.clone(),
                disabled: entry.disabled,
                external_id: entry.external_id.clone(),
            })));
        }
        edits
    }

    fn directory_of(&mut self, person: &'f Person) {
        if let Some(directory) = &person.directory {
            self.index.directory(directory, &mut self.problems);
        }
    }

    fn memberships(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for entry in self.file.groups.iter().flatten() {
            let Some(members) = &entry.members else { continue };
            let members = members.iter().map(|member| match member {
                Principal::User(user) => Member::User(self.user(user)),
                Principal::Group(group) => Member::Group(self.group(group)),
            });
            let members = members.collect();
            edits.push(Edit::SetMembers { group: entry.group.who().to_principal(), members });
        }
        edits
    }

    /// A user who is referred to, put there if only the reference says that there is one.
    fn user(&mut self, user: &'f Person) -> PrincipalName {
        let (who, name) = (user.who(), user.who().to_principal());
        if self.index.user(user, &mut self.problems) && self.mentioned.insert((true, who)) {
            let put = self.put(Spec::User(UserSpec {
                user: name.clone(),
                display_name: None,
                email: None,
                disabled: None,
                external_id: None,
            }));
            self.people.push(put);
        }
        name
    }

    /// A group that is referred to, put there if only the reference says that there is one.
    fn group(&mut self, group: &'f Person) -> PrincipalName {
        let (who, name) = (group.who(), group.who().to_principal());
        if self.index.group(group, &mut self.problems) && self.mentioned.insert((false, who)) {
            let spec = GroupSpec { group: name.clone(), description: None, external_id: None };
            let put = self.put(Spec::Group(spec));
            self.people.push(put);
        }
        name
    }

    fn connectors(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for entry in self.file.connectors.iter().flatten() {
            let source = match &entry.source {
                Source::Url(url) => Some(SourceRef::Url(url.clone())),
                Source::Feed(feed) => self.index.feed(feed, &mut self.problems).cloned().map(SourceRef::Feed),
            };
            let feeds = entry.feeds.as_ref().map(|feeds| {
                feeds.iter().filter_map(|feed| self.index.feed(feed, &mut self.problems).cloned()).collect()
            });
            let name = entry.name.value.clone();
            edits.push(self.put(Spec::Connector(ConnectorSpec { name, source, feeds })));
        }
        edits
    }

    fn grants(&mut self) -> Vec<Edit> {
        let file = self.file;
        let entries = file.grants.iter().flatten();
        let grants: Vec<_> = entries.map(|entry| (entry.place, self.grant(entry))).collect();
        let mut places: HashMap<GrantKey<'_>, Place> = HashMap::with_capacity(grants.len());
        for (place, grant) in &grants {
            if let Some(key) = GrantKey::of(grant)
                && let Some(first) = places.insert(key, *place)
            {
                let message = format!("the same grant stands in line {} already", first.line);
                self.problems.at(*place, message);
            }
        }
        drop(places);
        grants.into_iter().map(|(_, grant)| self.put(Spec::Grant(grant))).collect()
    }

    fn grant(&mut self, entry: &'f GrantEntry) -> GrantSpec {
        let task = self.index.task(&entry.task, &mut self.problems);
        let principal = match &entry.to {
            To::Principal(Principal::User(user)) => PrincipalRef::User(self.user(user)),
            To::Principal(Principal::Group(group)) => PrincipalRef::Group(self.group(group)),
            To::Everyone => PrincipalRef::Everyone,
            To::Anonymous => PrincipalRef::Anonymous,
            To::Authenticated(directory) => {
                if let Some(directory) = directory {
                    self.index.directory(directory, &mut self.problems);
                }
                PrincipalRef::Authenticated { directory: directory.as_ref().map(|name| name.value.clone()) }
            }
        };
        let scope = match &entry.scope {
            Scope::AllFeeds => ScopeRef::AllFeeds,
            Scope::FeedGroup(group) => {
                self.index.feed_group(group, &mut self.problems);
                ScopeRef::FeedGroup(group.value.clone())
            }
            Scope::Feed(feed) => {
                // Falling back on the spelling is safe: the problem has been noted.
                let name = self.index.feed(feed, &mut self.problems).unwrap_or(&feed.value);
                ScopeRef::Feed(name.clone())
            }
        };
        GrantSpec { id: None, effect: entry.effect, principal, task, scope, comment: entry.comment.clone() }
    }
}
