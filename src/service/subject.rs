//! From a question's words to what the engine takes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};

use super::{
    DecisionPoint,
    error::CheckError,
    query::{Identity, ResolvedUser, Where, Who},
};
use crate::{
    directory::{
        Basis, Connection, Connections, DirectoryError, Known, Lookup, Outside, OwnedKey, ResolveError,
        Resolved, Unresolved, resolve,
    },
    engine::{Demand, Index, Principals, Target},
    model::{AttributeId, DirectoryId, GroupId, Name, NameKey, UserId},
};

/// How often directories are asked for one subject: each once, unless what they said is forgotten meanwhile.
const ASKED_AT_MOST: usize = 64;
/// How many subjects of one call are asked about at a time.
const AT_A_TIME: usize = 8;

/// A subject under one index.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) principals: Principals,
    /// What external directories said, if they were needed.
    pub(super) basis: Option<Basis>,
    met: Met,
    /// Whether the question gave an id, and so needs no echo of it.
    by_id: bool,
}

/// Whom a subject turned out to be.
#[derive(Clone, Debug)]
pub(super) enum Met {
    BuiltIn {
        id: UserId,
        /// As it was found: the way to the whole user is long.
        name: Option<Box<str>>,
    },
    Outside(Outside),
    Nobody,
}

/// Somebody, whatever name it took to find them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Whom {
    BuiltIn(UserId),
    Outside(DirectoryId, Box<str>),
}

impl Subject {
    pub(super) fn resolve(
        index: &Index,
        connections: &Connections,
        who: Who<'_>,
    ) -> Result<Self, Unresolved> {
        let Who::User { directory, identity } = who else {
            let principals = Principals::anonymous();
            return Ok(Self { principals, basis: None, met: Met::Nobody, by_id: false });
        };
        let by_id = matches!(identity, Identity::Id(_));
        let Lookup { resolved, basis, named } = resolve(index, connections, directory, identity)?;
        let (principals, met) = match resolved {
            Resolved::BuiltIn(member) => {
                let who = Principals::of_member(index, DirectoryId::BUILT_IN, member);
                let name = member.name.filter(|_| !by_id).map(Box::from);
                (who, Met::BuiltIn { id: member.id, name })
            }
            Resolved::Outside(outside) => {
                let Outside { directory, known, namesakes } = &outside;
                let who = Principals::of_outsider(index, *directory, &known.outsider, namesakes);
                (who, Met::Outside(outside))
            }
            Resolved::Unknown => (Principals::unknown_as(index, &named), Met::Nobody),
        };
        Ok(Self { principals, basis, met, by_id })
    }

    /// Whom the name meant, for the answer to say.
    pub(super) fn echo(&self, index: &Index) -> Option<ResolvedUser> {
        if self.by_id { None } else { self.resolved(index) }
    }

    /// The same in the end.
    pub(super) fn into_echo(self, index: &Index) -> Option<ResolvedUser> {
        if self.by_id { None } else { self.met.resolved(index) }
    }

    /// Who it is that the answer is to name; nobody if the question did.
    pub(super) fn whom(&self) -> Option<Whom> {
        match &self.met {
            _ if self.by_id => None,
            Met::BuiltIn { id, .. } => Some(Whom::BuiltIn(*id)),
            Met::Outside(Outside { directory, known, .. }) => {
                Some(Whom::Outside(*directory, known.person.id.clone()))
            }
            Met::Nobody => None,
        }
    }

    /// Who counts, and who it is.
    pub(super) fn into_parts(self) -> (Principals, Met) {
        (self.principals, self.met)
    }

    /// Whether the policy alone says who it is, so that under one policy it is always the same.
    pub(super) fn is_of_policy(&self) -> bool {
        self.basis.is_none() && !matches!(self.met, Met::Outside(_))
    }

    /// Who it is, however that was asked.
    pub(super) fn resolved(&self, index: &Index) -> Option<ResolvedUser> {
        self.met.clone().resolved(index)
    }

    /// What is known of somebody of an external directory.
    pub(super) fn outside(&self) -> Option<&Arc<Known>> {
        match &self.met {
            Met::Outside(Outside { known, .. }) => Some(known),
            Met::BuiltIn { .. } | Met::Nobody => None,
        }
    }

    /// The groups of the policy that contain the subject directly.
    pub(super) fn direct_groups(&self, index: &Index) -> Vec<GroupId> {
        match &self.met {
            Met::BuiltIn { id, .. } => index.user(*id).map(|user| user.groups.clone()).unwrap_or_default(),
            Met::Outside(Outside { directory, known, namesakes }) => {
                let (mut groups, by_name) =
                    Principals::direct_groups(index, *directory, &known.outsider, namesakes);
                groups.extend(by_name);
                groups
            }
            Met::Nobody => Vec::new(),
        }
    }
}

impl Met {
    /// As answers name them; none for nobody.
    pub(super) fn resolved(self, index: &Index) -> Option<ResolvedUser> {
        let (directory, id, name) = match self {
            Self::BuiltIn { id, name } => {
                let name = name.or_else(|| Some(index.user(id)?.name.as_str().into()))?;
                (DirectoryId::BUILT_IN, id.to_string().into(), name)
            }
            Self::Outside(Outside { directory, known, .. }) => {
                (directory, known.person.id.clone(), known.person.name.clone())
            }
            Self::Nobody => return None,
        };
        let directory = index.directory(directory)?.name.as_str().into();
        Some(ResolvedUser { directory, id, name })
    }
}

impl DecisionPoint {
    /// A subject under the newest policy, which comes with it. Asks directories about somebody who isn't remembered.
    pub(super) async fn subject(&self, who: Who<'_>) -> Result<(Arc<Index>, Subject), CheckError> {
        self.subject_unless(who, &Mutex::default()).await
    }

    /// The same, but for directories that have turned out not to answer.
    async fn subject_unless(
        &self,
        who: Who<'_>,
        broken: &Mutex<HashSet<Name>>,
    ) -> Result<(Arc<Index>, Subject), CheckError> {
        let lock = || broken.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..ASKED_AT_MOST {
            let index = self.live().snapshot();
            match Subject::resolve(&index, self.connections(), who) {
                Ok(subject) => return Ok((index, subject)),
                Err(Unresolved::Never(error)) => return Err(error.into()),
                Err(Unresolved::Ask(connection, _) | Unresolved::Bind(connection, _))
                    if lock().contains(connection.name()) =>
                {
                    return Err(unreachable_by(&connection, who, "it didn't answer a moment ago").into());
                }
                Err(Unresolved::Ask(connection, key)) => {
                    let asked = ask(&connection, &key).await;
                    if let Err(ResolveError::Unreachable { .. }) = asked {
                        lock().insert(connection.name().clone());
                    }
                    asked?;
                }
                Err(Unresolved::Bind(connection, directory)) => {
                    let known = self.names_known(&connection, directory).await;
                    if known.is_err() {
                        lock().insert(connection.name().clone());
                    }
                    known?;
                }
            }
        }
        Err(forgotten(who).into())
    }

    /// The same under a policy that is given.
    pub(super) async fn subject_in(&self, index: &Index, who: Who<'_>) -> Result<Subject, CheckError> {
        for _ in 0..ASKED_AT_MOST {
            match Subject::resolve(index, self.connections(), who) {
                Ok(subject) => return Ok(subject),
                Err(Unresolved::Never(error)) => return Err(error.into()),
                Err(Unresolved::Ask(connection, key)) => ask(&connection, &key).await?,
                Err(Unresolved::Bind(connection, _)) => {
                    let cause = "that revision names some of its people whom nobody had looked up then";
                    return Err(unreachable_by(&connection, who, cause).into());
                }
            }
        }
        Err(forgotten(who).into())
    }

    /// Asks about all of these who aren't remembered, so that they can be resolved without waiting. Gives those who
    /// can't be.
    pub(super) async fn meet_all<'a>(
        &self,
        all: impl Iterator<Item = Who<'a>>,
    ) -> HashMap<Who<'a>, CheckError> {
        if self.connections().is_empty() {
            return HashMap::new();
        }
        let index = self.live().snapshot();
        let unmet = |who: &Who<'a>| {
            let found = Subject::resolve(&index, self.connections(), *who);
            matches!(found, Err(Unresolved::Ask(..) | Unresolved::Bind(..)))
        };
        let mut seen = HashSet::new();
        let strangers: Vec<_> = all.filter(|who| seen.insert(*who)).filter(unmet).collect();
        // One that doesn't answer isn't asked again and again: that would take longer than anybody waits.
        let broken = Mutex::new(HashSet::new());
        let mut meetings = Vec::with_capacity(strangers.len());
        for who in strangers {
            let broken = &broken;
            meetings.push(async move { (who, self.subject_unless(who, broken).await.err()) });
        }
        let mut meetings = stream::iter(meetings).buffer_unordered(AT_A_TIME);
        let mut unmet = HashMap::new();
        while let Some((who, failed)) = meetings.next().await {
            unmet.extend(failed.map(|error| (who, error)));
        }
        unmet
    }
}

async fn ask(connection: &Arc<Connection>, key: &OwnedKey) -> Result<(), ResolveError> {
    let asked = connection.people().ask(key).await;
    asked.map(drop).map_err(|error| in_words(connection, key.text(), error))
}

/// Why a directory couldn't say who somebody is.
pub(super) fn in_words(connection: &Connection, text: &str, error: DirectoryError) -> ResolveError {
    let directory = connection.name().as_str().into();
    let name = text.chars().flat_map(char::escape_debug).take(256).collect();
    match error {
        DirectoryError::NotUnique(_) => ResolveError::NotUnique { directory, name },
        DirectoryError::InvalidId(_) => ResolveError::InvalidId(name),
        other => ResolveError::Unreachable { directory, name, cause: other.to_string().into() },
    }
}

fn unreachable_by(connection: &Connection, who: Who<'_>, cause: &str) -> ResolveError {
    let name = match who {
        Who::User { identity: Identity::Name(name) | Identity::Id(name), .. } => name,
        Who::Anonymous => "",
    };
    in_words(connection, name, DirectoryError::Unreachable(cause.into()))
}

/// What was asked is forgotten before it is looked at: more people are asked about at once than are remembered.
pub(super) fn forgotten(who: Who<'_>) -> ResolveError {
    let (directory, name) = match who {
        Who::User { directory, identity: Identity::Name(name) | Identity::Id(name) } => {
            (directory.unwrap_or_default(), name)
        }
        Who::Anonymous => ("", ""),
    };
    let cause = "too many people are asked about at once".into();
    ResolveError::Unreachable { directory: directory.into(), name: name.into(), cause }
}

pub(super) fn attribute(index: &Index, name: &str) -> Result<AttributeId, CheckError> {
    let unknown =
        || CheckError::UnknownAttribute(name.chars().flat_map(char::escape_debug).take(80).collect());
    index.attribute_named(name).map(|attribute| attribute.id).ok_or_else(unknown)
}

/// A feed or feed group that isn't there is an answer, not an error.
pub(super) fn target(index: &Index, target: Where<'_>) -> Result<Target, CheckError> {
    let key = |name| NameKey::new(name).map_err(CheckError::InvalidTarget);
    Ok(match target {
        Where::System => Target::System,
        Where::Feed(name) => index.feed_id_named(&key(name)?).map_or(Target::UnknownFeed, Target::Feed),
        Where::FeedGroup(name) => {
            index.feed_group_id_named(&key(name)?).map_or(Target::UnknownFeedGroup, Target::FeedGroup)
        }
    })
}

pub(super) fn demand(index: &Index, name: &str, place: Where<'_>) -> Result<Demand, CheckError> {
    Ok(Demand { attribute: attribute(index, name)?, target: target(index, place)? })
}
