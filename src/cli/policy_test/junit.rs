//! Policy tests for a CI: JUnit XML, a test suite a file and a test case a case.

use anstream::adapter::strip_str;
use anyhow::Context as _;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    outcome::{Outcome, Suite},
    report::reasons,
};

pub(super) fn render(suites: &[Suite]) -> anyhow::Result<String> {
    let mut report = Report::new("feedgate test");
    report.add_test_suites(suites.iter().map(suite));
    report.to_string().context("the results can't be written as XML")
}

fn suite(suite: &Suite) -> TestSuite {
    let mut tests = TestSuite::new(suite.file.as_str());
    tests.add_test_cases(suite.cases.iter().map(|case| self::case(&suite.file, case)));
    tests
}

/// How long it took is left out: it says nothing about a policy, and reports of one policy stay the same.
fn case(file: &str, case: &Outcome) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !case.passed() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let complaints: Vec<_> = case.failed().map(|check| check.complaint()).collect();
        status.set_message(complaints.join("; "));
        status.set_type("expectation");
        status.set_description(strip_str(&reasons(file, case)).to_string());
    }
    let mut test = TestCase::new(case.name.as_str(), status);
    test.set_classname(file);
    test.set_assertions(case.checks.len());
    test
}
