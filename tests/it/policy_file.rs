//! A policy file as `export` writes it, applied with `--prune` to any other policy, gives the policy that was
//! exported.

use std::collections::BTreeSet;

use feedgate::{
    engine::Index,
    grpc::convert::{self, Mask, export, from_edit},
    interchange::{Existing, PolicyEdits, PolicyFile, policy_file},
    model::{
        AttributeName, BuiltInTask, Effect, Name, Revision,
        edit::{
            AttributeSpec, AttributesRef, DirectorySpec, Edit, FeedGroupSpec, FeedSpec, GrantSpec, GroupSpec,
            NewName, ObjectRef, PrincipalName, PrincipalRef, ScopeRef, Spec, Step, TaskSpec, UserSpec,
        },
    },
    policy::Draft,
    store::{MemoryStore, PolicyStore},
};

use crate::{
    against_naive::edits,
    support::{campaign, random::Random},
};

const SEED: u64 = 20_261_129;

#[tokio::test]
async fn pruning_restores_an_export_on_any_other_policy() {
    let mut random = Random::new(SEED);
    let (mut changed, pairs) = (0, if campaign() { 20_000 } else { 400 });
    for pair in 0..pairs {
        let exported = policy(&mut random).await;
        let other = policy(&mut random).await;
        let text = policy_file::render(&specs(&exported));
        let file = PolicyFile::parse("f", text.as_bytes()).unwrap_or_else(|e| panic!("{e:#?}\n{text}"));
        let same = apply(&file, &exported);
        assert_eq!(same.1, 0, "pair {pair}: an export applied where it comes from changes something: {text}");
        let (restored, changes) = apply(&file, &other);
        assert_eq!(normal(&restored, &exported), normal(&exported, &exported), "pair {pair}: {text}");
        assert_eq!(apply(&file, &restored).1, 0, "pair {pair}: applied twice: {text}");
        changed += changes;
    }
    // Policies that are alike would prove nothing.
    assert!(changed > pairs * 20, "{changed} changes");
}

/// The policy with the edits of a file that prunes, and how many objects changed. Edits take the way of the wire.
fn apply(file: &PolicyFile, index: &Index) -> (Index, usize) {
    let present = specs(index);
    let PolicyEdits { edits, notes } =
        file.edits(&Existing::new(&present), true).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(notes, []);
    let mut draft = Draft::new(index);
    for edit in &edits {
        let sent = from_edit::change(Step { edit: edit.clone(), expected_revision: None }).unwrap();
        let step = convert::step(sent).unwrap();
        draft.apply(&step).unwrap_or_else(|error| panic!("{error}: {edit:?} of {edits:#?}"));
    }
    let drafted = draft.finish();
    (drafted.index, drafted.changes.len())
}

/// A policy as its export has it.
fn specs(index: &Index) -> Vec<Spec> {
    let objects = export::messages(index).flat_map(|message| message.objects);
    let mut specs: Vec<_> = objects.map(|object| convert::spec(object, &Mask::ALL).unwrap()).collect();
    for spec in &mut specs {
        if let Spec::Directory(directory) = spec {
            directory.position.get_or_insert(0);
        }
    }
    specs
}

/// What makes two policies the same: not the order in which objects were created, and not the numbers of positions.
/// Built-in tasks that the exported policy lacks are never removed. Names of external users keep their spelling.
fn normal(index: &Index, exported: &Index) -> BTreeSet<String> {
    let mut specs = specs(index);
    let of_exported: BTreeSet<_> = exported.tasks().map(|task| task.name.as_str().to_lowercase()).collect();
    let built_in: Vec<_> = BuiltInTask::ALL.iter().map(|task| task.name().to_lowercase()).collect();
    specs.retain(|spec| match spec {
        Spec::Task(task) => {
            let name = task.name.as_str().to_lowercase();
            of_exported.contains(&name) || !built_in.contains(&name)
        }
        _ => true,
    });
    let mut in_order: Vec<(u32, Name)> = specs
        .iter()
        .filter_map(|spec| match spec {
            Spec::Directory(directory) => Some((directory.position?, directory.name.clone())),
            _ => None,
        })
        .collect();
    in_order.sort_by_key(|(position, _)| *position);
    for spec in &mut specs {
        match spec {
            Spec::Directory(directory) => {
                let place = in_order.iter().position(|(_, name)| *name == directory.name);
                directory.position = place.map(|place| place as u32);
            }
            Spec::Grant(grant) => grant.id = None,
            Spec::Task(TaskSpec { attributes: Some(AttributesRef::These(names)), .. }) => {
                names.sort_unstable_by_key(|name| name.as_str().to_owned());
            }
            Spec::Connector(connector) => connector.feeds.iter_mut().for_each(|feeds| feeds.sort_unstable()),
            _ => {}
        }
    }
    specs.iter().map(|spec| format!("{spec:?}").to_lowercase()).collect()
}

/// A random policy with an administrator, whom pruning has no reason to keep.
async fn policy(random: &mut Random) -> Index {
    let store = MemoryStore::new().unwrap();
    let loaded = store.load().await.unwrap();
    let revision = Revision { store: loaded.head.store, number: 0 };
    let mut index = Index::build(revision, loaded.policy).unwrap();
    for _ in 0..20 + random.below(80) {
        let edit = if random.one_in(3) { detail(random) } else { edits::edit(random) };
        let mut draft = Draft::new(&index);
        if draft.apply(&Step { edit, expected_revision: None }).is_ok() {
            index = draft.finish().index;
        }
    }
    let mut draft = Draft::new(&index);
    for edit in administrator() {
        draft.apply(&Step { edit, expected_revision: None }).unwrap();
    }
    draft.finish().index
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

/// One of these names.
fn one(random: &mut Random, names: &[&str]) -> Name {
    let chosen = *random.pick(names);
    name(chosen)
}

fn administrator() -> [Edit; 3] {
    let root = PrincipalName::built_in(name("root"));
    [
        Edit::Put(Spec::Task(TaskSpec {
            name: name("Administer"),
            description: None,
            attributes: Some(AttributesRef::All),
        })),
        Edit::Put(Spec::User(UserSpec {
            user: root.clone(),
            display_name: None,
            email: None,
            disabled: Some(false),
            external_id: None,
        })),
        Edit::Put(Spec::Grant(GrantSpec {
            id: None,
            effect: Effect::Permit,
            principal: PrincipalRef::User(root),
            task: name("Administer"),
            scope: ScopeRef::AllFeeds,
            comment: None,
        })),
    ]
}

/// An edit of the keys on which no decision depends.
fn detail(random: &mut Random) -> Edit {
    let text = |random: &mut Random| Some((*random.pick(&["", "x", "a: \"b\" #c"])).into());
    let corp = |person: &str| PrincipalName::Named { directory: Some(name("corp")), name: name(person) };
    let person = |random: &mut Random, person: &str| {
        if random.one_in(2) { corp(person) } else { PrincipalName::built_in(name(person)) }
    };
    let id = |random: &mut Random, name: &PrincipalName| match name {
        PrincipalName::Named { directory: Some(_), .. } => Some((*random.pick(&["", "1", "2"])).into()),
        _ => None,
    };
    match random.below(9) {
        0 => {
            // Whether an attribute is feed-scopable never changes, so the policies agree on that.
            let name = *random.pick(&["Feeds_SignPackage", "Audit_Read"]);
            Edit::Put(Spec::Attribute(AttributeSpec {
                name: AttributeName::new(name).unwrap(),
                label: text(random),
                category: text(random),
                feed_scopable: Some(name.starts_with("Feeds")),
                description: text(random),
            }))
        }
        1 => Edit::Put(Spec::Task(TaskSpec {
            name: one(random, &["Look", "Manage Feed", "Publish Packages"]),
            description: text(random),
            attributes: None,
        })),
        2 => Edit::Put(Spec::Directory(DirectorySpec {
            name: one(random, &["corp", "branch", "built-in"]),
            domains: Some(random.one_in(2).then(|| name("corp.example")).into_iter().collect()),
            netbios: Some(random.one_in(2).then(|| name("CORP")).into_iter().collect()),
            enabled: Some(random.one_in(2)),
            position: random.one_in(3).then(|| random.below(5) as u32),
        })),
        3 => {
            let user = *random.pick(&["ann", "bob", "cyd"]);
            let user = person(random, user);
            let external_id = id(random, &user);
            Edit::Put(Spec::User(UserSpec {
                user,
                display_name: text(random),
                email: text(random),
                disabled: Some(random.one_in(2)),
                external_id,
            }))
        }
        4 => {
            let group = *random.pick(&["devs", "staff"]);
            let group = person(random, group);
            let external_id = id(random, &group);
            Edit::Put(Spec::Group(GroupSpec { group, description: text(random), external_id }))
        }
        5 => Edit::Put(Spec::FeedGroup(FeedGroupSpec {
            name: one(random, &["live", "test"]),
            description: text(random),
        })),
        6 => Edit::Put(Spec::Feed(FeedSpec {
            name: one(random, &["alpha", "beta", "gamma"]),
            feed_type: Some((*random.pick(&["", "npm"])).into()),
            alternate_names: Some(
                (0..random.below(3)).map(|_| one(random, &["delta", "epsilon", "x", "y"])).collect(),
            ),
            group: None,
            promote_to: None,
        })),
        7 => {
            let object = ObjectRef::Task(one(random, &["Manage Feed", "Promote Packages"]));
            Edit::Rename { object, to: NewName::Name(one(random, &["Run Feed", "Look"])) }
        }
        _ => {
            let feed = *random.pick(&["alpha", "beta", "gamma"]);
            Edit::Put(Spec::Grant(GrantSpec {
                id: None,
                effect: Effect::Restrict,
                principal: PrincipalRef::User(corp("dan")),
                task: name("Manage Feed"),
                scope: ScopeRef::Feed(name(feed)),
                comment: text(random),
            }))
        }
    }
}
