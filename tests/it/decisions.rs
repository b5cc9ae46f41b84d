//! The cases of `tests/data/decisions`: what must follow from the order of grants, under both readings of
//! `scope_precedence`.

use std::sync::Arc;

use feedgate::{
    engine::Reason,
    interchange::{Existing, PolicyFile},
    model::edit::Step,
    policy::{Retention, WriteRequest},
    service::{
        DecisionPoint,
        query::{Answer, Freshness, Identity, Question, Where, Who},
    },
    store::MemoryStore,
};
use serde::Deserialize;
use serde_json::{Value, json};

const WORLD: &str = include_str!("../data/decisions/world.yaml");
const CASES: &str = include_str!("../data/decisions/cases.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    settings: serde_json::Map<String, Value>,
    grants: Vec<Value>,
    ask: Ask,
    is: String,
    when_equal: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    user: Option<String>,
    #[serde(default)]
    anonymous: bool,
    attribute: Option<String>,
    feed: Option<String>,
    feed_group: Option<String>,
}

#[tokio::test]
async fn consequences() {
    let cases: Vec<Case> = serde_saphyr::from_str(CASES).unwrap();
    assert!(cases.len() > 30);
    for case in &cases {
        for precedence in ["feed-over-group", "feed-and-group-equal"] {
            let expected = match precedence {
                "feed-and-group-equal" => case.when_equal.as_ref().unwrap_or(&case.is),
                _ => &case.is,
            };
            assert_eq!(&answer(case, precedence).await, expected, "{} ({precedence})", case.name);
        }
    }
}

async fn answer(case: &Case, precedence: &str) -> String {
    let mut document: Value = serde_saphyr::from_str(WORLD).unwrap();
    let mut settings = case.settings.clone();
    settings.insert("scope_precedence".into(), precedence.into());
    document["settings"] = settings.into();
    document["grants"] = json!(case.grants);

    let file = PolicyFile::parse("case", document.to_string().as_bytes()).unwrap();
    // Grants get their ids in the order of the case, behind the one that a new store has.
    let edits = file.edits(&Existing::new(&[]), false).unwrap().edits;
    let steps = edits.into_iter().map(|edit| Step { edit, expected_revision: None }).collect();
    let point =
        DecisionPoint::open(Arc::new(MemoryStore::new().unwrap()), Retention::default()).await.unwrap();
    let request =
        WriteRequest { steps, expected: None, idempotency: None, dry_run: false, actor: "test".into() };
    point.write(request).await.unwrap();

    let Ask { user, anonymous, attribute, feed, feed_group } = &case.ask;
    let who = match user {
        Some(name) => Who::User { directory: None, identity: Identity::Name(name) },
        None => {
            assert!(anonymous, "{}: nobody is asked about", case.name);
            Who::Anonymous
        }
    };
    let target = match (feed, feed_group) {
        (Some(feed), _) => Where::Feed(feed),
        (None, Some(group)) => Where::FeedGroup(group),
        (None, None) => Where::System,
    };
    let attribute = attribute.as_deref().unwrap_or("Feeds_DownloadPackage");
    let question = Question { who, attribute, target };
    let explanation = point.explain(question, Freshness::MinimizeLatency).await.unwrap();
    let answer = point.check(question, Freshness::MinimizeLatency).await.unwrap();
    assert_eq!(explanation.answer, answer, "{}", case.name);
    describe(&answer)
}

fn describe(answer: &Answer) -> String {
    let decision = &answer.decision;
    let reason = match decision.reason {
        // The grant of the initial policy has the id 1.
        Reason::Permitted(id) => format!("PERMITTED {}", id.0 - 1),
        Reason::Restricted(id) => format!("RESTRICTED {}", id.0 - 1),
        Reason::NotGranted => "NOT_GRANTED".into(),
        Reason::FeedUnknown => "FEED_UNKNOWN".into(),
        Reason::FeedGroupUnknown => "FEED_GROUP_UNKNOWN".into(),
        Reason::SubjectDisabled => "SUBJECT_DISABLED".into(),
    };
    let allowed = if decision.allowed() { "allowed" } else { "denied" };
    let subject = if decision.subject_unknown { " subject_unknown" } else { "" };
    let feed = if decision.feed_unknown { " feed_unknown" } else { "" };
    format!("{allowed} {reason}{subject}{feed}")
}
