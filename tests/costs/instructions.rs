//! How many instructions a decision and a check take: the same on every machine, where times are not.
//!
//! Each workload is a test of its own, and another runs that under valgrind, which counts. The counts are of this
//! profile, in which the tests are built; what matters is that they stay. `instructions.json` has them.

use std::{fs, process::Command};

use feedgate::directory::Connections;
use serde_json::Value;

use super::workload::{call_each, decide_each, index, point, questions, requests, served};

/// Another compiler or C library makes a few more or less; a change of ours that matters makes more.
const TOLERANCE: f64 = 0.10;

#[test]
fn workload_of_decisions() {
    let questions = questions();
    let allowed = decide_each(&index(), &Connections::none(), &questions);
    assert!((questions.len() / 10..questions.len()).contains(&allowed), "{allowed}");
}

#[test]
fn workload_of_checks() {
    let questions = questions();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let point = runtime.block_on(point());
    let mut service = served(point);
    let allowed = call_each(&runtime, &mut service, &requests(&questions));
    assert_eq!(allowed, decide_each(&index(), &Connections::none(), &questions));
}

#[test]
fn a_decision_takes_as_many_instructions_as_before() {
    compare("decision", "instructions::workload_of_decisions", "decide_each");
}

#[test]
fn a_check_takes_as_many_instructions_as_before() {
    compare("check", "instructions::workload_of_checks", "call_each");
}

fn compare(what: &str, test: &str, function: &str) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
    let expected: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let expected = expected[what].as_f64().unwrap();
    let counted = count(test, function) / questions().len() as f64;
    println!("{what}: {counted:.0} instructions, {expected:.0} before");
    assert!(
        counted <= expected * (1.0 + TOLERANCE),
        "a {what} takes {counted:.0} instructions, and took {expected:.0}: see what costs more, or say in {file} why"
    );
    assert!(
        counted >= expected * (1.0 - TOLERANCE),
        "a {what} takes {counted:.0} instructions, and took {expected:.0}: say so in {file}, so that it stays"
    );
}

/// The instructions of one function, and all that it calls, while a test of this binary runs.
fn count(test: &str, function: &str) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", &format!("--toggle-collect=costs::workload::{function}")])
        .arg(format!("--callgrind-out-file={}", folder.path().join("counts").display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"]);
    let ran = valgrind.output().expect("valgrind is there: tests/setup/valgrind installs it");
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stdout));
    let counted = said.lines().find_map(|line| line.split_once("Collected :")).expect(&said).1;
    let counted: f64 = counted.trim().parse().unwrap();
    assert!(counted > 0.0, "nothing was counted: is {function} still a function of its own?");
    counted
}
