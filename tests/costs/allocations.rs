//! A decision allocates nothing, and a check no more than what its answer says of the user.

use allocation_counter::measure;
use feedgate::{
    directory::Connections,
    service::query::{Freshness, Identity, Question, Where, Who},
};
use futures_util::FutureExt as _;

use super::{
    workload::{decide_each, index, point, questions},
    world::{self, Size},
};

#[test]
fn a_decision_allocates_nothing() {
    let (index, nobody_else, questions) = (index(), Connections::none(), questions());
    let mut allowed = 0;
    let counted = measure(|| allowed = decide_each(&index, &nobody_else, &questions));
    assert_eq!(counted.count_total, 0);
    assert!((questions.len() / 10..questions.len()).contains(&allowed), "{allowed}");
}

#[tokio::test]
async fn a_check_allocates_what_it_says_of_the_user() {
    let point = point().await;
    let index = point.index();
    for (user, attribute, feed) in questions() {
        let name = feedgate::model::NameKey::new(&user).unwrap();
        let known = index.user_named(feedgate::model::DirectoryId::BUILT_IN, &name);
        let id = known.map(|user| user.id.to_string()).unwrap_or_else(|| "4000000000".into());
        let by_id = Who::User { directory: Some("built-in"), identity: Identity::Id(&id) };
        let by_name = Who::User { directory: None, identity: Identity::Name(&user) };
        // The user's directory, id and name; the id is written before it is known how long it is.
        for (who, most) in [(by_id, 0), (by_name, 4), (Who::Anonymous, 0)] {
            let question = Question { who, attribute: &attribute, target: Where::Feed(&feed) };
            let counted = measure(|| {
                let answer = point.check(question, Freshness::MinimizeLatency).now_or_never();
                answer.expect("nobody has to be waited for").expect("it is an answer");
            });
            assert!(counted.count_total <= most, "{question:?}: {}", counted.count_total);
        }
    }
}

/// Six subjects in 500 groups each take turns: a batch resolves each of them once.
#[test]
fn a_batch_resolves_each_subject_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut policy = world::policy(Size::of(100_000));
    let groups: Vec<_> = policy.groups.iter().map(|group| group.id).collect();
    assert!(groups.len() >= 500, "{}", groups.len());
    // Groups in groups make resolving dear.
    std::sync::Arc::make_mut(&mut policy.groups[1]).groups = vec![groups[2]];
    for user in policy.users.iter_mut().take(6) {
        std::sync::Arc::make_mut(user).groups.clone_from(&groups);
    }
    let names: Vec<_> = policy.users.iter().take(6).map(|user| user.name.as_str().to_owned()).collect();
    let attribute = world::attribute_of(0).name.to_string();
    let feed = world::feed_name(world::FIRST);
    let store = feedgate::store::MemoryStore::holding(&policy).unwrap();
    let point = feedgate::service::DecisionPoint::open(std::sync::Arc::new(store), Default::default());
    let point = runtime.block_on(point).unwrap();
    let bytes = |items: usize| {
        let question = |number: usize| {
            let who = Who::User { directory: None, identity: Identity::Name(&names[number % 6]) };
            Question { who, attribute: &attribute, target: Where::Feed(&feed) }
        };
        let questions: Vec<_> = (0..items).map(question).collect();
        let asked = || {
            let batch = point.batch(&questions, Freshness::MinimizeLatency, None);
            let answer = runtime.block_on(batch).unwrap();
            assert!(answer.results.iter().all(Result::is_ok));
        };
        measure(asked).count_total
    };
    // Taking turns costs a copy of the principals, and nothing that depends on the groups.
    let more = bytes(1_200) - bytes(600);
    assert!(more <= 600 * 5, "{more} allocations for 600 more items");
}
