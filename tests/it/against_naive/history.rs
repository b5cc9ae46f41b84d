//! The way back: each earlier revision, as it comes out of the present one and the history, is what it was.

use std::{collections::BTreeSet, sync::Arc};

use feedgate::{
    engine::{Index, allowed},
    model::{Kind, Object, ObjectKey, Policy, Revision},
    policy::{Earlier, rewind},
    store::PolicyStore,
};

use super::{principals, subjects, targets, whole};
use crate::support::random::Random;

/// How many pairs of revisions are compared.
const PAIRS: usize = 12;

/// `past` are the policies of all revisions, from 0 on; the last is the present one's.
pub async fn check(store: &dyn PolicyStore, present: &Index, past: &[Policy], random: &mut Random) {
    let present = Arc::new(present.clone());
    for (number, policy) in (0..).zip(past) {
        let earlier = rewind(store, present.clone(), number, || true).await.unwrap();
        assert_eq!(earlier.index.revision(), Revision { number, ..present.revision() });
        same(&earlier.index, policy);
        let differing = differing(policy, past.last().unwrap());
        assert!(differing.is_subset(&earlier.changed), "{differing:?} {:?}", earlier.changed);
    }
    for _ in 0..PAIRS {
        let [one, other] = [random.below(past.len()), random.below(past.len())];
        let later = rewind(store, present.clone(), one.max(other) as u64, || true).await.unwrap().index;
        let Earlier { index: earlier, changed } =
            rewind(store, later.clone(), one.min(other) as u64, || true).await.unwrap();
        let forward = whole::compare(&earlier, &later, &changed);
        assert_eq!(whole::compare(&later, &earlier, &changed), forward);
    }
}

/// An index holds the objects of a policy, and decides as one that is built from it.
fn same(index: &Index, policy: &Policy) {
    for object in policy.objects() {
        assert_eq!(index.object(object.key()), Some(object));
    }
    let built = Index::build(index.revision(), policy.clone()).unwrap();
    index.check_references().unwrap();
    for kind in Kind::ALL {
        assert_eq!(index.count(kind), built.count(kind), "{kind}");
    }
    for subject in subjects(policy) {
        let (who, again) = (principals(index, subject), principals(&built, subject));
        for (target, _) in targets(policy) {
            let names = |index: &Index, bits| {
                index.attributes_in(bits).map(|it| it.name.to_string()).collect::<BTreeSet<_>>()
            };
            let [found, expected] =
                [names(index, allowed(index, &who, target)), names(&built, allowed(&built, &again, target))];
            assert_eq!(found, expected, "{subject:?} {target:?} in {policy:#?}");
        }
    }
}

/// The objects that two policies don't have in common.
fn differing(one: &Policy, other: &Policy) -> BTreeSet<ObjectKey> {
    let [one, other]: [Vec<Object>; 2] = [one.objects().collect(), other.objects().collect()];
    let only = |these: &[Object], those: &[Object]| {
        these.iter().filter(|it| !those.contains(it)).map(Object::key).collect::<Vec<_>>()
    };
    only(&one, &other).into_iter().chain(only(&other, &one)).collect()
}
