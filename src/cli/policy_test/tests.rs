//! Results, word for word.

use anstream::adapter::strip_str;
use serde_json::{Value, json};

use super::{
    outcome::{Check, Decision, Outcome},
    *,
};
use crate::{
    cli::args::question::{Place as Where, Question, Who},
    grpc::pb::{ExplainResponse, Reason},
    interchange::Place,
};

/// A case of one check: is a visitor denied an attribute?
fn case(name: &str, line: u32, attribute: &str, allowed: bool) -> Outcome {
    let reason = if allowed { Reason::Permitted } else { Reason::NotGranted };
    let question =
        Question { who: Who::Anonymous, attribute: attribute.into(), place: Where::Feed("npm".into()) };
    let explanation = ExplainResponse {
        allowed,
        reason: reason.into(),
        grant_id: u64::from(allowed),
        ..Default::default()
    };
    let place = Place { line, column: 62 };
    let check = Check::Decision(Decision { question, allowed: false, place, explanation });
    Outcome { name: name.into(), place: Place { line, column: 12 }, checks: vec![check] }
}

fn suites() -> Vec<Suite> {
    let cases = vec![
        case("visitors <look>", 4, "Feeds_DownloadPackage", false),
        case("visitors & \u{1b}[1m\"more\"", 5, "Feeds_ViewFeed", true),
    ];
    vec![Suite { file: "a.test.yaml".into(), policies: vec!["a.yaml".into()], cases }]
}

#[test]
fn for_people() {
    assert_eq!(
        strip_str(&report::render(&suites())).to_string(),
        "\
a.test.yaml
  ok     visitors <look>
  FAILED visitors & \\u{1b}[1m\"more\"
    a.test.yaml:5:62: Feeds_ViewFeed should be denied, and is allowed
      allowed: anonymous may Feeds_ViewFeed on feed npm
        grant 1 decides
1 passed, 1 failed"
    );
}

#[test]
fn for_programs() {
    let found: Value = serde_json::from_str(&results::render(&suites()).unwrap()).unwrap();
    assert_eq!(found["passed"], 1);
    assert_eq!(found["failed"], 1);
    let [suite] = &found["files"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&suite["file"], &suite["policies"]), (&json!("a.test.yaml"), &json!(["a.yaml"])));
    assert_eq!(
        suite["cases"][0],
        json!({"name": "visitors <look>", "line": 4, "passed": true, "checks": [{
            "attribute": "Feeds_DownloadPackage", "line": 4, "column": 62, "expected": "denied",
            "found": "denied", "passed": true, "explanation": null,
        }]})
    );
    assert_eq!(suite["cases"][1]["passed"], false);
    let explanation = &suite["cases"][1]["checks"][0]["explanation"];
    assert_eq!((&explanation["allowed"], &explanation["grant_id"]), (&json!(true), &json!("1")));
}

#[test]
fn for_a_ci() {
    assert_eq!(
        junit::render(&suites()).unwrap(),
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"feedgate test\" tests=\"2\" skipped=\"0\" failures=\"1\" errors=\"0\">
    <testsuite name=\"a.test.yaml\" tests=\"2\" skipped=\"0\" errors=\"0\" failures=\"1\">
        <testcase name=\"visitors &lt;look&gt;\" classname=\"a.test.yaml\" assertions=\"1\"/>
        <testcase name=\"visitors &amp; &quot;more&quot;\" classname=\"a.test.yaml\" assertions=\"1\">
            <failure message=\"Feeds_ViewFeed should be denied, and is allowed\" type=\"expectation\">\
a.test.yaml:5:62: Feeds_ViewFeed should be denied, and is allowed
  allowed: anonymous may Feeds_ViewFeed on feed npm
    grant 1 decides</failure>
        </testcase>
    </testsuite>
</testsuites>
"
    );
}
