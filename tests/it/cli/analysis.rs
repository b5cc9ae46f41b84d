//! `who-can`, `feeds`, `promotion`, `lint`, `apply --preview`, `compare`, and the matrix of `effective`.

use serde_json::{Value, json};

use super::{revision, workflow};

fn names(objects: &Value, of: impl Fn(&Value) -> &Value) -> Vec<String> {
    objects.as_array().unwrap().iter().map(|object| of(object).as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_explanation_says_what_just_missed() {
    let server = workflow();
    let question = ["explain", "jDoe", "Feeds_AcceptPackagePromotions", "--feed", "approved-nuget"];
    let said = server.cli(&question);
    let said = said.ended(0);
    assert!(
        said.contains("what just missed") && said.contains("jDoe isn't in group Senior Developers"),
        "{said}"
    );
}

#[test]
fn who_can_download_what_is_not_approved() {
    let server = workflow();
    let question = ["who-can", "Feeds_DownloadPackage", "--feed", "unapproved-nuget"];
    let said = server.cli(&question);
    let lines: Vec<Vec<_>> = said
        .ended(0)
        .lines()
        .skip(2)
        .map(|line| line.split("  ").filter(|it| !it.is_empty()).map(str::trim).collect())
        .collect();
    assert_eq!(
        lines,
        [
            ["group", "Administrators", "built-in"],
            ["group", "Senior Developers", "built-in"],
            ["user", "Admin", "built-in"],
            ["user", "mBrown", "built-in"],
        ]
    );

    let json = |words: &[&str]| server.cli(&[&question[..], words, &["--output", "json"]].concat()).json();
    let whole = json(&[]);
    assert_eq!(whole["principals"].as_array().unwrap().len(), 4, "{whole}");
    assert_eq!(whole["next_cursor"], "");
    let first = json(&["--limit", "3"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = json(&["--limit", "3", "--cursor", cursor]);
    let principals = |answer: &Value| answer["principals"].as_array().unwrap().clone();
    assert_eq!([principals(&first), principals(&rest)].concat(), principals(&whole));
    let limited = server.cli(&[&question[..], &["--limit", "3"]].concat());
    let on =
        "there are more: feedgate who-can Feeds_DownloadPackage --feed unapproved-nuget --limit 3 --cursor ";
    assert!(limited.ended(0).contains(on), "{limited:#?}");
    server.cli(&[&question[..], &["--cursor", "nonsense"]].concat()).failed(3, "[INVALID_CURSOR]");
    let nowhere = server.cli(&["who-can", "Feeds_ViewFeed", "--feed", "nowhere"]);
    assert!(nowhere.ended(0).contains("feed nowhere isn't registered"), "{nowhere:#?}");
}

#[test]
fn feeds_that_somebody_can_download_from() {
    let server = workflow();
    for (words, expected) in [
        (&["jDoe", "Feeds_DownloadPackage"][..], &["approved-nuget", "mycompany-nuget"][..]),
        (&["--anonymous", "Feeds_DownloadPackage"], &["mycompany-nuget"]),
        (&["--anonymous", "Feeds_AddPackage"], &[]),
    ] {
        let said = server.cli(&[&["feeds"], words].concat());
        let said = said.ended(0);
        let listed: Vec<_> = said.lines().skip(2).collect();
        assert_eq!(listed, expected, "{said}");
        let answer = server.cli(&[&["feeds"], words, &["--output", "json"]].concat()).json();
        assert_eq!(names(&answer["feeds"], |feed| &feed["name"]), expected);
    }
}

#[test]
fn promotions_exit_with_their_verdict() {
    let server = workflow();
    let ask = |who: &str| server.cli(&["promotion", who, "unapproved-nuget", "approved-nuget"]);
    let allowed = ask("mBrown");
    assert!(allowed.ended(0).starts_with("allowed: mBrown may promote"), "{allowed:#?}");
    assert!(!allowed.stdout.contains('✗'), "{allowed:#?}");
    let denied = ask("cWu");
    let unmet: Vec<_> = denied.ended(1).lines().filter(|line| line.starts_with('✗')).collect();
    assert_eq!(unmet.len(), 1, "{denied:#?}");
    assert!(
        unmet[0].contains("Feeds_DownloadPackage on unapproved-nuget  ")
            && unmet[0].contains("  restricted by grant 4  ")
            && unmet[0].ends_with('4'),
        "{unmet:?}"
    );
    let why = denied.stdout.lines().last().unwrap().strip_prefix("why: feedgate ").unwrap();
    let why: Vec<_> = why.split(' ').collect();
    assert!(server.cli(&why).ended(0).contains("grant 4"), "{why:?}");
    let nowhere = server.cli(&["promotion", "--anonymous", "nowhere", "approved-nuget"]);
    assert!(nowhere.ended(1).contains("✗  nowhere is registered"), "{nowhere:#?}");
    assert!(nowhere.stdout.contains("?  both have one type"), "{nowhere:#?}");
}

#[test]
fn lint_finds_who_cannot_promote() {
    let server = workflow();
    let only = ["lint", "--code", "PROMOTION_WITHOUT_SOURCE"];
    let found = server.cli(&only);
    let said = found.ended(1);
    assert!(said.contains(" PROMOTION_WITHOUT_SOURCE\n") && said.contains("user cWu"), "{said}");
    assert_eq!(server.cli(&["lint"]).code, 1);
    assert_eq!(server.cli(&[&only[..], &["--fail-on", "never"]].concat()).code, 0);

    let accepted = server.file(
        "accepted.yaml",
        "version: 1\nsuppressions:\n  - {code: PROMOTION_WITHOUT_SOURCE, user: cWu, reason: leaves soon}\n  \
         - {code: PROMOTION_WITHOUT_SOURCE, user: build, reason: never met}\n",
    );
    let with = |words: &[&str]| server.cli(&[&only[..], &["--suppressions", &accepted], words].concat());
    let quiet = with(&[]);
    assert!(quiet.ended(0).contains("; 1 suppressed"), "{quiet:#?}");
    assert!(
        quiet.stderr.contains("accepted.yaml:4:5: nothing of the code PROMOTION_WITHOUT_SOURCE"),
        "{quiet:#?}"
    );
    assert!(!quiet.stdout.contains("cWu"), "{quiet:#?}");
    assert!(with(&["--show-suppressed"]).ended(0).contains("suppressed: leaves soon"));
    let json = with(&["--output", "json"]).json();
    assert_eq!(json["findings"][0]["suppressed"], "leaves soon", "{json}");

    let wrong =
        server.file("wrong.yaml", "version: 1\nsuppressions:\n  - {code: NOPE, user: cWu, reason: r}\n");
    server
        .cli(&["lint", "--suppressions", &wrong])
        .failed(2, "wrong.yaml:3:12: no finding has the code `NOPE`");
}

#[test]
fn a_preview_names_who_gains_and_writes_nothing() {
    let server = workflow();
    let before = server.cli(&["export"]);
    let file = server.file(
        "more.yaml",
        "version: 1\ngrants:\n  - {permit: Download Packages, to: everyone, scope: {feed: approved-nuget}}\n",
    );
    let preview = server.cli(&["apply", "-f", &file, "--preview"]);
    let said = preview.ended(0);
    for part in [
        "preview, nothing was changed: ",
        "1 object would change; now at revision 1",
        "Feeds_DownloadPackage on feed approved-nuget",
        "+ build, visitors who are not signed in",
        "people whom no directory knows",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    // Who may already gains nothing.
    assert!(!said.contains("jDoe") && !said.contains("mBrown"), "{said}");
    let json = server.cli(&["apply", "-f", &file, "--preview", "--output", "json"]).json();
    assert_eq!(json["summary"]["attributes"][0]["attribute"], "Feeds_DownloadPackage", "{json}");
    let cursor = json["groups"]["groups"][0]["principals_cursor"].as_str().unwrap();
    let members = server.cli(&["apply", "-f", &file, "--preview", "--members", cursor]);
    assert!(members.ended(0).contains("\n  build"), "{members:#?}");

    let nothing = server.cli(&["apply", "-f", &crate::support::example(), "--preview"]);
    assert!(nothing.ended(0).contains("nobody's access changes"), "{nothing:#?}");
    let feeds: String = (0..10_001).map(|number| format!("  - {{name: feed-{number}}}\n")).collect();
    let large = server.file("large.yaml", format!("version: 1\nfeeds:\n{feeds}"));
    server.cli(&["apply", "-f", &large, "--preview"]).failed(2, "a preview takes at most 10,000 changes");
    assert_eq!((server.cli(&["export"]), revision(&server).as_str()), (before, "1"));
}

#[test]
fn a_grant_is_previewed_as_in_a_file() {
    let server = workflow();
    let before = server.cli(&["export"]);
    let grant = ["Download Packages", "--everyone", "--feed", "approved-nuget", "--preview"];
    let file = server.file(
        "grant.yaml",
        "version: 1\ngrants:\n  - {permit: Download Packages, to: everyone, scope: {feed: approved-nuget}}\n",
    );
    let json = ["--output", "json"];
    let asked = server.cli(&[&["grant"], &grant[..], &json].concat()).json();
    let applied = server.cli(&["apply", "-f", &file, "--preview", "--output", "json"]).json();
    assert_eq!(asked["summary"], applied["summary"]);
    let said = server.cli(&[&["grant"], &grant[..]].concat());
    let cursor = asked["groups"]["groups"][0]["principals_cursor"].as_str().unwrap();
    let members = server.cli(&[&["grant"], &grant[..], &["--members", cursor]].concat());
    assert!(members.ended(0).contains("\n  build"), "{members:#?}");
    assert!(said.ended(0).contains("+ build, visitors who are not signed in"), "{said:#?}");
    server.cli(&[&["restrict"], &grant[..]].concat()).ended(0);
    let revoked = server.cli(&["revoke", "3", "--preview"]);
    assert!(revoked.ended(0).contains("- jDoe loses Feeds_DownloadPackage"), "{revoked:#?}");
    server
        .cli(&["grant", "None", "--everyone", "--all-feeds", "--preview"])
        .failed(3, "error: no task is called `None`; `feedgate list tasks` shows all [NOT_FOUND]");
    assert_eq!((server.cli(&["export"]), revision(&server).as_str()), (before, "1"));
}

#[test]
fn revisions_are_compared() {
    let server = workflow();
    for words in [&["compare", "0", "1"][..], &["compare", "0"]] {
        let compared = server.cli(words);
        let said = compared.ended(0);
        assert!(said.starts_with("from revision 0 to 1: "), "{said}");
        assert!(said.contains("Feeds_ViewFeed") && said.contains("jDoe"), "{said}");
    }
    let same = server.cli(&["compare", "1"]);
    assert!(same.ended(0).starts_with("from revision 1 to 1: nobody's access changes"), "{same:#?}");
    server.cli(&["compare", "1", "9"]).failed(3, "[REVISION_NOT_REACHED]");
}

#[test]
fn a_matrix_of_people_and_feeds() {
    let server = workflow();
    let matrix = server.cli(&["effective", "--matrix", "--user", "jdoe", "--user", "Admin", "--anonymous"]);
    let said = matrix.ended(0);
    let rows: Vec<Vec<_>> = said.lines().take(4).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows,
        [
            vec!["unapproved-nuget", "approved-nuget", "mycompany-nuget"],
            vec!["jDoe", "V·········", "VD········", "VD········"],
            vec!["Admin", "VDAOXPURMC", "VDAOXPURMC", "VDAOXPURMC"],
            vec!["anonymous", "V·········", "V·········", "VD········"],
        ],
        "{said}"
    );
    let one = ["effective", "--matrix", "--all-users", "--attribute", "Feeds_DownloadPackage"];
    let words = [&one[..], &["--feed", "unapproved-nuget", "--output", "json"]].concat();
    let cells = server.cli(&words).json();
    let able = cells["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|cell| cell["allowed"] == json!(["Feeds_DownloadPackage"]));
    let able: Vec<_> = able.map(|cell| cell["subject"].as_str().unwrap()).collect();
    assert_eq!((able.as_slice(), &cells["revision"]), (&["Admin", "mBrown"][..], &json!("1")), "{cells}");
    let unknown = ["effective", "--matrix", "--user", "zed", "--feed", "nowhere", "--output", "json"];
    let cell = &server.cli(&unknown).json()["rows"][0];
    assert_eq!((&cell["subject_unknown"], &cell["feed_unknown"]), (&json!(true), &json!(true)), "{cell}");
    let wrong = server.cli(&["effective", "--matrix", "--user", "jDoe", "--attribute", "Feeds_Nope"]);
    assert!(wrong.ended(3).contains("no answer for jDoe: "), "{wrong:#?}");
}
