//! From a file to what came of its cases.

use std::path::Path;

use tonic::Code;

use super::{Mistakes, ask, outcome::Suite};
use crate::{
    app::Rehearsal,
    cli::{
        client::Client,
        failure::{CallError, Failure},
        file,
        policy::apply,
    },
    interchange::{At, PolicyFile, PolicyTest, Problem},
};

/// A policy file and what it is called.
struct Policy {
    called: String,
    policy: PolicyFile,
}

/// Asks what a policy test wants to know. None if something is wrong with the test or its policy.
pub(super) async fn suite(path: &Path, mistakes: &mut Mistakes) -> Result<Option<Suite>, Failure> {
    let called = file::called(path);
    let test = match PolicyTest::parse(&called, &file::read(path)?) {
        Ok(test) => test,
        Err(problems) => {
            problems.iter().for_each(|problem| mistakes.add(problem));
            return Ok(None);
        }
    };
    let Some(policies) = policies(path, &called, &test.policies, mistakes) else { return Ok(None) };
    let rehearsal = Rehearsal::start().await?;
    let mut client = Client::within(&rehearsal)?;
    for policy in &policies {
        if !applied(&mut client, policy, mistakes).await? {
            return Ok(None);
        }
    }
    let mut cases = Vec::with_capacity(test.cases.len());
    for case in &test.cases {
        cases.push(ask::case(&mut client, &called, case, mistakes).await?);
    }
    let policies = policies.into_iter().map(|policy| policy.called).collect();
    Ok(Some(Suite { file: called, policies, cases }))
}

/// Reads the policies of a test, which it names relative to itself.
fn policies(
    test: &Path,
    called: &str,
    names: &[At<Box<str>>],
    mistakes: &mut Mistakes,
) -> Option<Vec<Policy>> {
    let folder = test.parent().unwrap_or(Path::new(""));
    let read = |At { value, place }: &At<Box<str>>| -> Result<Policy, Vec<Problem>> {
        let path = folder.join(&**value);
        let bytes = std::fs::read(&path).map_err(|error| {
            let message = format!("can't read the policy `{}`: {error}", path.display());
            vec![Problem { file: called.into(), place: Some(*place), message }]
        })?;
        let called = path.display().to_string();
        Ok(Policy { policy: PolicyFile::parse(&called, &bytes)?, called })
    };
    let mut policies = Vec::with_capacity(names.len());
    for name in names {
        match read(name) {
            Ok(policy) => policies.push(policy),
            Err(problems) => problems.iter().for_each(|problem| mistakes.add(problem)),
        }
    }
    (policies.len() == names.len()).then_some(policies)
}

/// Whether a policy could be applied; what is wrong with it is a mistake in its file.
async fn applied(
    client: &mut Client,
    Policy { called, policy }: &Policy,
    mistakes: &mut Mistakes,
) -> Result<bool, Failure> {
    let settled = apply::settle(client, false, |existing| {
        let edits = policy.edits(existing, false).map_err(apply::mistakes)?;
        Ok((edits.edits, edits.notes))
    });
    match settled.await {
        Ok(_) => Ok(true),
        Err(Failure::Mistakes(lines)) => {
            lines.into_iter().for_each(|line| mistakes.say(line));
            Ok(false)
        }
        Err(Failure::Call(error)) if is_refused(&error) => {
            mistakes.say(format!("{called}: {}", error.status.message()));
            Ok(false)
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a policy was understood and turned down: a group in itself, say, which only a whole policy shows.
fn is_refused(error: &CallError) -> bool {
    let refusals = [Code::InvalidArgument, Code::FailedPrecondition, Code::AlreadyExists, Code::NotFound];
    refusals.contains(&error.status.code())
}
