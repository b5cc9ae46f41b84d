//! Rows in, rows out, against a server that is a function.

use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;
use crate::grpc::pb::{batch_check_result::Outcome, subject, target};

/// Denies who is anonymous, knows no attribute `X`, permits the rest; notes how many items each call had.
async fn answered<R: Rows>(rows: &mut R) -> Result<(Tally, Vec<usize>), Failure> {
    let mut calls = Vec::new();
    let mut ask = async |request: pb::BatchCheckRequest| {
        assert!(request.encoded_len() < 4 << 20);
        calls.push(request.items.len());
        Ok(pb::BatchCheckResponse {
            results: request.items.iter().map(result).collect(),
            revision: Some(pb::Revision { store: 1, number: 8 }),
            subjects: vec![],
            knowledge: None,
        })
    };
    let tally = answer_all(rows, &mut ask).await?;
    Ok((tally, calls))
}

fn result(item: &pb::BatchCheckItem) -> pb::BatchCheckResult {
    let anonymous = matches!(item.subject.as_ref().unwrap().kind, Some(subject::Kind::Anonymous(_)));
    let outcome = if item.attribute == "X" {
        let details =
            ErrorDetails::with_error_info("UNKNOWN_ATTRIBUTE", "feedgate", std::collections::HashMap::new());
        let status = tonic::Status::with_error_details(tonic::Code::InvalidArgument, "no X", details);
        Outcome::Error(prost::Message::decode(status.details()).unwrap())
    } else {
        let reason = if anonymous { pb::Reason::NotGranted } else { pb::Reason::Permitted };
        Outcome::Decision(pb::Decision { allowed: !anonymous, reason: reason.into(), ..Default::default() })
    };
    pb::BatchCheckResult { outcome: Some(outcome), correlation_id: String::new() }
}

async fn csv(input: &str) -> Result<(String, Tally, Vec<usize>), Failure> {
    let mut output = Vec::new();
    let mut rows = CsvRows::new("q.csv", input.as_bytes(), &mut output)?;
    let (tally, calls) = answered(&mut rows).await?;
    drop(rows);
    Ok((String::from_utf8(output).unwrap(), tally, calls))
}

async fn jsonl(input: &str) -> Result<(String, Tally, Vec<usize>), Failure> {
    let mut output = Vec::new();
    let (tally, calls) = answered(&mut JsonRows::new("q.jsonl", input.as_bytes(), &mut output)).await?;
    Ok((String::from_utf8(output).unwrap(), tally, calls))
}

#[tokio::test]
async fn csv_rows_come_back_with_their_answers() {
    let (output, tally, calls) = csv("note,target,attribute,subject\n\
                                      \"a, \"\"b\"\"\",npm,Feeds_ViewFeed,jdoe\n\
                                      ,(system),Feeds_ViewFeed,(anonymous)\n\
                                      ,npm,X,jdoe\n")
    .await
    .unwrap();
    assert_eq!(
        output,
        "note,target,attribute,subject,allowed,reason,revision\n\
         \"a, \"\"b\"\"\",npm,Feeds_ViewFeed,jdoe,true,PERMITTED,8\n\
         ,(system),Feeds_ViewFeed,(anonymous),false,NOT_GRANTED,8\n\
         ,npm,X,jdoe,,UNKNOWN_ATTRIBUTE,8\n"
    );
    assert_eq!((tally, calls), (Tally { rows: 3, errors: 1 }, vec![3]));
}

#[tokio::test]
async fn json_rows_come_back_with_their_answers() {
    let (output, tally, _) = jsonl(
        r#"
{"target": "npm", "subject":"jdoe", "attribute":"Feeds_ViewFeed", "n": [1.50, {}] }

{"subject":"(anonymous)","attribute":"Feeds_ViewFeed","target":"(system)","directory":null}
{"subject":"j\u0064oe","attribute":"X","target":"npm"}"#,
    )
    .await
    .unwrap();
    assert_eq!(
        output,
        r#"{"target": "npm", "subject":"jdoe", "attribute":"Feeds_ViewFeed", "n": [1.50, {}],"allowed":true,"reason":"PERMITTED","revision":8}
{"subject":"(anonymous)","attribute":"Feeds_ViewFeed","target":"(system)","directory":null,"allowed":false,"reason":"NOT_GRANTED","revision":8}
{"subject":"j\u0064oe","attribute":"X","target":"npm","allowed":null,"reason":"UNKNOWN_ATTRIBUTE","revision":8}
"#
    );
    assert_eq!(tally, Tally { rows: 3, errors: 1 });
}

#[tokio::test]
async fn files_that_are_not_understood() {
    for (input, message) in [
        (
            "",
            "error: q.csv: no column `subject`: the first line must be `subject,attribute,target`, in any order and with further columns as you like",
        ),
        (
            "subject,attribute\n",
            "error: q.csv: no column `target`: the first line must be `subject,attribute,target`, in any order and with further columns as you like",
        ),
        (
            "subject,attribute,target,allowed\n",
            "error: q.csv: the column `allowed` is what the answer adds: drop it or give it another name",
        ),
        ("subject,attribute,target\na,b\n", "error: q.csv:2: 2 fields, but the header has 3"),
        (
            "subject,attribute,target,subject\n",
            "error: q.csv: the column `subject` is there twice: drop one of them",
        ),
    ] {
        let failure = csv(input).await.unwrap_err();
        assert_eq!((failure.to_string().as_str(), failure.exit()), (message, Exit::Usage));
    }
    for (input, message) in [
        ("{\"subject\":\"a\"}\n{", "error: q.jsonl:2:1: EOF while parsing an object"),
        ("{\"subject\":7}", "error: q.jsonl:1:12: expected a string, but found a number"),
        (
            "{\"subject\":\"a\",\"subject\":\"b\"}",
            "error: q.jsonl:1:24: the key `subject` stands twice in an object",
        ),
        ("{\"note\":{\"a\":1,\"a\":2}}", "error: q.jsonl:1:18: the key `a` stands twice in an object"),
        ("[\"a\",\"b\",\"c\"]", "error: q.jsonl:1:1: expected an object, but found an array"),
        (
            "{\"allowed\":null}",
            "error: q.jsonl:1: the member `allowed` is what the answer adds: drop it or give it another name",
        ),
        (
            "{\"reason\":\"\"}",
            "error: q.jsonl:1: the member `reason` is what the answer adds: drop it or give it another name",
        ),
    ] {
        let failure = match jsonl(input).await {
            Err(failure) => failure,
            Ok(answer) => panic!("{answer:?}"),
        };
        assert_eq!((failure.to_string().as_str(), failure.exit()), (message, Exit::Usage));
    }
}

#[tokio::test]
async fn calls_hold_ten_thousand_rows_and_fit_into_a_message() {
    let header = "subject,attribute,target\n";
    let many = format!("{header}{}", "jdoe,Feeds_ViewFeed,npm\n".repeat(25_000));
    let (output, tally, calls) = csv(&many).await.unwrap();
    assert_eq!((output.lines().count(), tally.rows, calls), (25_001, 25_000, vec![10_000, 10_000, 5_000]));

    let long = format!("{},Feeds_ViewFeed,npm\n", "j".repeat(1_000)).repeat(4_000);
    let (_, tally, calls) = csv(&format!("{header}{long}")).await.unwrap();
    assert_eq!((tally.rows, calls.len()), (4_000, 2));

    let huge = format!("{},Feeds_ViewFeed,npm\n", "ü".repeat(3 << 20));
    let (output, tally, calls) = csv(&format!("{header}{huge}")).await.unwrap();
    assert_eq!((tally.rows, calls), (1, vec![1]));
    assert!(output.contains(&huge.trim_end().to_owned()));

    let (output, tally, calls) = csv(header).await.unwrap();
    assert_eq!(
        (output.as_str(), tally, calls.len()),
        ("subject,attribute,target,allowed,reason,revision\n", Tally::default(), 0)
    );
}

#[test]
fn a_clipped_name_is_still_too_long() {
    for name in ["a".repeat(5_000), "ü".repeat(5_000), "大".repeat(5_000)] {
        let clipped = clip(&name);
        assert!((name::MAX_BYTES + 1..name::MAX_BYTES + 5).contains(&clipped.len()), "{}", clipped.len());
    }
    assert_eq!(clip("jdoe"), "jdoe");
}

#[test]
fn items_say_who_and_where() {
    let full = item(Some("jdoe"), Some("corp"), "A", Some("npm"));
    let Some(subject::Kind::User(user)) = full.subject.unwrap().kind else { panic!() };
    assert_eq!(
        (user.directory.as_str(), user.identity),
        ("corp", Some(subject::user::Identity::Name("jdoe".into())))
    );
    assert_eq!(full.target.unwrap().kind, Some(target::Kind::Feed("npm".into())));

    let system = item(Some("(anonymous)"), None, "A", Some("(system)"));
    assert_eq!(system.subject.unwrap().kind, Some(subject::Kind::Anonymous(subject::Anonymous {})));
    assert_eq!(system.target.unwrap().kind, Some(target::Kind::System(target::System {})));

    let missing = item(None, None, "", None);
    assert_eq!((missing.subject, missing.target), (None, None));
}

#[test]
fn the_first_character_tells_the_format() {
    for (input, expected) in [
        ("{\"subject\"", Some(Format::Json)),
        ("\u{feff} \n{", Some(Format::Json)),
        ("subject,", Some(Format::Table)),
        ("\u{feff}subject", Some(Format::Table)),
        ("", None),
        ("\u{feff} \n", None),
    ] {
        assert_eq!(format_of(&mut input.as_bytes()).unwrap(), expected, "{input}");
    }
}

#[test]
fn answers_come_in_the_format_of_the_questions() {
    use Format::{Json, Table};
    for (found, wanted, expected) in [
        (Some(Json), None, Ok(Json)),
        (Some(Json), Some(Json), Ok(Json)),
        (Some(Table), None, Ok(Table)),
        (Some(Table), Some(Table), Ok(Table)),
        (None, Some(Json), Ok(Json)),
        (
            Some(Table),
            Some(Json),
            Err("error: q: this is CSV, and `--output json` can't be had: answers come"),
        ),
        (
            Some(Json),
            Some(Table),
            Err("error: q: this is JSON lines, and `--output table` can't be had: answers come"),
        ),
        (None, None, Err("error: q: it is empty: neither CSV")),
        (None, Some(Table), Err("error: q: it is empty: neither CSV")),
    ] {
        match (agreed("q", found, wanted), expected) {
            (Ok(format), expected) => assert_eq!(Ok(format), expected),
            (Err(failure), Ok(expected)) => panic!("{expected:?}: {failure}"),
            (Err(failure), Err(expected)) => {
                assert!(failure.to_string().starts_with(expected), "{failure}");
                assert_eq!(failure.exit(), Exit::Usage);
            }
        }
    }
}
