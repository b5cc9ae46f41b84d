//! What lint finds in small policies, how it is said, and that it finds nothing in policies that are fine.
//!
//! The policies are those of `tests/data/lint`, applied to a new store in process.

mod examples;
mod fine;
mod known_password;
mod suppressions;

use feedgate::{
    analysis::{
        Unmetered,
        lint::{Circumstances, Code, Finding, Suppression, lint},
    },
    engine::Index,
    interchange::{Existing, PolicyFile},
    model::{
        ConnectorId, FeedId, GroupId, Kind, ObjectKey, Policy, Revision, StoreId, UserId,
        edit::{Edit, Spec, Step},
    },
    policy::Draft,
};

/// What a new store has, as far as policy files refer to it.
const NEW_STORE: &str = "
version: 1
tasks:
  - {name: Administer, attributes: all}
  - {name: Manage Feed, attributes: []}
  - {name: Promote Packages, attributes: []}
  - {name: Publish Packages, attributes: []}
  - {name: View & Download Packages, attributes: []}
users: [{name: Admin}]
groups: [{name: Administrators}]
";

fn edits(name: &str, text: &str, existing: &Existing<'_>) -> Vec<Edit> {
    let file = PolicyFile::parse(name, text.as_bytes());
    file.and_then(|file| file.edits(existing, false)).unwrap_or_else(|problems| panic!("{problems:#?}")).edits
}

fn new_store() -> Index {
    let revision = Revision { store: StoreId(7), number: 0 };
    Index::build(revision, Policy::initial().unwrap()).unwrap()
}

/// What a policy file changes in a new store.
fn edits_of(name: &str, text: &str) -> Vec<Edit> {
    let there =
        edits("new store", NEW_STORE, &Existing::new(&[])).into_iter().filter_map(|edit| match edit {
            Edit::Put(spec) => Some(spec),
            _ => None,
        });
    let there: Vec<Spec> = there.collect();
    edits(name, text, &Existing::new(&there))
}

/// A new store to which a policy file was applied. Its grants get their ids in the order of the file, from 2 on.
fn policy(name: &str, text: &str) -> Index {
    let mut draft = Draft::new(&new_store());
    for edit in edits_of(name, text) {
        let step = Step { edit, expected_revision: None };
        draft.apply(&step).unwrap_or_else(|error| panic!("{name}: {step:?}: {error}"));
    }
    draft.finish().index
}

fn found(index: &Index, accepted: &[Suppression]) -> Vec<Finding> {
    lint(index, &Circumstances::default(), accepted, &Unmetered).unwrap().findings
}

/// As the protocol calls it: `NEVER_DECIDES`.
fn called(code: Code) -> String {
    let mut called = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !called.is_empty() {
            called.push('_');
        }
        called.push(letter.to_ascii_uppercase());
    }
    called
}

/// `feed npm`, `grant 7`.
fn object(index: &Index, key: ObjectKey) -> String {
    let id = key.id as u32;
    let name = match key.kind {
        Kind::User => index.user(UserId(id)).map(|it| it.name.to_string()),
        Kind::Group => index.group(GroupId(id)).map(|it| it.name.to_string()),
        Kind::Feed => index.feed(FeedId(id)).map(|it| it.name.to_string()),
        Kind::Connector => index.connector(ConnectorId(id)).map(|it| it.name.to_string()),
        _ => Some(key.id.to_string()),
    };
    format!("{} {}", key.kind, name.unwrap())
}
