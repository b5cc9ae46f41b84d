//! The model test: on random policies and random change sequences, three ways to the answer agree.
//!
//! 1. The index that grew change set by change set.
//! 2. An index built from what the store holds.
//! 3. A naive walk over the grants of what the store holds.
//!
//! And a fourth index, to which the stored change sets were applied one by one, holds the same objects: that
//! is how a replica keeps up. The way back from the present to each earlier revision leads to what was there then.
//!
//! What looks at many decisions at once, lookups, effective attributes and comparisons, agrees with the decisions
//! one by one; and so do findings. What a change set is said to affect covers every decision that it changes.

mod affected;
pub mod edits;
mod history;
mod lint;
mod naive;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use feedgate::{
    engine::{Decision, Demand, Explained, Index, Principals, Reason, Series, Target, decide, explain},
    model::{Change, ChangeSet, Kind, ObjectKey, Policy, Revision, edit::Step},
    policy::Draft,
    store::{Commit, MemoryStore, PolicyStore},
};

use crate::support::{campaign, random::Random};

const SEED: u64 = 20_261_122;

/// Of how many policies one is linted, and of how many change sets one is asked what it affects.
const LINTED: u64 = 2;
const AFFECTED: u64 = 3;

#[tokio::test]
async fn derived_rebuilt_and_naive_agree() {
    let wanted = if campaign() { 50_000_000 } else { 1_000_000 };
    let mut random = Random::new(SEED);
    let (mut decisions, mut allowed, mut deciding, mut accesses) = (0, 0, 0, 0);
    let mut findings = BTreeMap::new();
    let mut figures = affected::Figures::default();
    while decisions < wanted {
        let mut world = World::new().await;
        for _ in 0..40 {
            if !world.change(&mut random).await {
                continue;
            }
            let tally = world.check(&mut random).await;
            whole::check(&world.derived);
            if world.derived.revision().number.is_multiple_of(LINTED) {
                lint::check(&world.derived, &mut findings);
            }
            if world.derived.revision().number.is_multiple_of(AFFECTED) {
                affected::check(&world.before, &world.derived, &world.changes, &mut figures);
            }
            accesses += whole::compare(&world.before, &world.derived, &world.changed);
            decisions += tally.decisions;
            allowed += tally.allowed;
            deciding += tally.deciding;
        }
        world.follow().await;
        // With luck of its own: what comes next mustn't depend on how much was looked back.
        history::check(&world.store, &world.derived, &world.past, &mut Random::new(SEED)).await;
    }
    println!("what is affected: {figures:?}");
    println!(
        "{decisions} decisions agree: {allowed} allowed, {deciding} decided by a grant; {accesses} gained or lost; {findings:?}"
    );
    // Worlds in which nothing is ever decided would prove nothing.
    assert!(allowed * 10 > decisions && deciding * 4 > decisions, "{allowed} {deciding} {decisions}");
    assert!(accesses * 100 > decisions, "{accesses} {decisions}");
    // That everything may have changed is always true, and of no use.
    assert!(figures.differ > 1000 && figures.everything * 2 < figures.sets, "{figures:?}");
    assert!(figures.covered < figures.same, "{figures:?}");
    // All codes but that of passwords, of which a policy knows nothing.
    assert_eq!(findings.len(), 19, "{findings:?}");
}

struct World {
    store: MemoryStore,
    /// The policies of all revisions.
    past: Vec<Policy>,
    derived: Index,
    /// The policy before the newest change.
    before: Index,
    /// That change, and its objects.
    changes: Vec<Change>,
    changed: BTreeSet<ObjectKey>,
}

#[derive(Default)]
struct Tally {
    decisions: usize,
    allowed: usize,
    deciding: usize,
}

impl World {
    async fn new() -> Self {
        let store = MemoryStore::new().unwrap();
        let loaded = store.load().await.unwrap();
        let revision = Revision { store: loaded.head.store, number: 0 };
        let derived = Index::build(revision, loaded.policy.clone()).unwrap();
        Self {
            before: derived.clone(),
            derived,
            past: vec![loaded.policy],
            store,
            changes: Vec::new(),
            changed: BTreeSet::new(),
        }
    }

    /// A change set of several edits; edits that can't be made are left out. False if nothing changed.
    async fn change(&mut self, random: &mut Random) -> bool {
        let mut steps: Vec<Step> = Vec::new();
        let edits = 1 + random.below(if self.derived.revision().number < 3 { 60 } else { 8 });
        for _ in 0..edits {
            let step = Step { edit: edits::edit(random), expected_revision: None };
            // An edit that fails spoils its draft, so each is tried behind those that are known to be good.
            let mut draft = Draft::new(&self.derived);
            steps.iter().for_each(|step| draft.apply(step).unwrap());
            if draft.apply(&step).is_ok() {
                steps.push(step);
            }
        }
        let mut draft = Draft::new(&self.derived);
        steps.iter().for_each(|step| draft.apply(step).unwrap());
        let drafted = draft.finish();
        if drafted.changes.is_empty() {
            return false;
        }
        self.changed = drafted.changes.iter().map(Change::key).collect();
        self.changes.clone_from(&drafted.changes);
        let revision = drafted.index.revision().number;
        let change_set = ChangeSet {
            revision,
            at_ms: 0,
            actor: "test".into(),
            idempotency: None,
            changes: drafted.changes,
        };
        let commit = Commit { change_sets: vec![change_set.into()], ..Commit::default() };
        self.store.commit(revision - 1, commit).await.unwrap();
        self.past.push(self.store.load().await.unwrap().policy);
        self.before = std::mem::replace(&mut self.derived, drafted.index);
        true
    }

    async fn check(&self, random: &mut Random) -> Tally {
        let policy = self.store.load().await.unwrap().policy;
        let rebuilt = Index::build(self.derived.revision(), policy.clone()).unwrap();
        let targets = targets(&policy);
        let mut tally = Tally::default();
        for subject in subjects(&policy) {
            let mut series = Series::new(&self.derived, principals(&self.derived, subject));
            let all =
                policy.attributes.iter().flat_map(|attribute| targets.iter().map(move |at| (attribute, at)));
            let mut demands: Vec<_> = all.collect();
            // A series hears of attributes and targets in any order.
            let mut order = Random::new(self.derived.revision().number);
            for at in (1..demands.len()).rev() {
                demands.swap(at, order.below(at + 1));
            }
            for (attribute, (target, naive_target)) in demands {
                let demand = Demand { attribute: attribute.id, target: *target };
                let derived = decide(&self.derived, &principals(&self.derived, subject), demand);
                let again = decide(&rebuilt, &principals(&rebuilt, subject), demand);
                let naive = naive::decide(&policy, subject, attribute, *naive_target);
                let context = || format!("{subject:?} {} {target:?} in {policy:#?}", attribute.name);
                assert_eq!(answer(derived), naive, "{}", context());
                assert_eq!(again, derived, "{}", context());
                assert_eq!(series.decide(demand), derived, "{}", context());
                if random.one_in(20) {
                    self.explain(subject, demand, derived);
                }
                tally.decisions += 1;
                tally.allowed += usize::from(derived.allowed());
                tally.deciding += usize::from(derived.grant().is_some());
            }
        }
        tally
    }

    /// An explanation decides as the decision does, and its first candidate that counts is the one.
    fn explain(&self, subject: naive::Subject<'_>, demand: Demand, decision: Decision) {
        let direct = match subject {
            naive::Subject::Known(user) => user.groups.as_slice(),
            naive::Subject::Nobody | naive::Subject::Unknown => &[],
        };
        let explained = explain(&self.derived, &principals(&self.derived, subject), direct, demand);
        let Explained { decision: again, candidates, rule, near_misses } = explained;
        assert_eq!(again, decision);
        assert_eq!(rule.is_some(), decision.grant().is_some());
        assert!(near_misses.is_empty() || decision.reason == Reason::NotGranted);
        let first = candidates.iter().find(|candidate| candidate.counts);
        if !matches!(decision.reason, Reason::SubjectDisabled) {
            assert_eq!(first.map(|candidate| candidate.grant.id), decision.grant());
        }
        for candidate in &candidates {
            assert_eq!(candidate.decides, Some(candidate.grant.id) == decision.grant());
            for pair in candidate.path.windows(2) {
                assert!(self.derived.group(pair[0]).unwrap().groups.contains(&pair[1]));
            }
            assert!(candidate.path.first().is_none_or(|first| direct.contains(first)));
        }
    }

    /// A replica that applies the stored change sets to the first policy holds what the store holds.
    async fn follow(&self) {
        let mut replica =
            Index::build(Revision { number: 0, ..self.derived.revision() }, self.past[0].clone()).unwrap();
        for change_set in self.store.changes_after(0, usize::MAX).await.unwrap() {
            replica = replica.at(change_set.revision);
            change_set.changes.iter().for_each(|change| replica.apply(change).unwrap());
            replica.check_references().unwrap();
        }
        let policy = self.store.load().await.unwrap().policy;
        for object in policy.objects() {
            assert_eq!(replica.object(object.key()).as_ref(), Some(&object));
            assert_eq!(self.derived.object(object.key()), Some(object));
        }
        for task in replica.tasks() {
            let attributes = |index: &Index| {
                index.attributes_in(index.bits_of_task(task.id)).map(|it| it.id).collect::<Vec<_>>()
            };
            assert_eq!(attributes(&replica), attributes(&self.derived), "{}", task.name);
        }
        for kind in Kind::ALL {
            assert_eq!(replica.count(kind), self.derived.count(kind), "{kind}");
        }
        assert_eq!((replica.next_ids(), self.derived.next_ids()), (&policy.next, &policy.next));
    }
}

fn subjects(policy: &Policy) -> Vec<naive::Subject<'_>> {
    let users = policy.users.iter().map(|user| naive::Subject::Known(user));
    users.chain([naive::Subject::Nobody, naive::Subject::Unknown]).collect()
}

fn principals(index: &Index, subject: naive::Subject<'_>) -> Principals {
    match subject {
        naive::Subject::Known(user) => Principals::of_user(index, user),
        naive::Subject::Nobody => Principals::anonymous(),
        naive::Subject::Unknown => Principals::unknown(index),
    }
}

fn targets(policy: &Policy) -> Vec<(Target, naive::Target)> {
    let feeds = policy.feeds.iter().map(|feed| (Target::Feed(feed.id), naive::Target::Feed(feed.id)));
    let groups = policy
        .feed_groups
        .iter()
        .map(|group| (Target::FeedGroup(group.id), naive::Target::FeedGroup(group.id)));
    feeds
        .chain(groups)
        .chain([
            (Target::System, naive::Target::System),
            (Target::UnknownFeed, naive::Target::UnknownFeed),
            (Target::UnknownFeedGroup, naive::Target::UnknownFeedGroup),
        ])
        .collect()
}

fn answer(decision: Decision) -> naive::Answer {
    match decision.reason {
        Reason::Permitted(id) => naive::Answer::Permitted(id),
        Reason::Restricted(id) => naive::Answer::Restricted(id),
        Reason::NotGranted => naive::Answer::NotGranted,
        Reason::FeedUnknown => naive::Answer::FeedUnknown,
        Reason::FeedGroupUnknown => naive::Answer::FeedGroupUnknown,
        Reason::SubjectDisabled => naive::Answer::SubjectDisabled,
    }
}
