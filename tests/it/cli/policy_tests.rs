//! `test`: policy tests, which ask no server.

use std::{collections::HashMap, fs, path::Path};

use feedgate::interchange::{
    PolicyTest,
    policy_test::{About, Subject, Target},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    data,
    program::{Output, feedgate, run},
};

const EXPECTED: &str = include_str!("../../data/proget/approval-workflow.expected.csv");

fn example() -> String {
    format!("{}/deploy/examples/approval-workflow.test.yaml", env!("CARGO_MANIFEST_DIR"))
}

fn test(words: &[&str]) -> Output {
    run(feedgate().arg("test").args(words), b"")
}

/// A folder with files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn in_folder(folder: &Path, words: &[&str]) -> Output {
    run(feedgate().arg("test").args(words).current_dir(folder), b"")
}

/// The example beside its policy, with developers expected to download what isn't approved.
fn too_much() -> TempDir {
    let policy = fs::read_to_string(crate::support::example()).unwrap();
    let test = fs::read_to_string(example()).unwrap();
    let changed = test.replacen(
        "allowed: [Feeds_ViewFeed]\n    denied: &changes_and_download\n      - Feeds_DownloadPackage\n",
        "allowed: [Feeds_ViewFeed, Feeds_DownloadPackage]\n    denied: &changes_and_download\n",
        1,
    );
    assert_ne!(changed, test);
    folder(&[("approval-workflow.yaml", &policy), ("a.test.yaml", &changed)])
}

#[test]
fn the_example_passes() {
    let output = test(&[&example()]);
    let said = output.ended(0);
    assert!(said.starts_with(&format!("{}\n  ok     developers see", example())), "{said}");
    assert!(said.ends_with("\n22 passed, 0 failed\n") && !said.contains("FAILED"), "{said}");
    assert_eq!(output.stderr, "");
}

/// The example says what the table says that was worked out by hand for the same policy.
#[test]
fn the_example_agrees_with_the_table() {
    let rows = EXPECTED.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    let table: HashMap<_, _> = rows.map(|row| ((row[0], row[1], row[2]), row[3] == "true")).collect();
    let bytes = fs::read(example()).unwrap();
    let test = PolicyTest::parse("example", &bytes).unwrap();
    let mut compared = 0;
    for case in &test.cases {
        let About::Rights(case) = &case.about else { continue };
        let who = match &case.subject {
            Subject::Anonymous => "(anonymous)",
            Subject::User { .. } if case.unknown.is_some() => "nobody-known",
            Subject::User { name, .. } => name.value.as_str(),
        };
        let target = match &case.target {
            Target::Feed(name) => name.value.as_str(),
            Target::FeedGroup(_) => panic!("{case:?}"),
            Target::System => "(system)",
        };
        if target == "new-nuget" {
            continue;
        }
        for expectation in &case.expectations {
            let question = (who, expectation.attribute.value.as_str(), target);
            assert_eq!(table.get(&question), Some(&expectation.allowed), "{question:?}");
            compared += 1;
        }
    }
    assert!(compared > 180, "{compared}");
}

#[test]
fn a_failure_is_explained() {
    let folder = too_much();
    let output = in_folder(folder.path(), &["a.test.yaml"]);
    let said = output.ended(1);
    for part in [
        "\n  FAILED developers see unapproved packages and can't download them\n    a.test.yaml:14:31: \
         Feeds_DownloadPackage should be allowed, and is denied\n      denied: jDoe may not \
         Feeds_DownloadPackage on feed unapproved-nuget\n        grant 4 restricts group Developers",
        "comment on grant 4: not before approval",
        "jDoe → Developers",
        "\n  ok     senior developers try unapproved packages out\n",
        "\n21 passed, 1 failed\n",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn several_files_and_json() {
    let folder = too_much();
    let output =
        in_folder(folder.path(), &["a.test.yaml", &data("policy-tests/good.yaml"), "--output", "json"]);
    let results: Value = serde_json::from_str(output.ended(1)).unwrap();
    assert_eq!((&results["passed"], &results["failed"]), (&json!(28), &json!(1)));
    let files = results["files"].as_array().unwrap();
    assert_eq!(
        files.iter().map(|file| &file["policies"][0]).collect::<Vec<_>>()[0],
        "approval-workflow.yaml"
    );
    let check = &files[0]["cases"][0]["checks"][1];
    assert_eq!((&check["expected"], &check["found"]), (&json!("allowed"), &json!("denied")));
    assert_eq!(check["explanation"]["reason"], "REASON_RESTRICTED");
    assert!(files[1]["cases"].as_array().unwrap().iter().all(|case| case["passed"] == true));
}

#[test]
fn junit_has_the_counts_and_the_reasons() {
    let folder = too_much();
    let good = data("policy-tests/good.yaml");
    let words = ["a.test.yaml", &good, "--junit", "out.xml"];
    fs::write(folder.path().join("out.xml"), "an older report").unwrap();
    in_folder(folder.path(), &words).ended(1);
    let xml = fs::read_to_string(folder.path().join("out.xml")).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (29, 1, 0));
    let suites: Vec<_> = report.test_suites.iter().map(|suite| (suite.name.as_str(), suite.tests)).collect();
    assert_eq!(suites, [("a.test.yaml", 22), (good.as_str(), 7)]);
    for part in [
        "<failure message=\"Feeds_DownloadPackage should be allowed, and is denied\"",
        "grant 4 restricts group Developers (&quot;Download Packages&quot;)",
    ] {
        assert!(xml.contains(part), "no {part:?} in {xml}");
    }
    in_folder(folder.path(), &["a.test.yaml", "--junit", "no/such/folder/out.xml"]).failed(3, "can't write");
}

#[test]
fn names_that_lead_nowhere_are_mistakes() {
    let file = data("policy-tests/bad-references.yaml");
    let output = test(&[&file, &data("policy-tests/good.yaml")]);
    let hint = "say `unknown: true` if the case is about that";
    let expected = [
        format!("4:37: the policy has no user `jdo`; {hint}"),
        format!("5:49: the policy has no feed `nmp`; {hint}"),
        format!("6:61: the policy has no feed group `life`; {hint}"),
        "7:86: no attribute is called `Feeds_AddPackages`, neither a built-in one nor one of the policy".into(),
        "8:59: no directory is called `builtin`".into(),
        "9:56: the directory `corp` is disabled".into(),
        "10:68: neither the user nor the place is there, and `unknown: true` is for one of them: make two cases"
            .into(),
        format!("11:35: the policy has no user `jdo`; {hint}"),
        format!("11:46: the policy has no feed `nmp`; {hint}"),
        "12:61: everything that this case names is there, and it says `unknown: true`".into(),
        "13:61: everything that this case names is there, and it says `unknown: true`".into(),
        format!("14:64: the policy has no feed group `life`; {hint}"),
    ];
    let expected: Vec<_> = expected.iter().map(|line| format!("{file}:{line}")).collect();
    let mut lines: Vec<_> = output.failed(2, "mistakes").lines().collect();
    assert_eq!(lines.pop(), Some("error: 12 mistakes; nothing was checked"));
    assert_eq!(lines, expected);
    assert_eq!(output.stdout, "");
}

#[test]
fn mistakes_in_files_are_said_at_once_and_nothing_else_is() {
    let test =
        "version: 1\npolicy: policy.yaml\ncases:\n  - {name: a, user: Admin, denied: [Feeds_ViewFeed]}\n";
    // Only who has them all can tell.
    let too_many: String = (0..50).map(|number| format!("  - {{name: Own_{number}}}\n")).collect();
    let folder = folder(&[
        ("policy.yaml", "version: 1\ngrants:\n  - {permit: Nothing, to: everyone, scope: all}\n"),
        ("a.yaml", test),
        ("again.yaml", test),
        ("b.yaml", &test.replace("policy.yaml", "nowhere.yaml")),
        ("c.yaml", &test.replace("user: Admin", "anonymous: maybe")),
        ("form.yaml", "version: 1\nuser: []\n"),
        ("d.yaml", &test.replace("policy.yaml", "form.yaml")),
        ("refused.yaml", &format!("version: 1\nattributes:\n{too_many}")),
        ("e.yaml", &test.replace("policy.yaml", "refused.yaml")),
        ("corp.yaml", "version: 1\ndirectories: [{name: corp}]\n"),
        ("f.yaml", &test.replace("policy.yaml", "corp.yaml")),
    ]);
    let files =
        ["a.yaml", "again.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml", "f.yaml", "--junit", "out.xml"];
    let output = in_folder(folder.path(), &files);
    let lines: Vec<_> = output.ended(2).lines().chain(output.stderr.lines()).collect();
    let expected = [
        "policy.yaml:3:14: there is no task `Nothing`",
        "b.yaml:2:9: can't read the policy `nowhere.yaml`: No such file",
        "c.yaml:4:26: `anonymous` takes `true` or `false`, but found a string",
        "c.yaml:4:5: exactly one of `user` and `anonymous: true` is needed",
        "form.yaml:2:1: unknown key `user` in a policy file",
        "refused.yaml: change 43: ",
        "f.yaml:4:21: the directory `corp` can't be asked about `Admin`",
        "error: 7 mistakes; nothing was checked",
    ];
    let same = |(line, expected): (&&str, &&str)| line.starts_with(expected);
    assert!(lines.len() == expected.len() && lines.iter().zip(&expected).all(same), "{lines:#?}");
    assert!(!folder.path().join("out.xml").exists());
    in_folder(folder.path(), &["nowhere.test.yaml"]).failed(2, "can't open `nowhere.test.yaml`");
}

#[test]
fn several_policies_are_applied_in_order() {
    let test = "version: 1\npolicy: [base.yaml, more.yaml]\ncases:\n  \
                - {name: a, user: jdoe, feed: npm, allowed: [Feeds_ViewFeed]}\n";
    let base = "version: 1\nusers: [{name: jdoe}]\nfeeds: [{name: npm}]\n";
    let more =
        "version: 1\ngrants: [{permit: View & Download Packages, to: {user: jdoe}, scope: {feed: npm}}]\n";
    let folder = folder(&[("base.yaml", base), ("more.yaml", more)]);
    let mut command = feedgate();
    command.args(["test", "-"]).current_dir(folder.path());
    let output = run(&mut command, test.as_bytes());
    assert_eq!(output.ended(0), "(standard input)\n  ok     a\n1 passed, 0 failed\n");
}

/// What only a list of principals may do, and promotions.
#[test]
fn complete_lists_and_promotions_are_checked() {
    let policy = "version: 1\n\
        users: [{name: Admin}, {name: ann}, {name: bob}, {name: eve}]\n\
        groups:\n  \
          - {name: Administrators, members: [Admin]}\n  \
          - {name: releasers, members: [{group: leads}]}\n  \
          - {name: leads, members: [ann]}\n\
        feeds: [{name: live, type: npm}, {name: dev, type: npm, promote_to: live}]\n\
        grants:\n  \
          - {permit: Administer, to: {group: Administrators}, scope: all}\n  \
          - {permit: Promote Packages, to: {group: releasers}, scope: all}\n  \
          - {permit: Publish Packages, to: {user: bob}, scope: {feed: dev}}\n";
    let test = |cases: &str| format!("version: 1\npolicy: p.yaml\ncases:\n{cases}");
    let good = test(
        "  - {name: a, user: ann, may_promote: [{from: dev, to: live}]}\n  \
           - {name: b, user: bob, feed: dev, allowed: [Feeds_AddPackage], may_not_promote: [{from: dev, to: live}]}\n  \
           - {name: c, feed: live, attribute: Feeds_AddPackage, only: [{group: releasers}, {group: Administrators}]}\n  \
           - {name: d, feed: dev, attribute: Feeds_AddPackage, only: [bob, {group: releasers}, {group: Administrators}]}\n",
    );
    let bad = test(
        "  - {name: a, user: bob, may_promote: [{from: dev, to: live}]}\n  \
           - {name: b, feed: dev, attribute: Feeds_AddPackage, only: [{group: releasers}, eve, Admin]}\n",
    );
    let wrong = test(
        "  - {name: a, user: ann, may_promote: [{from: dev, to: life}]}\n  \
           - {name: b, feed: life, attribute: Feeds_AddPackage, only: []}\n  \
           - {name: c, attribute: Feeds_Nope, only: []}\n",
    );
    let folder =
        folder(&[("p.yaml", policy), ("good.yaml", &good), ("bad.yaml", &bad), ("wrong.yaml", &wrong)]);
    let said = in_folder(folder.path(), &["good.yaml"]);
    assert!(said.ended(0).ends_with("\n4 passed, 0 failed\n"), "{said:?}");
    let output = in_folder(folder.path(), &["bad.yaml"]);
    let said = output.ended(1);
    for part in [
        "bad.yaml:4:40: promotion from dev to live should be allowed, and is denied\n",
        "why: feedgate explain bob Feeds_AcceptPackagePromotions --feed live",
        "bad.yaml:5:61: Feeds_AddPackage is also allowed to group Administrators, user bob, and not allowed to user eve\n",
        "see with a server: feedgate who-can Feeds_AddPackage --feed dev\n",
        "\n0 passed, 2 failed\n",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let json: Value =
        serde_json::from_str(in_folder(folder.path(), &["bad.yaml", "--output", "json"]).ended(1)).unwrap();
    let cases = &json["files"][0]["cases"];
    assert_eq!(cases[0]["checks"][0]["promotion"], json!({"from": "dev", "to": "live"}));
    assert_eq!(cases[1]["checks"][0]["unexpected"], json!(["group Administrators", "user bob"]));
    assert_eq!(cases[1]["checks"][0]["missing"], json!(["user eve"]));
    let output = in_folder(folder.path(), &["wrong.yaml"]);
    let mistakes = output.failed(2, "nothing was checked");
    for part in [
        "wrong.yaml:4:56: the policy has no feed `life`",
        "wrong.yaml:5:21: the policy has no feed `life`",
        "wrong.yaml:6:26: no attribute is called `Feeds_Nope`",
    ] {
        assert!(mistakes.contains(part), "no {part:?} in {mistakes}");
    }
}
