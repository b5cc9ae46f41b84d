//! What a hybrid directory had: where it is bound to now, and what an operator is told.

use super::*;

/// The store has `corp`, `ldap` (disabled in some cases) and `lab`, in that order.
fn store(ldap: &str) -> Vec<Spec> {
    let text = format!("version: 1\ndirectories: [{{name: corp}}, {{name: ldap{ldap}}}, {{name: lab}}]");
    let file = crate::PolicyFile::parse("f", text.as_bytes()).unwrap();
    applied(initial(), &file.edits(&Existing::new(&initial()), false).unwrap().edits)
}

fn hybrid(members: &[&str]) -> Result<Hybrid, InvalidHybrid> {
    Hybrid::new(members.iter().map(|member| name(member)).collect())
}

/// What members answer: `user ann: corp ldap`.
fn among(members: &[&str], answers: &[&str]) -> ImportOptions {
    let mut holders = Holders::default();
    for answer in answers {
        let (who, having) = answer.split_once(':').unwrap();
        let (kind, who) = who.split_once(' ').unwrap();
        let kind = if kind == "user" { PrincipalType::User } else { PrincipalType::Group };
        holders.note(kind, name(who), having.split_whitespace().map(name).collect());
    }
    ImportOptions { outsiders: Outsiders::Among(hybrid(members).unwrap(), holders), prune: false }
}

fn told(import: &Import) -> Vec<&str> {
    import.rebindings.iter().map(|rebinding| rebinding.note.0.as_str()).collect()
}

fn alive(import: &Import) -> bool {
    import.rebindings.iter().any(|rebinding| rebinding.comes_alive)
}

/// Grants and memberships beside those of a new store.
fn bound(policy: &[Spec]) -> Vec<String> {
    let mut bound = grants(policy);
    bound.retain(|grant| !grant.contains("Administrators"));
    bound.extend(policy.iter().filter_map(|spec| match spec {
        Spec::Membership(feedgate_model::edit::Membership {
            group,
            member: feedgate_model::edit::Member::User(user),
        }) => {
            let [group, user] = [group, user].map(|it| crate::key::Who::of(it).unwrap().to_string());
            (group != "`Administrators`").then(|| format!("{user} in {group}"))
        }
        _ => None,
    }));
    bound
}

/// What is bound, or the problem.
type Expected<'a> = Result<&'a [&'a str], &'a str>;

#[test]
fn a_hybrid_is_a_list_without_repetitions() {
    assert_eq!(hybrid(&[]), Err(InvalidHybrid::NoMember));
    assert_eq!(hybrid(&["corp", "ldap", "CORP"]), Err(InvalidHybrid::Twice(name("CORP"))));
    let found = run([TASK, "", "", "", ""], &initial(), &among(&["corp", "built-in"], &[])).unwrap_err();
    assert!(found[0].starts_with("import: there is no directory `corp` in the store; create it first"));
    assert_eq!(found.len(), 1);
}

#[test]
fn whom_the_members_are_asked_about() {
    let tasks = r#"{"tasks": [{"name": "T", "attributes": [],
        "permissions": [{"principalName": "Bob", "principalType": "user"}, {"principalName": "either"}, {"principalName": "Everyone"}],
        "restrictions": [{"principalName": "Bob", "principalType": "user"}]}]}"#;
    let permissions = r#"[{"user": "ann", "task": "T", "deny": false}, {"user": "carl", "task": "T", "deny": false},
        {"group": "ANN", "task": "T", "deny": true}]"#;
    let source = |file, text: &'static str| Some(Source { file, bytes: text.as_bytes() });
    let sources = Sources {
        tasks: Some(Source { file: "t", bytes: tasks.as_bytes() }),
        users: source("u", r#"[{"name": "bob"}, {"name": "carl"}]"#),
        groups: source("g", r#"[{"name": "devs", "users": ["dora", "bob"]}]"#),
        permissions: Some(Source { file: "p", bytes: permissions.as_bytes() }),
        feeds: None,
    };
    let asked = to_look_up(&sources);
    let asked: Vec<_> = asked.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
    assert_eq!(asked, ["user ann", "user Bob", "user dora", "user either", "group ANN", "group either"]);
}

#[test]
fn permissions_go_to_the_first_holder_and_restrictions_to_every_one() {
    let grant = |kind: &str, deny: bool| {
        format!(r#"[{{"{kind}": "ann", "task": "T", "feedGroup": "live", "deny": {deny}}}]"#)
    };
    let in_directory = |effect: &str, kind: &str, directory: &str| {
        format!("- {{{effect}: T, to: {{{kind}: ann{directory}}}, scope: {{feed_group: live}}}}")
    };
    let [corp, ldap, built_in] = [", directory: corp", ", directory: ldap", ""];
    /// Kind, restriction, whether `ann` is built in, who has her, where she is bound, what is told.
    type Case<'a> = (&'a str, bool, bool, &'a str, &'a [&'a str], Option<&'a str>);
    let cases: [Case<'_>; 10] = [
        ("user", false, false, "ldap corp", &[ldap], Some("hybrid → `ldap`")),
        ("user", false, false, "corp", &[corp], Some("hybrid → `corp`")),
        ("group", false, false, "corp", &[corp], Some("hybrid → `corp`")),
        ("user", true, false, "ldap corp", &[corp, ldap], Some("hybrid → `ldap`, `corp`")),
        ("group", true, false, "corp", &[corp], Some("hybrid → `corp`")),
        ("user", false, false, "", &[], Some("left out, no member has a user of this name")),
        (
            "group",
            true,
            false,
            "",
            &[corp, ldap],
            Some("hybrid → `ldap`, `corp`, by name, as no member has a group of this name"),
        ),
        ("user", false, true, "ldap", &[built_in], None),
        ("user", true, true, "", &[built_in], None),
        (
            "user",
            true,
            true,
            "ldap corp",
            &[corp, ldap, built_in],
            Some("hybrid → `built-in`, `ldap`, `corp`"),
        ),
    ];
    for (kind, deny, is_built_in, having, places, expected) in cases {
        let users = if is_built_in { r#"[{"name": "ann"}]"# } else { "" };
        let options = among(&["ldap", "corp"], &[&format!("{kind} Ann: {having}")]);
        let before = store("");
        let import = good([TASK, users, "", &grant(kind, deny), ""], &before, &options);
        let after = applied(before, &import.edits);
        let effect = if deny { "restrict" } else { "permit" };
        let places: Vec<_> = places.iter().map(|place| in_directory(effect, kind, place)).collect();
        assert_eq!(bound(&after), places, "{kind} {deny} {is_built_in} {having}");
        let expected =
            expected.map(|to| format!("{effect} `T` on the feed group `live` to the {kind} `ann`: {to}"));
        let order = "puts the directories into the order `built-in`, `ldap`, `corp`, `lab`".to_owned();
        assert_eq!(told(&import), [Some(order), expected].into_iter().flatten().collect::<Vec<_>>());
        // Again, it changes nothing, and there is nothing to agree to.
        let again = good([TASK, users, "", &grant(kind, deny), ""], &after, &options);
        assert!(!alive(&again), "{:?}", again.rebindings);
        assert_eq!(applied(after.clone(), &again.edits), after);
    }
}

#[test]
fn restrictions_are_never_dropped() {
    let deny = |who: &str| format!(r#"[{{"user": "{who}", "task": "T", "deny": true}}]"#);
    for (members, who, answers, expected) in [
        (
            ["built-in"],
            "ann",
            &["user ann:"][..],
            "p:1:2: `ann` is to be restricted, and no member has this name",
        ),
        (["corp"], "ann@corp", &["user ann@corp:"], "p:1:2: `ann@corp` is to be restricted, and no member"),
        (["corp"], "CORP\\\\ann", &["user CORP\\ann:"], "p:1:2: `CORP\\ann` is to be restricted, and no"),
        (["corp"], "ann", &[], "p:1:2: no member was asked about the user `ann`"),
    ] {
        let found = run([TASK, "", "", &deny(who), ""], &store(""), &among(&members, answers)).unwrap_err();
        assert!(found[0].starts_with(expected), "{found:#?}");
    }
}

#[test]
fn without_a_type_members_say_what_a_name_is() {
    let export = |grants: &str| {
        format!(r#"{{"tasks": [{{"name": "T", "attributes": [], "{grants}": [{{"principalName": "x"}}]}}]}}"#)
    };
    let cases: [(&str, &[&str], Expected<'_>); 5] = [
        (
            "restrictions",
            &["user x: corp ldap", "group x:"],
            Ok(&[
                "- {restrict: T, to: {user: x, directory: corp}, scope: all}",
                "- {restrict: T, to: {user: x, directory: ldap}, scope: all}",
            ]),
        ),
        (
            "permissions",
            &["user x:", "group x: ldap"],
            Ok(&["- {permit: T, to: {group: x, directory: ldap}, scope: all}"]),
        ),
        ("permissions", &["user x:", "group x:"], Ok(&[])),
        ("restrictions", &["user x:", "group x:"], Err("there is no user or group `x`, and without")),
        ("permissions", &["user x: corp", "group x: ldap"], Err("`x` is the name of more than one user or")),
    ];
    for (grants, answers, expected) in cases {
        let options = among(&["corp", "ldap"], answers);
        let found = run([&export(grants), "", "", "", ""], &store(""), &options)
            .map(|import| bound(&applied(store(""), &import.edits)));
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => assert!(found[0].contains(expected), "{found:?}"),
            (found, _) => panic!("{found:?}"),
        }
    }
}

/// A membership carries what its group has.
#[test]
fn memberships_go_where_they_widen_nothing() {
    let groups = r#"[{"name": "devs", "users": ["ann"]}]"#;
    let [permit, restrict] =
        ["false", "true"].map(|deny| format!(r#"{{"group": "devs", "task": "T", "deny": {deny}}}"#));
    let both = format!("{permit}, {restrict}");
    let [corp, ldap] = ["`ann` of `corp` in `devs`", "`ann` of `ldap` in `devs`"];
    let cases: [(&str, &str, Expected<'_>); 9] = [
        ("", "corp ldap", Ok(&[corp])),
        (&permit, "corp ldap", Ok(&[corp])),
        (&permit, "ldap", Ok(&[ldap])),
        (&permit, "", Ok(&[])),
        (&restrict, "corp ldap", Ok(&[corp, ldap])),
        (&restrict, "", Ok(&[corp, ldap])),
        (&both, "ldap", Ok(&[ldap])),
        (&both, "corp ldap", Err("has the user `ann`, whom several members have; take it out of the file")),
        (&both, "", Err("has the user `ann`, whom no member has; take it out of the file")),
    ];
    for (grants, having, expected) in cases {
        let options = among(&["corp", "ldap"], &[&format!("user ann: {having}"), "group devs:"]);
        let permissions = format!("[{grants}]");
        let files = [TASK, "", groups, &permissions, ""];
        let found = run(files, &store(""), &options).map(|import| {
            let mut bound = bound(&applied(store(""), &import.edits));
            bound.retain(|line| !line.starts_with('-'));
            assert_eq!(alive(&import), !bound.is_empty());
            assert!(told(&import)[0].starts_with("in the group `devs`, the user `ann`: "));
            bound
        });
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{grants} {having}"),
            (Err(found), Err(expected)) => assert!(found[0].contains(expected), "{found:?}"),
            (found, _) => panic!("{grants} {having}: {found:?}"),
        }
    }
}

/// What the store has counts, too, and what a group has from the groups that it is in.
#[test]
fn memberships_heed_the_grants_of_the_store() {
    let text = "version: 1\ndirectories: [{name: corp}, {name: ldap}]\ngroups: [{name: devs}, {name: all, members: [{group: devs}]}]\n\
                grants: [{restrict: Administer, to: {group: all}, scope: all}]";
    let file = crate::PolicyFile::parse("f", text.as_bytes()).unwrap();
    let policy = applied(initial(), &file.edits(&Existing::new(&initial()), false).unwrap().edits);
    let groups = r#"[{"name": "devs", "users": ["ann"]}]"#;
    let permissions = r#"[{"group": "devs", "task": "T", "deny": false}]"#;
    let options = among(&["corp", "ldap"], &["user ann: corp ldap", "group devs:"]);
    let found = run([TASK, "", groups, permissions, ""], &policy, &options).unwrap_err();
    assert!(found[0].starts_with("g:1:2: the group `devs`, which has both permissions and"), "{found:?}");
    let import = good([TASK, "", groups, "", ""], &policy, &options);
    assert_eq!(told(&import), ["in the group `devs`, the user `ann`: hybrid → `corp`, `ldap`"]);
}

#[test]
fn members_are_enabled_and_put_in_order() {
    let cases: [(&str, &[&str], &[&str], &str); 4] = [
        ("", &["corp", "ldap"], &[], "built-in corp ldap lab"),
        (
            ", enabled: false",
            &["corp", "ldap"],
            &["enables the directory `ldap`: bare names are looked for there, too"],
            "built-in corp ldap lab",
        ),
        (
            "",
            &["ldap", "built-in"],
            &["puts the directories into the order `ldap`, `built-in`, `corp`, `lab`"],
            "ldap built-in corp lab",
        ),
        ("", &["built-in", "corp", "ldap", "lab"], &[], "built-in corp ldap lab"),
    ];
    for (ldap, members, expected, order) in cases {
        let before = store(ldap);
        let import = good([TASK, "", "", "", ""], &before, &among(members, &[]));
        assert_eq!((told(&import), alive(&import)), (expected.to_vec(), !expected.is_empty()));
        let others = order.split(' ').filter(|directory| !members.contains(directory)).count();
        assert_eq!(import.notes.len(), others, "{:?}", import.notes);
        let after = applied(before, &import.edits);
        let after = Existing::new(&after);
        let directories = crate::order::by_position(&after);
        assert!(directories.iter().all(|directory| directory.enabled != Some(false)));
        let names: Vec<_> = directories.iter().map(|directory| directory.name.as_str()).collect();
        assert_eq!(names.join(" "), order);
    }
}
