//! Users and groups of all directories whose names begin with a text: for people who choose from a list.

use futures_util::future::join_all;

use super::super::{DecisionPoint, ServiceError, analysts::Length, error::CheckError};
use crate::{
    directory::{Connection, DirectoryError, Found, FoundKind, in_order, there},
    engine::Index,
    model::{Directory, DirectoryId, GroupId, Name, NameKey, UserId},
};

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    pub prefix: &'a str,
    /// Of each directory.
    pub limit: usize,
    /// One, enabled or not. None: all that are enabled.
    pub directory: Option<&'a str>,
}

/// Somebody, or some group, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPerson {
    pub directory: Name,
    pub found: Found,
}

/// What was found, and what is missing.
#[derive(Clone, Debug, Default)]
pub struct SearchAnswer {
    /// By directory, in their order, then by name.
    pub found: Vec<FoundPerson>,
    /// Directories that couldn't be asked, and why.
    pub failures: Vec<(Name, String)>,
    /// Some directory has more.
    pub truncated: bool,
}

impl DecisionPoint {
    /// Searches all directories at once. One that can't be asked is named in the answer.
    pub async fn search_principals(&self, search: Search<'_>) -> Result<SearchAnswer, ServiceError> {
        let Search { prefix, limit, directory } = search;
        NameKey::prefix(prefix).map_err(|source| ServiceError::InvalidName { field: "prefix", source })?;
        let index = self.index();
        let directories: Vec<Directory> = match directory {
            // Whoever is about to enable it wants to know first who is there.
            Some(name) => vec![there(&index, name).map_err(CheckError::from)?.clone()],
            None => in_order(&index, |_| true).into_iter().cloned().collect(),
        };
        let asked = directories.iter().map(|directory| self.search_one(directory, prefix, limit));
        let answers = join_all(asked).await;
        let mut answer = SearchAnswer::default();
        for (directory, outcome) in directories.iter().zip(answers) {
            match outcome {
                Err(why) => answer.failures.push((directory.name.clone(), why)),
                Ok(mut found) => {
                    answer.truncated |= found.len() > limit;
                    found.truncate(limit);
                    let here = |found| FoundPerson { directory: directory.name.clone(), found };
                    answer.found.extend(found.into_iter().map(here));
                }
            }
        }
        Ok(answer)
    }

    /// In one directory: one more than the limit says that there is more.
    async fn search_one(
        &self,
        directory: &Directory,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<Found>, String> {
        if directory.is_built_in() {
            let (index, prefix) = (self.index(), prefix.to_owned());
            let found = self.analysts().work(Length::Short, move || built_in(&index, &prefix, limit + 1));
            return found.await.map_err(|error| error.to_string());
        }
        match self.connections().get(&directory.name) {
            None => Err("this server has no connection to it".into()),
            Some(connection) => {
                outside(connection, prefix, limit + 1).await.map_err(|error| error.to_string())
            }
        }
    }
}

async fn outside(connection: &Connection, prefix: &str, limit: usize) -> Result<Vec<Found>, DirectoryError> {
    let found = connection.people().directory().search(prefix, limit).await;
    connection.people().note(&found);
    found
}

fn built_in(index: &Index, prefix: &str, limit: usize) -> Vec<Found> {
    let Ok(prefix) = NameKey::prefix(prefix) else { return Vec::new() };
    let fits = |name: &Name, directory| {
        directory == DirectoryId::BUILT_IN && name.key().starts_with(prefix.as_bytes())
    };
    let users = index.users_from(UserId(0)).filter(|user| fits(&user.name, user.directory)).map(|user| {
        let display_name = user.display_name.clone();
        (&user.name, FoundKind::User, user.id.0, display_name)
    });
    let groups = index.groups_from(GroupId(0)).filter(|group| fits(&group.name, group.directory));
    let groups = groups.map(|group| (&group.name, FoundKind::Group, group.id.0, "".into()));
    let mut found: Vec<_> = users.chain(groups).collect();
    found.sort_unstable_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    found.truncate(limit);
    let entry = |(name, kind, id, display_name): (&Name, FoundKind, u32, Box<str>)| Found {
        kind,
        id: id.to_string().into(),
        name: name.as_str().into(),
        display_name,
    };
    found.into_iter().map(entry).collect()
}
