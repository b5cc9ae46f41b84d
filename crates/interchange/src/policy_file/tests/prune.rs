//! Files that are authoritative for what they have, and names as people write them.

use std::collections::BTreeSet;

use super::*;

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

#[test]
fn a_grant_may_name_its_task_with_and_for_an_ampersand() {
    let text = |task: &str| {
        format!(
            "version: 1\ngrants:\n  - {{permit: Administer, to: {{group: Administrators}}, scope: all}}\n  \
             - {{permit: {task}, to: everyone, scope: all}}\n"
        )
    };
    let policy = made_by(&text("View and Download Packages"));
    assert_eq!(render(&policy), render(&made_by(&text("View & Download Packages"))));
    // It is the same grant, which pruning keeps.
    let again = edits(&text("view AND download packages"), &policy, true).edits;
    assert!(again.iter().all(|edit| !matches!(edit, Edit::Delete { .. })), "{again:#?}");
}

#[test]
fn a_reference_to_nothing_suggests_similar_names() {
    let text = "version: 1\nusers: [{name: build-agent}]\n\
                groups: [{name: devs, members: [buildagent, {group: Administrator}]}]\n\
                grants: [{permit: Manage Feeds, to: everyone, scope: {feed: x}}]\n";
    let found = strings(&parse(text).edits(&Existing::new(&initial()), false).unwrap_err());
    let nothing = "neither in the file nor in the store";
    assert_eq!(
        found,
        [
            format!("f:3:33: there is no user `buildagent`, {nothing}; did you mean `build-agent`?"),
            format!("f:3:53: there is no group `Administrator`, {nothing}; did you mean `Administrators`?"),
            format!("f:4:19: there is no task `Manage Feeds`, {nothing}; did you mean `Manage Feed`?"),
            format!("f:4:61: there is no feed `x`, {nothing}"),
        ]
    );
}

#[test]
fn a_feed_that_loses_a_name_to_another_one_goes_all_the_same() {
    let before = "version: 1\nfeeds: [{name: a, alternate_names: [x]}, {name: y}]\n";
    let after = "version: 1\nfeeds: [{name: b, alternate_names: [x, y]}]\n";
    let policy = made_by(before);
    let pruned = edits(after, &policy, true).edits;
    let gone: Vec<_> = pruned
        .iter()
        .filter_map(|edit| match edit {
            Edit::Delete { object: ObjectRef::Feed(name), .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(gone, ["a", "to be deleted 1"]);
    assert_eq!(render(&applied(policy, &pruned)), render(&made_by(after)));
}

#[test]
fn a_directory_goes_when_the_others_get_another_order() {
    let policy = made_by("version: 1\ndirectories: [{name: one}, {name: gone}, {name: two}]\n");
    let after = "version: 1\ndirectories: [{name: two}, {name: built-in}, {name: one}]\n";
    let pruned = applied(policy.clone(), &edits(after, &policy, true).edits);
    assert_eq!(render(&pruned), render(&made_by(after)));
}
