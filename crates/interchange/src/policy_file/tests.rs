//! Whole files: what they become, what is wrong with bad ones, and that writing and reading agree.

use std::{collections::BTreeSet, fs};

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

/// What a new store becomes by a file that prunes.
fn made_by(text: &str) -> Vec<Spec> {
    applied(initial(), &edits(text, &initial(), true).edits)
}

#[test]
fn pruning_gives_absent_keys_their_defaults() {
    let places = "feed_groups: [{name: live}]\nfeeds: [{name: a}, {name: b";
    for (with_key, without_key) in [
        (
            "settings: {scope_precedence: feed-and-group-equal, sign_in: first-holder}",
            "settings: {sign_in: first-holder}",
        ),
        (
            "settings: {unknown_feed: all-feeds-grants, sign_in: first-holder}",
            "settings: {sign_in: first-holder}",
        ),
        ("settings: {bare_names: first, sign_in: first-holder}", "settings: {sign_in: first-holder}"),
        ("settings: {sign_in: first-holder, bare_names: first}", "settings: {bare_names: first}"),
        ("attributes: [{name: F_x, label: X}]", "attributes: [{name: F_x}]"),
        ("attributes: [{name: F_x, label: \"\"}]", "attributes: [{name: F_x}]"),
        ("attributes: [{name: F_x, category: X}]", "attributes: [{name: F_x}]"),
        ("attributes: [{name: F_x, description: X}]", "attributes: [{name: F_x}]"),
        ("tasks: [{name: T, description: X}]", "tasks: [{name: T}]"),
        ("tasks: [{name: T, attributes: [Feeds_ViewFeed]}]", "tasks: [{name: T}]"),
        ("tasks: [{name: Manage Feed, description: X}]", "tasks: [{name: Manage Feed}]"),
        ("tasks: [{name: Manage Feed, attributes: [Licenses_Manage]}]", "tasks: [{name: Manage Feed}]"),
        ("tasks: [{name: Manage Feed, attributes: [], description: \"\"}]", "tasks: []"),
        ("directories: [{name: d, domains: [x]}]", "directories: [{name: d}]"),
        ("directories: [{name: d, netbios: [X]}]", "directories: [{name: d}]"),
        ("directories: [{name: d}, {name: built-in, domains: [x]}]", "directories: [{name: d}]"),
        ("users: [{name: Admin}, {name: u, display_name: X}]", "users: [{name: Admin}, {name: u}]"),
        ("users: [{name: Admin}, {name: u, email: X}]", "users: [{name: Admin}, {name: u}]"),
        (
            "groups: [{name: Administrators}, {name: g, description: X}]",
            "groups: [{name: Administrators}, {name: g}]",
        ),
        (
            "groups: [{name: Administrators}, {name: g, members: [Admin]}]",
            "groups: [{name: Administrators}, {name: g}]",
        ),
        ("feed_groups: [{name: fg, description: X}]", "feed_groups: [{name: fg}]"),
        (&*format!("{places}, type: npm}}]"), &*format!("{places}}}]")),
        (&*format!("{places}, alternate_names: [x]}}]"), &*format!("{places}}}]")),
        (&*format!("{places}, group: live}}]"), &*format!("{places}}}]")),
        (&*format!("{places}, promote_to: a}}]"), &*format!("{places}}}]")),
        (
            "feeds: [{name: a}]\nconnectors: [{name: c, url: u, feeds: [a]}]",
            "feeds: [{name: a}]\nconnectors: [{name: c, url: u}]",
        ),
        (
            "grants: [{permit: Administer, to: {group: Administrators}, scope: all, comment: X}]",
            "grants: [{permit: Administer, to: {group: Administrators}, scope: all}]",
        ),
    ] {
        let (with_key, without_key) =
            (format!("version: 1\n{with_key}\n"), format!("version: 1\n{without_key}\n"));
        let policy = made_by(&with_key);
        let expected = made_by(&without_key);
        assert_ne!(render(&policy), render(&expected), "{with_key}");
        let pruned = applied(policy.clone(), &edits(&without_key, &policy, true).edits);
        assert_eq!(render(&pruned), render(&expected), "{with_key}{without_key}");
        if without_key.contains("{") {
            let kept = applied(policy.clone(), &edits(&without_key, &policy, false).edits);
            assert_eq!(render(&kept), render(&policy), "{with_key}{without_key}");
        }
    }
}

#[test]
fn pruning_keeps_what_could_grant_access_by_its_default() {
    let set = "version: 1\ndirectories: [{name: corp, enabled: false}, {name: built-in, enabled: false}]\n\
               users: [{name: Admin}, {name: u, disabled: true}, {name: ann, directory: corp, external_id: \"7\"}]\n\
               groups: [{name: devs, directory: corp, external_id: \"8\"}, {name: Administrators, members: [Admin]}]\n";
    let unset = "version: 1\ndirectories: [{name: corp}]\n\
                 users: [{name: Admin}, {name: u}, {name: ann, directory: corp}]\n\
                 groups: [{name: devs, directory: corp}, {name: Administrators, members: [Admin]}]\n";
    let policy = made_by(set);
    let pruned = render(&applied(policy.clone(), &edits(unset, &policy, true).edits));
    for kept in [
        "{name: built-in, enabled: false}",
        "{name: corp, enabled: false}",
        "{name: u, disabled: true}",
        "{name: ann, directory: corp, disabled: false, external_id: \"7\"}",
        "{name: devs, directory: corp, external_id: \"8\"}",
    ] {
        assert!(pruned.contains(kept), "no {kept} in {pruned}");
    }
}

#[test]
fn an_export_says_what_has_no_default() {
    let text = "version: 1\ndirectories: [{name: corp}]\ngroups: [{name: devs, directory: corp}]\n\
                users: [{name: ann, directory: corp}]\n";
    let exported = render(&applied(initial(), &edits(text, &initial(), false).edits));
    for line in [
        "attributes: []\n",
        "  - {name: built-in, enabled: true}\n",
        "  - {name: corp, enabled: true}\n",
        "  - {name: Administer, description: ",
        "  - {name: Admin, display_name: Administrator, disabled: false}\n",
        "  - {name: ann, directory: corp, disabled: false, external_id: \"\"}\n",
        "  - {name: devs, directory: corp, external_id: \"\"}\n",
        "feed_groups: []\nfeeds: []\nconnectors: []\n",
    ] {
        assert!(exported.contains(line), "no {line} in {exported}");
    }
}

#[test]
fn a_feed_group_goes_with_the_last_key_that_names_it() {
    let policy = made_by("version: 1\nfeed_groups: [{name: live}]\nfeeds: [{name: a, group: live}]\n");
    let pruned = edits("version: 1\nfeed_groups: []\nfeeds: [{name: a}]\n", &policy, true);
    let put = pruned
        .edits
        .iter()
        .position(|edit| matches!(edit, Edit::Put(Spec::Feed(feed)) if feed.group == Some(None)));
    let delete = pruned
        .edits
        .iter()
        .position(|edit| matches!(edit, Edit::Delete { object: ObjectRef::FeedGroup(_), .. }));
    assert!(put.unwrap() < delete.unwrap(), "{:#?}", pruned.edits);
}

#[test]
fn defaults_leave_the_last_administrator() {
    for text in [
        "version: 1\ngroups: [{name: Administrators}]\n",
        "version: 1\nusers: []\ngroups: []\ngrants: []\n",
        "version: 1\ngroups: [{name: Administrators}]\nusers: [{name: other}]\ngrants: []\n",
    ] {
        let pruned = edits(text, &initial(), true);
        assert_eq!(pruned.notes.len(), 1, "{text}");
        assert!(pruned.notes[0].0.starts_with("kept the user `Admin`, the group `Administrators`"), "{text}");
        let after = render(&applied(initial(), &pruned.edits));
        assert!(after.contains("{name: Administrators, members: [Admin]}"), "{after}");
        assert!(after.contains("{permit: Administer, to: {group: Administrators}, scope: all}"), "{after}");
    }
    // A task of all attributes that somebody has made is kept, too.
    let all = "version: 1\ntasks: [{name: Rule, attributes: all}]\nusers: [{name: root}]\n\
               grants: [{permit: Rule, to: {user: root}, scope: all}]\n";
    let policy = made_by(all);
    let pruned = edits(&all.replace(", attributes: all", ""), &policy, true);
    assert_eq!(pruned.notes.len(), 1);
    assert!(render(&applied(policy, &pruned.edits)).contains("{name: Rule, attributes: all}"));
}

#[test]
fn pruning_respells_names() {
    let before = "version: 1\nattributes: [{name: F_x}]\ntasks: [{name: LOOK}]\ndirectories: [{name: CORP}]\n\
                  users: [{name: ADMIN}, {name: JDOE}]\ngroups: [{name: DEVS, members: [JDOE]}]\n\
                  feed_groups: [{name: LIVE}]\nfeeds: [{name: NPM}]\nconnectors: [{name: OUT, url: u}]\n";
    let after = before.to_lowercase().replace("f_x", "f_X");
    let policy = made_by(before);
    let pruned = render(&applied(policy.clone(), &edits(&after, &policy, true).edits));
    for line in
        ["{name: f_X,", "{name: look,", "{name: corp,", "{name: admin,", "{name: jdoe,", "{name: devs,"]
    {
        assert!(pruned.contains(line), "no {line} in {pruned}");
    }
    for line in ["{name: live}", "{name: npm}", "{name: out,"] {
        assert!(pruned.contains(line), "no {line} in {pruned}");
    }
    let kept = applied(policy.clone(), &edits(&after.replace("f_X", "F_x"), &policy, false).edits);
    assert_eq!(render(&kept), render(&policy));
}

#[test]
fn feed_scopable_never_changes() {
    let policy = made_by("version: 1\nattributes: [{name: F_x, feed_scopable: true}]\n");
    for (text, why) in [
        ("version: 1\nattributes: [{name: F_x}]\n", "leaves it out, which means `false`"),
        ("version: 1\nattributes: [{name: F_x, feed_scopable: false}]\n", "says otherwise"),
    ] {
        let found = strings(&parse(text).edits(&Existing::new(&policy), true).unwrap_err());
        assert_eq!(
            found,
            [format!(
                "f:2:21: the store's attribute `F_x` has `feed_scopable: true`, which never changes, and the file {why}; \
                 write `feed_scopable: true`"
            )]
        );
    }
}

#[test]
fn external_ids_move() {
    let corp =
        |users: &str| format!("version: 1\ndirectories: [{{name: corp}}]\nusers: [{{name: Admin}}{users}]\n");
    let user = |name: &str, id: &str| format!(", {{name: {name}, directory: corp, external_id: \"{id}\"}}");
    let policy = made_by(&corp(&(user("ann", "1") + &user("bob", "2"))));
    for (users, released) in [
        (user("ann", "2") + &user("bob", "1"), &["ann", "bob"][..]),
        (user("ann", "3") + &user("bob", "2"), &[]),
        (user("new", "1") + &user("bob", "2"), &["ann"]),
    ] {
        let made = edits(&corp(&users), &policy, true).edits;
        let unbound: Vec<_> = made
            .iter()
            .filter_map(|edit| match edit {
                Edit::Put(Spec::User(user)) if user.external_id.as_deref() == Some("") => {
                    Some(crate::key::Who::of(&user.user).unwrap().name.to_string())
                }
                _ => None,
            })
            .collect();
        assert_eq!(unbound, released, "{users}");
        let lines = |policy: &[Spec]| render(policy).lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(lines(&applied(policy.clone(), &made)), lines(&made_by(&corp(&users))), "{users}");
    }
}
