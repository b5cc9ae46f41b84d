//! A decision point with directories that say what a test wants them to say.

use std::{sync::Arc, time::Duration};

use feedgate::{
    directory::{Ages, Connections, DirectoryError, Reach, UserDirectory},
    engine::Reason,
    model::{
        Effect,
        edit::{DirectorySpec, Edit, GrantSpec, PrincipalName, PrincipalRef, ScopeRef, Spec},
    },
    policy::WriteRequest,
    service::{
        DecisionPoint, Retention, ServiceError,
        query::{Answer, Freshness, Identity, Question, Where, Who},
    },
    store::MemoryStore,
};

use super::scripted::Scripted;
use crate::support::edits::{self, name, step};

pub const VIEW: &str = "Feeds_ViewFeed";
pub const TASK: &str = "View & Download Packages";

/// A decision point with the directories `corp`, `lab`, …, as many as there are scripts; bare names are looked for in
/// the built-in one first. There are the feeds `f` and `g`.
pub struct World {
    pub point: DecisionPoint,
}

impl World {
    pub async fn with(scripts: &[Arc<Scripted>]) -> Self {
        let ages = Ages { refresh: Duration::from_secs(60), usable: Duration::from_secs(900) };
        let names = ["corp", "lab", "branch"];
        let reaches = names.iter().zip(scripts).map(|(directory, script)| Reach {
            name: name(directory),
            kind: "scripted",
            directory: Arc::clone(script) as Arc<dyn UserDirectory>,
            ages,
        });
        let connections = Connections::new(reaches).unwrap();
        let store = Arc::new(MemoryStore::new().unwrap());
        let point = DecisionPoint::open_among(store, Retention::default(), connections).await.unwrap();
        let world = Self { point };
        let directories = names.iter().take(scripts.len()).map(|directory| {
            Edit::Create(Spec::Directory(DirectorySpec {
                name: name(directory),
                domains: Some(vec![name(&format!("{directory}.example"))]),
                netbios: Some(vec![name(&directory.to_uppercase())]),
                enabled: None,
                position: None,
            }))
        });
        let feeds = ["f", "g"].map(|feed| Edit::Create(edits::feed(feed)));
        world.write(directories.chain(feeds).collect()).await;
        world
    }

    pub async fn write(&self, edits: Vec<Edit>) {
        let (expected, idempotency, dry_run, actor) = (None, None, false, "test".into());
        let steps = edits.into_iter().map(step).collect();
        self.point.write(WriteRequest { steps, expected, idempotency, dry_run, actor }).await.unwrap();
    }

    pub async fn grant(&self, effect: Effect, principal: PrincipalRef, feed: Option<&str>) {
        let scope = feed.map_or(ScopeRef::AllFeeds, |feed| ScopeRef::Feed(name(feed)));
        let grant = GrantSpec { id: None, effect, principal, task: name(TASK), scope, comment: None };
        self.write(vec![Edit::Create(Spec::Grant(grant))]).await;
    }

    pub async fn try_ask(&self, who: Who<'_>, feed: &str) -> Result<Answer, ServiceError> {
        let question = Question { who, attribute: VIEW, target: Where::Feed(feed) };
        self.point.check(question, Freshness::MinimizeLatency).await
    }

    /// What the answer says, or why there is none.
    pub async fn said(&self, who: Who<'_>, feed: &str) -> String {
        match self.try_ask(who, feed).await {
            Ok(answer) => match answer.decision.reason {
                Reason::Permitted(_) => "permitted".to_owned(),
                Reason::Restricted(_) => "restricted".to_owned(),
                other => format!("{other:?}"),
            },
            Err(error) => error.to_string(),
        }
    }

    #[track_caller]
    pub fn says(&self, user: &str, feed: &str, expected: &str) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let said = self.said(in_corp(user), feed).await;
            assert!(said.contains(expected), "{user} on {feed}: {said} (at {at})");
        }
    }
}

pub fn outside(name: &str) -> PrincipalName {
    PrincipalName::Named { directory: Some(edits::name("corp")), name: edits::name(name) }
}

pub fn in_corp(name: &str) -> Who<'_> {
    Who::User { directory: Some("corp"), identity: Identity::Name(name) }
}

pub fn in_built_in(name: &str) -> Who<'_> {
    Who::User { directory: Some("built-in"), identity: Identity::Name(name) }
}

pub fn by_id<'a>(directory: &'a str, id: &'a str) -> Who<'a> {
    Who::User { directory: Some(directory), identity: Identity::Id(id) }
}

pub fn bare(name: &str) -> Who<'_> {
    Who::User { directory: None, identity: Identity::Name(name) }
}

pub fn down() -> Option<DirectoryError> {
    Some(DirectoryError::Unreachable("connection refused".into()))
}
