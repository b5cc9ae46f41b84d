//! `check`, `explain`, `effective`.

use serde_json::json;

use super::workflow;
use crate::support::program::{feedgate, run};

#[test]
fn a_check_exits_with_its_answer() {
    let server = workflow();
    let table: [(&[&str], i32, &str, &str); 10] = [
        (&["mBrown", "Feeds_DownloadPackage", "--feed", "unapproved-nuget"], 0, "allowed", ""),
        (&["jDoe", "Feeds_DownloadPackage", "--feed", "unapproved-nuget"], 1, "denied", ""),
        (&["Admin", "Admin_ConfigureProGet"], 0, "allowed", ""),
        (&["--anonymous", "Feeds_ViewFeed", "--feed", "approved-nuget"], 0, "allowed", ""),
        (&["--anonymous", "Admin_ConfigureProGet"], 1, "denied", ""),
        (&["jDoe", "Feeds_ViewFeed", "--feed", "nowhere"], 1, "no such feed is registered", ""),
        (&["ghost", "Feeds_AddPackage", "--feed", "approved-nuget"], 1, "no directory knows the user", ""),
        (&["jDoe", "Feeds_Nope"], 3, "", "[UNKNOWN_ATTRIBUTE]"),
        (&["jDoe"], 2, "", "a question takes two"),
        (&["jDoe", "Feeds_ViewFeed", "--feeds", "x"], 2, "", "--feeds"),
    ];
    for (words, code, stdout, stderr) in table {
        let output = server.cli(&[&["check"], words].concat());
        assert_eq!(output.code, code, "{words:?}: {output:#?}");
        assert!(output.stdout.contains(stdout) && output.stderr.contains(stderr), "{words:?}: {output:#?}");
        // One or the other: what is piped on is never mixed with complaints.
        assert_eq!((output.stdout.is_empty(), output.stderr.is_empty()), (code > 1, code < 2), "{output:#?}");
    }
}

#[test]
fn a_check_needs_no_token_but_a_server() {
    let mut server = workflow();
    let question = ["check", "Admin", "Admin_ConfigureProGet", "--server", server.address()];
    let question = question.map(str::to_owned);
    assert_eq!(run(feedgate().args(&question), b"").code, 0);
    let explain = ["explain", "Admin", "Admin_ConfigureProGet", "--server", server.address()];
    run(feedgate().args(explain), b"").failed(3, "[TOKEN_MISSING]\nhint: give a token: `--token-file");
    let wrong = server.file("wrong", "not the token");
    let explain = [&explain[..], &["--token-file", &wrong]].concat();
    run(feedgate().args(explain), b"").failed(3, "[TOKEN_INVALID]");
    server.kill9();
    run(feedgate().args(&question), b"").failed(3, "can't reach ");
}

#[test]
fn json_is_the_answer_with_the_names_of_the_proto() {
    let server = workflow();
    let question = ["jDoe", "Feeds_DownloadPackage", "--feed", "unapproved-nuget", "--output", "json"];
    let output = server.cli(&[&["check"][..], &question].concat());
    let answer: serde_json::Value = serde_json::from_str(output.ended(1)).unwrap();
    let status = server.cli(&["status", "--output", "json"]).json();
    let user = server.cli(&["list", "users", "--prefix", "jd", "--output", "json"]).json();
    assert_eq!(
        answer,
        json!({
            "allowed": false,
            "reason": "REASON_RESTRICTED",
            "grant_id": "4",
            "subject_unknown": false,
            "feed_unknown": false,
            "subject": {"directory": "built-in", "id": user["users"][0]["id"], "name": "jDoe"},
            "revision": {"store": status["store_id"], "number": "1"},
        })
    );
    let explanation = server.cli(&[&["explain"][..], &question].concat()).json();
    let candidates = explanation["candidates"].as_array().unwrap();
    let grants: Vec<_> = candidates.iter().map(|it| (&it["grant"]["id"], &it["decides"])).collect();
    assert_eq!(grants, [(&json!("4"), &json!(true)), (&json!("3"), &json!(false))]);
}

#[test]
fn an_explanation_says_why() {
    let server = workflow();
    let output = server.cli(&["explain", "cWu", "Feeds_DownloadPackage", "--feed", "unapproved-nuget"]);
    let text = output.ended(0);
    for part in [
        "denied: cWu may not Feeds_DownloadPackage on feed unapproved-nuget",
        "grant 4 restricts group Developers (\"Download Packages\") on this feed",
        "a restriction wins over",
        "not before approval",
        "cWu → Senior Developers",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let anonymous = server.cli(&["explain", "--anonymous", "Feeds_AddPackage", "--feed", "approved-nuget"]);
    assert!(anonymous.ended(0).contains("nothing permits it"), "{anonymous:#?}");
}

#[test]
fn effective_lists_every_attribute() {
    let server = workflow();
    let allowed = |words: &[&str]| {
        let words = [&["effective"], words, &["--output", "json"]].concat();
        let answer = server.cli(&words).json();
        let attributes = answer["attributes"].as_array().unwrap().clone();
        assert_eq!(attributes.len(), 21);
        let allowed = attributes.into_iter().filter(|it| it["allowed"] == true);
        allowed.map(|it| it["attribute"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(allowed(&["jDoe", "--feed", "unapproved-nuget"]), ["Feeds_ViewFeed"]);
    assert_eq!(allowed(&["--anonymous"]), ["Feeds_ViewFeed"]);
    assert_eq!(allowed(&["Admin"]).len(), 21);
    let table = server.cli(&["effective", "jDoe", "--feed", "unapproved-nuget"]);
    assert!(table.ended(0).starts_with("jDoe on feed unapproved-nuget\n"), "{table:#?}");
}
