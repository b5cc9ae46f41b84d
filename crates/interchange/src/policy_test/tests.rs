//! Whole files: what is read from good ones, and what is wrong with bad ones.

use std::fs;

use super::*;
use crate::testing::strings;

fn problems(name: &str) -> Vec<String> {
    let path = format!("{}/../../tests/data/policy-tests/{name}", env!("CARGO_MANIFEST_DIR"));
    strings(&PolicyTest::parse("f", &fs::read(path).unwrap()).unwrap_err())
}

fn parse(text: &str) -> PolicyTest {
    PolicyTest::parse("f", text.as_bytes()).unwrap_or_else(|problems| panic!("{:#?}", strings(&problems)))
}

fn rights(case: &Case) -> &Rights {
    match &case.about {
        About::Rights(rights) => rights,
        About::Only(_) => panic!("{case:?}"),
    }
}

#[test]
fn bad_files_are_refused_with_their_places() {
    let whole: [(&str, &[&str]); 7] = [
        ("bad-empty.yaml", &["f:1:1: the document is empty; a policy test begins with `version: 1`"]),
        ("bad-list.yaml", &["f:1:1: expected a policy test, a mapping, but found a list"]),
        ("bad-syntax.yaml", &["f:3:8: unclosed bracket"]),
        ("bad-duplicate-key.yaml", &["f:4:1: duplicate mapping key `cases`"]),
        (
            "bad-nothing.yaml",
            &[
                "f:1:1: `version` is missing in a policy test; it begins with `version: 1`",
                "f:1:1: `policy` is missing in a policy test; say which policy file is tested, relative to \
                 this one",
                "f:1:1: `cases` is empty: this policy test would check nothing",
            ],
        ),
        (
            "bad-version.yaml",
            &[
                "f:1:10: only `version: 1` is known, an unquoted number",
                "f:2:9: `policy` names no policy file",
                "f:1:1: `cases` is missing in a policy test, which would check nothing",
            ],
        ),
        (
            "bad-cases.yaml",
            &[
                "f:2:1: unknown key `polices` in a policy test; it takes `version`, `policy`, `cases`",
                "f:5:54: unknown key `alowed` in a case; it takes `name`, `user`, `directory`, `anonymous`, \
                 `feed`, `feed_group`, `allowed`, `denied`, `unknown`",
                "f:5:5: neither `allowed` nor `denied` names an attribute: this case would check nothing",
                "f:6:5: exactly one of `user` and `anonymous: true` is needed, and neither is here",
                "f:7:5: exactly one of `user` and `anonymous: true` is needed, and both are here",
                "f:8:5: neither `allowed` nor `denied` names an attribute: this case would check nothing",
                "f:9:5: a case is about a `feed`, a `feed_group` or, with neither, the system; both are here",
                "f:13:14: `Feeds_ViewFeed` can't be denied and allowed, as line 12 says",
                "f:14:56: `Feeds_ViewFeed` stands twice in this list, first in line 14",
                "f:15:57: `directory` says where a user is, and somebody anonymous is in none",
                "f:16:29: `everyone` is a reserved word and can't be a name",
                "f:16:45: the name ` npm` begins or ends with white space",
                "f:16:62: `Feeds ViewFeed` can't be an attribute: it takes 1 to 64 letters, digits, `_`, `-` \
                 and `.`, a letter first",
                "f:17:5: `name` is missing in a case",
                "f:18:12: expected a string, but found a number; put it in quotes",
                "f:18:36: `unknown` takes `true` or `false`, but found a string",
                "f:18:51: `denied` takes a list, but found a string",
                "f:19:12: the name of a case must say something",
                "f:20:5: expected a case, a mapping, but found a string",
                "f:22:12: the case `good` stands twice in the file, first in line 21",
            ],
        ),
    ];
    for (name, expected) in whole {
        let found = problems(name);
        let same = |(found, expected): (&String, &&str)| found.starts_with(expected);
        let all = found.len() == expected.len() && found.iter().zip(expected).all(same);
        assert!(all, "{name}: {found:#?} aren't {expected:#?}");
    }
    let marked = PolicyTest::parse("f", b"\xef\xbb\xbfversion: 1").unwrap_err();
    let plain = PolicyTest::parse("f", b"version: 1").unwrap_err();
    assert_eq!(strings(&marked), strings(&plain));
    let encoding = PolicyTest::parse("f", b"\xff\xfev\0").unwrap_err();
    assert!(strings(&encoding)[0].starts_with("f:1:1: expected UTF-8, but found UTF-16"));
}

#[test]
fn what_a_case_says() {
    let test = parse(
        "version: 1\npolicy: [base.yaml, more.yaml]\ncases:\n  \
         - {name: a, user: Ann, directory: corp, feed_group: live, denied: [B], allowed: [A], unknown: true}\n  \
         - {name: b, anonymous: true, feed: npm, allowed: [A]}\n",
    );
    let policies: Vec<_> = test.policies.iter().map(|path| &*path.value).collect();
    assert_eq!(policies, ["base.yaml", "more.yaml"]);
    let [first, second] = &test.cases[..] else { panic!("{test:?}") };
    let (first, second) = (rights(first), rights(second));
    let Subject::User { name, directory: Some(directory) } = &first.subject else { panic!("{first:?}") };
    assert_eq!((name.value.as_str(), directory.value.as_str()), ("Ann", "corp"));
    assert!(matches!(&first.target, Target::FeedGroup(group) if group.value.as_str() == "live"));
    let said: Vec<_> =
        first.expectations.iter().map(|it| (it.attribute.value.as_str(), it.allowed)).collect();
    assert_eq!(said, [("A", true), ("B", false)]);
    assert!(first.unknown.is_some() && second.unknown.is_none());
    assert!(matches!((&second.subject, &second.target), (Subject::Anonymous, Target::Feed(_))));
}

#[test]
fn json_of_the_same_shape_is_read() {
    let json =
        r#"{"version": 1, "policy": "p.json", "cases": [{"name": "x", "user": "a", "denied": ["A"]}]}"#;
    let test = parse(json);
    assert!(matches!(rights(&test.cases[0]).target, Target::System));
}

#[test]
fn promotions_and_complete_lists_are_read() {
    let test = parse(
        "version: 1\npolicy: p.yaml\ncases:\n  \
         - {name: a, user: ann, may_promote: [{from: x, to: y}], may_not_promote: [{from: y, to: x}]}\n  \
         - {name: b, feed: x, attribute: A, only: [ann, {group: g, directory: corp}, everyone]}\n",
    );
    let found: Vec<_> = rights(&test.cases[0])
        .promotions
        .iter()
        .map(|it| (it.source.value.as_str(), it.target.value.as_str(), it.allowed))
        .collect();
    assert_eq!(found, [("x", "y", true), ("y", "x", false)]);
    let About::Only(only) = &test.cases[1].about else { panic!("{test:?}") };
    let name = |name: &str| Name::new(name).unwrap();
    let holders: Vec<_> = only.holders.iter().map(|holder| holder.value.clone()).collect();
    let group = Holder::Group { name: name("g"), directory: Some(name("corp")) };
    assert_eq!(holders, [Holder::User { name: name("ann"), directory: None }, group, Holder::Everyone]);
}

#[test]
fn bad_promotions_and_lists_are_refused_with_their_places() {
    for (case, expected) in [
        ("{name: a, user: u, may_promote: [{from: x}]}", "f:4:34: `to` is missing in a promotion"),
        (
            "{name: a, user: u, may_promote: [{from: x, to: y}, {from: X, to: Y}]}",
            "f:4:52: the promotion from `X` to `Y` stands twice in this case, first in line 4",
        ),
        (
            "{name: a, user: u, feed: f, may_promote: [{from: x, to: y}]}",
            "f:4:1: `feed` and `feed_group` say where attributes count; a promotion names its own feeds",
        ),
        (
            "{name: a, feed: f, only: [ann]}",
            "f:4:1: `attribute` is missing in a case; say what only these may do",
        ),
        ("{name: a, attribute: A}", "f:4:1: `only` is missing in a case; say who may use this `attribute`"),
        ("{name: a, attribute: A, only: ann}", "f:4:31: `only` takes a list of users and groups"),
        (
            "{name: a, user: u, attribute: A, only: []}",
            "f:4:1: a case with `only` is about everybody who may do something: leave out `user`",
        ),
        (
            "{name: a, attribute: A, only: [ann, ANN]}",
            "f:4:37: this stands twice in the list, first in line 4",
        ),
        (
            "{name: a, attribute: A, only: [{directory: d}]}",
            "f:4:32: exactly one of `user`, `group` and `authenticated` is needed",
        ),
    ] {
        let text = format!("version: 1\npolicy: p\ncases: [\n{case}\n]\n");
        let found = strings(&PolicyTest::parse("f", text.as_bytes()).unwrap_err());
        assert!(found[0].starts_with(expected), "{case}: {found:#?}");
    }
}
