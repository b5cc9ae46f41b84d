//! Whole files: what they become, what is wrong with bad ones, and that writing and reading agree.

use std::fs;

mod prune;

use super::*;
use crate::{
    order,
    testing::{applied, initial, strings},
};
use feedgate_model::edit::{ObjectRef, Spec};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../../tests/data/policy/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn parse(text: &str) -> PolicyFile {
    PolicyFile::parse("f", text.as_bytes()).unwrap_or_else(|problems| panic!("{:#?}", strings(&problems)))
}

fn edits(text: &str, existing: &[Spec], prune: bool) -> PolicyEdits {
    let edits = parse(text).edits(&Existing::new(existing), prune);
    edits.unwrap_or_else(|problems| panic!("{:#?}", strings(&problems)))
}

fn problems(name: &str) -> Vec<String> {
    let existing = initial();
    let result = PolicyFile::parse("f", &fixture(name))
        .and_then(|file| file.edits(&Existing::new(&existing), false).map(|_| ()));
    strings(&result.unwrap_err())
}

#[test]
fn bad_files_are_refused_with_their_places() {
    for (name, expected) in [
        ("bad-utf-16.yaml", "f:1:1: expected UTF-8, but found UTF-16; save the file as UTF-8"),
        ("bad-encoding.yaml", "f:3:13: expected UTF-8, but found a byte that isn't"),
        ("bad-nesting.yaml", "f:2:263: the document is nested too deeply"),
        ("bad-aliases.yaml", "f:4:8: expected a user, a mapping"),
        ("bad-empty.yaml", "f:1:1: the document is empty"),
        ("bad-duplicate-key.yaml", "f:3:1: duplicate mapping key `users`"),
        ("bad-unknown-key.yaml", "f:2:1: unknown key `user` in a policy file; it takes `version`"),
        (
            "bad-type.yaml",
            "f:2:1: expected the list that `users` takes (`[]` if there are none), but found a string",
        ),
        ("bad-syntax.yaml", "f:3:5: unclosed bracket"),
        ("bad-no-version.yaml", "f:1:1: `version` is missing"),
        ("bad-version.yaml", "f:1:10: only `version: 1` is known"),
        ("bad-list.yaml", "f:1:1: expected a mapping that begins with `version: 1`, but found a list"),
        ("bad-documents.yaml", "f:3:1: only single YAML document expected"),
        ("bad-merge.yaml", "f:3:"),
    ] {
        let found = problems(name);
        assert!(found[0].starts_with(expected), "{name}: {found:#?}");
        assert!(found.iter().all(|problem| problem.len() < 400), "{name}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let marked = [b"\xef\xbb\xbf", fixture("example.yaml").as_slice()].concat();
    let file = PolicyFile::parse("f", &marked).unwrap_or_else(|problems| panic!("{:#?}", strings(&problems)));
    let plain = parse(&String::from_utf8(fixture("example.yaml")).unwrap());
    let existing = initial();
    let edits = |file: PolicyFile| file.edits(&Existing::new(&existing), false).unwrap().edits;
    assert_eq!(edits(file), edits(plain));
    // A problem is where an editor shows it.
    let found = PolicyFile::parse("f", b"\xef\xbb\xbfusers: jdoe").unwrap_err();
    assert!(strings(&found)[0].starts_with("f:1:1: "), "{:#?}", strings(&found));
}

#[test]
fn all_that_is_wrong_with_the_form_is_said_at_once() {
    let expected = [
        "f:2:26: `unknown_feed` takes `deny` or `all-feeds-grants`, not `allow`",
        "f:4:18: unknown key `atributes` in a task; it takes `name`, `description`, `attributes`",
        "f:5:12: expected a string, but found a number; put it in quotes",
        "f:6:29: `attributes` takes a list of them or `all`, but found a string",
        "f:8:12: `everyone` is a reserved word and can't be a name",
        "f:9:28: `disabled` takes `true` or `false`, but found a string",
        "f:10:5: expected a user, a mapping, but found a string",
        "f:12:28: exactly one of `user` and `group` is needed, and both are here",
        "f:14:12: exactly one of `url` and `source_feed` is needed, and both are here",
        "f:15:12: exactly one of `url` and `source_feed` is needed, and neither is here",
        "f:17:5: `scope` is missing in a grant; write `scope: all` if it holds on all feeds",
        "f:18:5: exactly one of `permit` and `restrict` is needed, and both are here",
        "f:19:24: `to` takes `everyone`, `authenticated`, `anonymous`, `{user: …}`, `{group: …}` or \
         `{authenticated: …}`, not `nobody`",
        "f:20:45: `scope` takes `all`, `{feed: …}` or `{feed_group: …}`, not `everywhere`",
        "f:21:45: `scope` takes `all`, `{feed: …}` or `{feed_group: …}`: one of them",
        "f:22:5: `to` is missing in a grant; say whom it is for",
    ];
    assert_eq!(problems("bad-many.yaml"), expected);
}

#[test]
fn references_to_nothing_are_said_at_once() {
    let nothing = |what: &str| format!("there is no {what}, neither in the file nor in the store");
    let mut expected = [
        "f:4:12: the task `VIEW` stands twice in the file, first in line 3".to_owned(),
        "f:11:12: the name `b` stands for two feeds in the file, first in line 10".to_owned(),
        format!("f:3:47: {}", nothing("attribute `Feeds_Sign`")),
        format!("f:8:28: {}", nothing("user `ghost`")),
        format!("f:8:43: {}", nothing("group `ghosts`")),
        format!("f:10:49: {}", nothing("feed `z`")),
        format!("f:11:22: {}", nothing("feed group `live`")),
        format!("f:13:28: {}", nothing("feed `z`")),
        format!("f:13:42: {}", nothing("feed `y`")),
        format!("f:15:14: {}", nothing("task `Look`")),
        format!("f:15:31: {}", nothing("user `ghost`")),
        format!("f:16:47: {}", nothing("directory `nowhere`")),
        format!("f:16:71: {}", nothing("feed `x`")),
        format!("f:17:40: {}", nothing("directory `nowhere`")),
        format!("f:17:70: {}", nothing("feed group `live`")),
        "f:19:5: the same grant stands in line 18 already".to_owned(),
        format!("f:6:28: {}", nothing("directory `nowhere`")),
    ];
    let mut found = problems("bad-references.yaml");
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn good_files_apply_and_applying_twice_changes_nothing() {
    for name in ["example.yaml", "../../../deploy/examples/approval-workflow.yaml"] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let first = applied(initial(), &edits(&text, &initial(), false).edits);
        let second = applied(first.clone(), &edits(&text, &first, false).edits);
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn what_is_written_is_read_back_without_a_change() {
    for name in ["example.yaml", "../../../deploy/examples/approval-workflow.yaml"] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let policy = applied(initial(), &edits(&text, &initial(), false).edits);
        let rendered = render(&policy);
        assert_eq!(render(&applied(policy.clone(), &edits(&rendered, &policy, true).edits)), rendered);
        // And it says everything: a new store becomes the same by it.
        assert_eq!(render(&applied(initial(), &edits(&rendered, &initial(), true).edits)), rendered);
    }
}

#[test]
fn odd_names_survive() {
    let names = [
        "yes", "1", "a: b", "#x", "it's", "\"q\"", "ß", "[a]", "a, b", "null", "~", "- a", "*a", "😀", "%",
        "0x1",
    ];
    let mut text = String::from("version: 1\nfeeds:\n");
    for name in names {
        text.push_str(&format!("  - {{name: {}}}\n", serde_json::to_string(name).unwrap()));
    }
    let policy = applied(initial(), &edits(&text, &initial(), false).edits);
    let rendered = render(&policy);
    assert_eq!(render(&applied(initial(), &edits(&rendered, &initial(), false).edits)), rendered);
    let kept: Vec<_> =
        Existing::new(&policy).feeds.iter().map(|feed| feed.name.as_str().to_owned()).collect();
    assert_eq!(kept, names);
}

#[test]
fn json_of_the_same_shape_is_read() {
    let json = "{\"version\": 1,\n\t\"feeds\": [{\"name\": \"a\\u00e4\\ud83d\\ude00\", \"group\": null}]}";
    let policy = applied(initial(), &edits(json, &initial(), false).edits);
    assert_eq!(Existing::new(&policy).feeds.iter().next().unwrap().name.as_str(), "aä😀");
}

#[test]
fn feeds_that_promote_to_later_ones_come_in_an_order_that_works() {
    let text = "version: 1\nfeeds:\n  - {name: a, promote_to: b}\n  - {name: b, promote_to: a}\n";
    let policy = applied(initial(), &edits(text, &initial(), false).edits);
    let targets: Vec<_> = Existing::new(&policy).feeds.iter().map(|feed| feed.promote_to.clone()).collect();
    assert!(targets.iter().all(|target| matches!(target, Some(Some(_)))), "{targets:?}");
}

#[test]
fn an_alternate_name_moves_from_one_feed_to_another() {
    let before = "version: 1\nfeeds: [{name: a, alternate_names: [x, y]}, {name: b}]\n";
    let policy = applied(initial(), &edits(before, &initial(), false).edits);
    let after = "version: 1\nfeeds: [{name: b, alternate_names: [x]}, {name: a, alternate_names: [y]}]\n";
    let edits = edits(after, &policy, false).edits;
    let Edit::Put(Spec::Feed(first)) = &edits[0] else { panic!("{edits:?}") };
    assert_eq!((first.name.as_str(), first.alternate_names.as_ref().unwrap().len()), ("a", 1));
    let unsaid = parse("version: 1\nfeeds: [{name: b, alternate_names: [x]}]\n");
    let found = strings(&unsaid.edits(&Existing::new(&policy), false).unwrap_err());
    assert!(found[0].starts_with("f:2:37: `x` is a name of the feed `a` in the store"), "{found:?}");
}

#[test]
fn directories_keep_or_change_their_order() {
    let text = "version: 1\ndirectories: [{name: one}, {name: two}]\n";
    let policy = applied(initial(), &edits(text, &initial(), false).edits);
    let order = |policy: &[Spec]| -> Vec<String> {
        let existing = Existing::new(policy);
        order::by_position(&existing).iter().map(|directory| directory.name.to_string()).collect()
    };
    assert_eq!(order(&policy), ["built-in", "one", "two"]);
    for (list, expected) in [
        ("[{name: two}, {name: one}]", ["built-in", "two", "one"]),
        ("[{name: two}, {name: built-in}]", ["two", "built-in", "one"]),
        ("[{name: two}]", ["built-in", "one", "two"]),
    ] {
        let changed = edits(&format!("version: 1\ndirectories: {list}\n"), &policy, false).edits;
        assert_eq!(order(&applied(policy.clone(), &changed)), expected, "{list}");
    }
}

#[test]
fn pruning_takes_only_kinds_that_the_file_has() {
    let text = String::from_utf8(fixture("example.yaml")).unwrap();
    let policy = applied(initial(), &edits(&text, &initial(), false).edits);
    let nothing = edits("version: 1\n", &policy, true);
    assert_eq!((nothing.edits, nothing.notes), (vec![], vec![]));
    let connectors = edits("version: 1\nconnectors: []\n", &policy, true).edits;
    assert_eq!(connectors.len(), 2);
    let grants = edits(
        "version: 1\ngrants:\n  - {permit: Administer, to: {user: admin}, scope: all}\n",
        &policy,
        true,
    );
    assert_eq!((grants.edits.len(), grants.notes.len()), (6, 0));
}

#[test]
fn pruning_everything_leaves_the_last_administrator() {
    let text = String::from_utf8(fixture("example.yaml")).unwrap();
    let policy = applied(initial(), &edits(&text, &initial(), false).edits);
    let all = "version: 1\nattributes: []\ndirectories: []\ntasks: []\nusers: []\ngroups: []\nfeed_groups: []\n\
               feeds: []\nconnectors: []\ngrants: []\n";
    let pruned = edits(all, &policy, true);
    assert_eq!(
        pruned.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "kept the user `Admin`, the group `Administrators` and the grant of `Administer` on all feeds, although \
          the file doesn't name them: nobody else could administer the store"
        ]
    );
    assert_eq!(render(&applied(policy, &pruned.edits)), render(&initial()));
    assert!(pruned.edits.iter().all(|edit| !matches!(edit, Edit::Delete { cascade: true, .. })));
}

#[test]
fn pruning_may_replace_the_administrator() {
    let text = "version: 1\nusers: [{name: root}]\ngroups: []\n\
                grants: [{permit: Administer, to: {user: root}, scope: all}]\n";
    let pruned = edits(text, &initial(), true);
    assert_eq!(pruned.notes, []);
    let gone = |object: &str| {
        pruned.edits.iter().any(|edit| match edit {
            Edit::Delete { object: ObjectRef::User(user) | ObjectRef::Group(user), .. } => {
                format!("{user:?}").contains(object)
            }
            _ => false,
        })
    };
    assert!(gone("\"Admin\"") && gone("\"Administrators\""));
    let disabled = text.replace("root}]\ng", "root, disabled: true}]\ng");
    assert_eq!(edits(&disabled, &initial(), true).notes.len(), 1);
}

#[test]
fn what_would_be_pruned_is_no_reference() {
    let text = "version: 1\nusers: []\ngrants: [{permit: Administer, to: {user: Admin}, scope: all}]\n";
    let found = strings(&parse(text).edits(&Existing::new(&initial()), true).unwrap_err());
    assert_eq!(
        found,
        ["f:3:42: the user `Admin` would be pruned, since the file's list doesn't name it; add it there"]
    );
}

#[test]
fn external_people_need_no_mention() {
    let text = "version: 1\ndirectories: [{name: corp}]\ngroups: [{name: devs, members: [{user: ann, directory: corp}]}]\n\
                grants:\n  - {permit: Manage Feed, to: {user: Ann, directory: corp}, scope: all}\n  \
                - {permit: Manage Feed, to: {group: staff, directory: CORP}, scope: all}\n";
    let policy = applied(initial(), &edits(text, &initial(), false).edits);
    let existing = Existing::new(&policy);
    assert_eq!((existing.users.iter().count(), existing.groups.iter().count()), (2, 3));
    // Once there, they aren't created again, nor pruned while something names them.
    let again = edits(&format!("{text}users: [{{name: Admin}}]\n"), &policy, true);
    assert!(!again.edits.iter().any(|edit| matches!(edit, Edit::Delete { object: ObjectRef::User(_), .. })));
}
