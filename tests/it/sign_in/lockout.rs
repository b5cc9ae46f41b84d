//! Who fails too often, and storms.

use std::time::Duration;

use feedgate::directory::Refusal;
use feedgate::service::{
    ServiceError,
    query::{Freshness, Identity, Question, Where, Who},
    sign_in::{Refused, Why},
};
use futures_util::future::join_all;

use super::world::{Door, World, door, weak};

/// For how long, if so.
async fn locked(world: &World, at: Door<'_>) -> Option<Duration> {
    let outcome = world.knock(at).await.unwrap().outcome;
    match outcome {
        Err(Refused { why: Why::Refused(Refusal::Locked), locked_for }) => locked_for,
        Err(Refused { locked_for: None, .. }) | Ok(_) => None,
        Err(other) => panic!("{other:?}"),
    }
}

async fn let_in(world: &World, at: Door<'_>) -> bool {
    world.knock(at).await.unwrap().outcome.is_ok()
}

#[tokio::test(start_paused = true)]
async fn waits_double_and_a_success_ends_them() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    let (wrong, right) = (door("jdoe", "wrong"), door("JDOE", "geheim"));
    for _ in 0..4 {
        assert!(!let_in(&world, wrong).await);
    }
    assert!(let_in(&world, right).await, "four in a row are nothing");
    for _ in 0..5 {
        assert_eq!(locked(&world, wrong).await, None);
    }
    let mut wait = Duration::from_secs(1);
    for _ in 0..12 {
        // No password is tried, not even the right one.
        for at in [wrong, right] {
            assert_eq!(locked(&world, at).await, Some(wait));
        }
        tokio::time::advance(wait - Duration::from_millis(1)).await;
        assert_eq!(locked(&world, right).await, Some(Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(locked(&world, wrong).await, None);
        wait = (wait * 2).min(Duration::from_secs(900));
    }
    assert_eq!(wait, Duration::from_secs(900));
    tokio::time::advance(wait).await;
    assert!(let_in(&world, right).await);
    assert_eq!(locked(&world, wrong).await, None);
    assert!(let_in(&world, right).await);
}

#[tokio::test(start_paused = true)]
async fn an_administrators_password_ends_it() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    for _ in 0..5 {
        world.knock(door("jdoe", "wrong")).await.unwrap();
    }
    assert!(locked(&world, door("jdoe", "geheim")).await.is_some());
    world.set_password("JDoe", "another one", false).await;
    assert!(let_in(&world, door("jdoe", "another one")).await);
    // Names that nobody has, and users without a password, have no failures.
    world.user("ann", None, false).await;
    for _ in 0..8 {
        for name in ["ann", "nobody"] {
            assert_eq!(locked(&world, door(name, "wrong")).await, None);
        }
    }
}

/// Of many at once no more are tried than one after the other would have been.
#[tokio::test]
async fn those_who_come_together_are_counted_too() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    let tries = join_all((0..60).map(|_| world.knock(door("jdoe", "wrong")))).await;
    let wrong = tries.iter().filter(|tried| {
        let refused = tried.as_ref().unwrap().outcome.as_ref().unwrap_err();
        refused.why == Why::Refused(Refusal::WrongPassword)
    });
    // The fifth failure makes the others wait for a second; they may take longer than that.
    let wrong = wrong.count();
    assert!((5..60).contains(&wrong), "{wrong}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_bounded_and_checks_are_answered() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    let storm = join_all((0..500).map(|at| {
        let name = if at % 2 == 0 { "nobody" } else { "jdoe" };
        world.knock(door(name, "geheim"))
    }));
    let checks = async {
        let who = Who::User { directory: None, identity: Identity::Name("jdoe") };
        let question = Question { who, attribute: "Feeds_ViewFeed", target: Where::System };
        let mut answered = 0;
        for _ in 0..1_000 {
            answered += usize::from(world.point.check(question, Freshness::MinimizeLatency).await.is_ok());
            tokio::task::yield_now().await;
        }
        answered
    };
    let (storm, checks) = futures_util::future::join(storm, checks).await;
    assert_eq!(checks, 1_000);
    let (mut signed_in, mut refused, mut too_many) = (0, 0, 0);
    for one in storm {
        match one {
            Ok(answer) if answer.outcome.is_ok() => signed_in += 1,
            Ok(_) => refused += 1,
            Err(ServiceError::TooManySignIns) => too_many += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(signed_in + refused + too_many, 500);
    assert!(too_many > 0 && signed_in > 0 && refused > 0, "{signed_in} {refused} {too_many}");
}

/// Invented names take no place that others need: each sign-in waits its turn.
#[tokio::test]
async fn sign_ins_under_many_names_keep_no_other_from_signing_in() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    let invented: Vec<_> = (0..100).map(|number| format!("nobody{number}")).collect();
    let storm = join_all(invented.iter().map(|name| world.knock(door(name, "geheim"))));
    let others = join_all((0..28).map(|_| world.knock(door("jdoe", "geheim"))));
    let (storm, others) = futures_util::future::join(storm, others).await;
    assert!(storm.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.outcome.is_err())));
    assert!(others.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.outcome.is_ok())));
}

/// Whoever guesses at one name leaves room for other names.
#[tokio::test]
async fn sign_ins_under_one_name_leave_room_for_other_names() {
    let world = World::alone().await;
    world.user("jdoe", Some(weak("geheim")), false).await;
    world.user("ann", Some(weak("geheim")), false).await;
    let storm = join_all((0..300).map(|_| world.knock(door("JDOE", "geheim"))));
    let others = join_all((0..20).map(|_| world.knock(door("ann", "geheim"))));
    let (storm, others) = futures_util::future::join(storm, others).await;
    assert!(storm.iter().any(|answer| matches!(answer, Err(ServiceError::TooManySignIns))));
    assert!(others.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.outcome.is_ok())));
}
