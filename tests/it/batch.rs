//! Batches: one revision, in order, and an item's error is its own.

use feedgate::grpc::pb::{self, batch_check_result::Outcome};
use tokio::sync::oneshot;
use tonic::Code;
use tonic_types::RpcStatusExt as _;

use crate::support::{ask, campaign, random::Random, server::Server, write};

const MAX_ITEMS: usize = 10_000;
const ATTRIBUTE: &str = "Feeds_DownloadPackage";

/// A user whose grant a writer flips between permission and restriction, one change set a flip.
async fn flipping(server: &Server) {
    let changes = vec![
        write::create(write::user("ann")),
        write::create(write::feed("f")),
        write::create(write::task("Download", &[ATTRIBUTE])),
        write::create(pb::object::Kind::Grant(write::grant(pb::Effect::Permit, "ann", "Download"))),
    ];
    let written = server.policy().write(write::write(changes)).await.unwrap().into_inner();
    assert_eq!(written.revision.unwrap().number, 1);
}

/// Odd revisions permit, even ones restrict.
fn flip(revision: u64) -> pb::WriteRequest {
    let (old, new) = if revision.is_multiple_of(2) {
        (pb::Effect::Permit, pb::Effect::Restrict)
    } else {
        (pb::Effect::Restrict, pb::Effect::Permit)
    };
    let grant = |effect| write::grant(effect, "ann", "Download");
    write::write(vec![
        write::delete(pb::object_ref::Kind::Grant(grant(old))),
        write::create(pb::object::Kind::Grant(grant(new))),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_items_are_answered_from_one_revision() {
    let server = Server::start();
    flipping(&server).await;
    let (stop, mut stopped) = oneshot::channel::<()>();
    let mut policy = server.policy();
    let writer = tokio::spawn(async move {
        let mut revision = 1;
        while stopped.try_recv().is_err() {
            revision += 1;
            let written = policy.write(flip(revision)).await.unwrap().into_inner();
            assert_eq!(written.revision.unwrap().number, revision);
        }
    });

    let items = vec![ask::item(ask::user("ann"), ATTRIBUTE, ask::feed("f")); MAX_ITEMS];
    let request = ask::batch(items);
    let mut revisions = Vec::new();
    // Until enough has been seen that a batch of two revisions would have shown.
    let wanted = if campaign() { 1_000 } else { 50 };
    let parities = |revisions: &[u64]| (0..2).all(|odd| revisions.iter().any(|it| it % 2 == odd));
    while revisions.len() < wanted || !parities(&revisions) {
        let answer = server.decisions().batch_check(request.clone()).await.unwrap().into_inner();
        let revision = answer.revision.unwrap().number;
        assert_eq!(answer.results.len(), MAX_ITEMS);
        for result in answer.results {
            let Some(Outcome::Decision(decision)) = result.outcome else { panic!("{result:?}") };
            assert_eq!(decision.allowed, !revision.is_multiple_of(2), "at revision {revision}");
        }
        revisions.push(revision);
    }
    stop.send(()).unwrap();
    writer.await.unwrap();
    assert!(revisions.is_sorted(), "{revisions:?}");
}

#[tokio::test]
async fn sizes() {
    let server = Server::start();
    let question = ask::item(ask::user("Admin"), "Feeds_ViewFeed", ask::system());
    for (size, refused) in
        [(0, Some("MISSING_FIELD")), (1, None), (MAX_ITEMS, None), (MAX_ITEMS + 1, Some("TOO_MANY_ITEMS"))]
    {
        let answer = server.decisions().batch_check(ask::batch(vec![question.clone(); size])).await;
        match (answer, refused) {
            (Ok(answer), None) => assert_eq!(answer.get_ref().results.len(), size),
            (Err(status), Some(why)) => {
                assert_eq!(ask::reason(&status), (Code::InvalidArgument, why.into()), "{size}");
            }
            (answer, _) => panic!("{size}: {:?}", answer.map(|answer| answer.into_inner().revision)),
        }
    }
}

/// An answer in a word: `true`, or what is wrong.
fn word(result: &pb::BatchCheckResult) -> String {
    match result.outcome.as_ref().unwrap() {
        Outcome::Decision(decision) => decision.allowed.to_string(),
        Outcome::Error(status) => {
            let info = status.get_details_error_info().unwrap();
            assert_eq!((status.code, info.domain.as_str()), (Code::InvalidArgument.into(), "feedgate"));
            assert!(!status.message.is_empty());
            info.reason
        }
    }
}

#[tokio::test]
async fn an_item_in_error_spoils_no_other() {
    let server = Server::start();
    server.policy().write(write::write(vec![write::create(write::feed("f"))])).await.unwrap();
    let item = |subject: &str, attribute: &str, target| ask::item(ask::user(subject), attribute, target);
    let table = [
        (item("Admin", ATTRIBUTE, ask::feed("f")), "true"),
        (item("", ATTRIBUTE, ask::feed("f")), "INVALID_NAME"),
        (item("Admin", "Feeds_Nope", ask::feed("f")), "UNKNOWN_ATTRIBUTE"),
        (item("nobody", ATTRIBUTE, ask::feed("f")), "false"),
        (item("Admin", "", ask::feed("f")), "MISSING_FIELD"),
        (item("Admin", ATTRIBUTE, ask::feed("a\u{0}b")), "INVALID_NAME"),
        (item("Admin", ATTRIBUTE, ask::feed(&"x".repeat(257))), "INVALID_NAME"),
        (item("Admin", ATTRIBUTE, ask::feed("no such feed")), "false"),
        (pb::BatchCheckItem { subject: None, ..item("", ATTRIBUTE, ask::system()) }, "MISSING_FIELD"),
        (pb::BatchCheckItem { target: None, ..item("Admin", ATTRIBUTE, ask::system()) }, "MISSING_FIELD"),
        (
            pb::BatchCheckItem {
                target: Some(pb::Target { kind: None }),
                ..item("Admin", ATTRIBUTE, ask::system())
            },
            "MISSING_FIELD",
        ),
        (
            pb::BatchCheckItem { correlation_id: "x".repeat(257), ..item("Admin", ATTRIBUTE, ask::system()) },
            "INVALID_FIELD",
        ),
        (item("Admin", ATTRIBUTE, ask::feed("f")), "true"),
    ];
    let (items, expected): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let answer = server.decisions().batch_check(ask::batch(items)).await.unwrap().into_inner();
    assert_eq!(answer.results.iter().map(word).collect::<Vec<_>>(), expected);
    assert_eq!(answer.revision.unwrap().number, 1);
}

#[tokio::test]
async fn items_take_what_they_lack_from_the_top_and_are_answered_in_order() {
    let server = Server::start();
    server.policy().write(write::write(vec![write::create(write::feed("f"))])).await.unwrap();
    let item = |id: &str| pb::BatchCheckItem { correlation_id: id.into(), ..Default::default() };
    let items = vec![
        item("as at the top"),
        pb::BatchCheckItem { subject: Some(ask::anonymous()), ..item("nobody") },
        item("as at the top"),
        pb::BatchCheckItem { target: Some(ask::feed("unheard-of")), ..item("no feed") },
        pb::BatchCheckItem { attribute: "Admin_ConfigureProGet".into(), ..item("") },
    ];
    let request = pb::BatchCheckRequest {
        default_subject: Some(ask::user("ADMIN")),
        default_attribute: ATTRIBUTE.into(),
        default_target: Some(ask::feed("F")),
        items,
        consistency: None,
    };
    let answer = server.decisions().batch_check(request).await.unwrap().into_inner();
    let results = answer.results.iter().map(|result| {
        let Some(Outcome::Decision(decision)) = result.outcome else { panic!("{result:?}") };
        (result.correlation_id.as_str(), decision.reason(), decision.subject_number)
    });
    use pb::Reason::{FeedUnknown, NotGranted, Permitted};
    assert_eq!(
        results.collect::<Vec<_>>(),
        [
            ("as at the top", Permitted, 1),
            ("nobody", NotGranted, 0),
            ("as at the top", Permitted, 1),
            ("no feed", FeedUnknown, 1),
            ("", Permitted, 1),
        ]
    );
    let names: Vec<_> = answer.subjects.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!(names, ["Admin"]);
}

/// More subjects by turns than stay at hand, each by several names.
#[tokio::test]
async fn items_say_what_checks_say() {
    const USERS: usize = 24;
    let server = Server::start();
    let name = |number: usize| match number % 4 {
        0 => format!("user-{number}@corp.example"),
        _ => format!("user-{number}"),
    };
    let mut changes: Vec<_> = ["f", "g"].map(|feed| write::create(write::feed(feed))).into();
    changes.push(write::create(write::task("Download", &[ATTRIBUTE])));
    for number in 0..USERS {
        changes.push(write::create(write::user(&name(number))));
        let grants = [(pb::Effect::Permit, 2), (pb::Effect::Restrict, 3)];
        for (effect, _) in grants.into_iter().filter(|(_, each)| number.is_multiple_of(*each)) {
            let grant = write::grant(effect, &name(number), "Download");
            changes.push(write::create(pb::object::Kind::Grant(grant)));
        }
    }
    server.policy().write(write::write(changes)).await.unwrap();

    let users = (0..USERS).flat_map(|number| [name(number), name(number).to_uppercase()]);
    let strangers = (0..USERS / 4).map(|number| format!("stranger-{number}"));
    let mut subjects: Vec<_> = users.chain(strangers).map(|name| ask::user(&name)).collect();
    subjects.push(ask::anonymous());
    let targets = [ask::feed("f"), ask::feed("G"), ask::feed("h"), ask::system()];
    let mut random = Random::new(6);
    let items: Vec<_> = (0..400)
        .map(|_| {
            let attribute = random.pick(&[ATTRIBUTE, "Feeds_ViewFeed", "Admin_ConfigureProGet"]);
            ask::item(random.pick(&subjects).clone(), attribute, random.pick(&targets).clone())
        })
        .collect();

    let answer = server.decisions().batch_check(ask::batch(items.clone())).await.unwrap().into_inner();
    let mut allowed = 0;
    for (item, result) in items.into_iter().zip(answer.results) {
        let Some(Outcome::Decision(decision)) = result.outcome else { panic!("{result:?}") };
        let (subject, target) = (item.subject.unwrap(), item.target.unwrap());
        let check = ask::check(subject, &item.attribute, target);
        let alone = server.decisions().check(check.clone()).await.unwrap().into_inner();
        let echo = (decision.subject_number as usize).checked_sub(1).map(|at| answer.subjects[at].clone());
        let together = pb::CheckResponse {
            allowed: decision.allowed,
            reason: decision.reason,
            grant_id: decision.grant_id,
            subject_unknown: decision.subject_unknown,
            feed_unknown: decision.feed_unknown,
            subject: echo,
            revision: answer.revision,
            knowledge: None,
        };
        assert_eq!(together, alone, "{check:?}");
        allowed += usize::from(alone.allowed);
    }
    assert!(allowed > 20, "{allowed}");
}

#[tokio::test]
async fn items_beyond_the_deadline_have_errors() {
    use std::time::{Duration, Instant};

    use feedgate::{
        service::{
            CheckError, DecisionPoint, Retention,
            query::{Freshness, Question, Where, Who},
        },
        store::MemoryStore,
    };

    let store = std::sync::Arc::new(MemoryStore::new().unwrap());
    let point = DecisionPoint::open(store, Retention::default()).await.unwrap();
    let question = Question { who: Who::Anonymous, attribute: ATTRIBUTE, target: Where::System };
    let questions = vec![question; 100];
    for (deadline, late) in
        [(None, false), (Some(Instant::now() + Duration::from_secs(60)), false), (Some(Instant::now()), true)]
    {
        let answer = point.batch(&questions, Freshness::MinimizeLatency, deadline).await.unwrap();
        assert_eq!(answer.results.len(), 100);
        for result in answer.results {
            assert_eq!(result.is_err(), late);
            assert!(result.is_ok() || result == Err(CheckError::DeadlineExceeded));
        }
    }
}
