//! A decision allocates nothing, and a check no more than what its answer says of the user.

use allocation_counter::measure;
use feedgate::{
    directory::Connections,
    service::query::{Freshness, Identity, Question, Where, Who},
};
use futures_util::FutureExt as _;

use super::workload::{decide_each, index, point, questions};

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
