//! One case: its questions and their answers, and whether it is about somebody and something that is there.
//!
//! Whoever and whatever isn't known is denied nearly everything, so a misspelled name would let a case pass
//! that checks nothing any more.

use super::{
    Mistakes,
    outcome::{Check, Outcome},
};
use crate::{
    cli::{
        args::question::{Place as Where, Question, Who},
        client::Client,
        explain,
        failure::{CallError, Failure},
    },
    grpc::pb,
    interchange::{
        At, Place, Problem,
        policy_test::{Case, Expectation, Subject, Target},
    },
    model::Name,
};

/// Asks about everything that a case expects. What is wrong with the case goes to the mistakes.
pub(super) async fn case(
    client: &mut Client,
    file: &str,
    case: &Case,
    mistakes: &mut Mistakes,
) -> Result<Outcome, Failure> {
    let mut add = |(place, message)| {
        mistakes.add(&Problem { file: file.into(), place: Some(place), message });
    };
    let mut checks = Vec::with_capacity(case.expectations.len());
    for Expectation { attribute: At { value: attribute, place }, allowed } in &case.expectations {
        let (who, target) = (who(&case.subject), target(&case.target));
        let question = Question { who, attribute: attribute.as_str().to_owned(), place: target };
        match explain::ask(client, &question).await {
            Ok(explanation) => {
                checks.push(Check { question, allowed: *allowed, place: *place, explanation });
            }
            Err(Failure::Call(error)) => match unanswerable(&error, case, attribute.as_str(), *place) {
                Some(mistake) => add(mistake),
                None => return Err(Failure::Call(error)),
            },
            Err(failure) => return Err(failure),
        }
    }
    // Every answer says the same about who and where.
    if let Some(check) = checks.first() {
        let missing = Missing {
            user: check.explanation.subject_unknown,
            target: check.explanation.feed_unknown || !has_feed_group(client, &case.target).await?,
        };
        missing.mistakes(case).into_iter().for_each(add);
    }
    Ok(Outcome { name: case.name.value.to_string(), place: case.name.place, checks })
}

fn who(subject: &Subject) -> Who {
    match subject {
        Subject::Anonymous => Who::Anonymous,
        Subject::User { name, directory } => Who::User {
            name: name.value.to_string(),
            directory: directory.as_ref().map(|directory| directory.value.to_string()),
        },
    }
}

fn target(target: &Target) -> Where {
    match target {
        Target::System => Where::System,
        Target::Feed(name) => Where::Feed(name.value.to_string()),
        Target::FeedGroup(name) => Where::FeedGroup(name.value.to_string()),
    }
}

/// What is wrong with a case whose question has no answer.
fn unanswerable(error: &CallError, case: &Case, attribute: &str, at: Place) -> Option<(Place, String)> {
    let message = || error.status.message().to_owned();
    let user = match &case.subject {
        Subject::User { name, directory } => {
            Some((name.place, directory.as_ref().map_or(name.place, |directory| directory.place)))
        }
        Subject::Anonymous => None,
    };
    match (error.reason().as_deref(), user) {
        (Some("UNKNOWN_ATTRIBUTE"), _) => Some((
            at,
            format!("no attribute is called `{attribute}`, neither a built-in one nor one of the policy"),
        )),
        (Some("SUBJECT_AMBIGUOUS"), Some((name, _))) => Some((name, message() + " with `directory`")),
        (Some("UNKNOWN_DIRECTORY"), Some((_, directory))) => Some((directory, message())),
        (Some("DIRECTORY_UNREACHABLE"), Some((name, _))) => Some((
            name,
            message()
                + "; policy tests ask no directory but the built-in one: `directory: built-in` if that is meant",
        )),
        (Some("INVALID_NAME"), Some((name, _))) => Some((name, message())),
        _ => None,
    }
}

/// Whether there is the feed group that a case is about, if it is about one. A disabled user's answer wouldn't
/// say.
async fn has_feed_group(client: &mut Client, target: &Target) -> Result<bool, Failure> {
    let Target::FeedGroup(group) = target else { return Ok(true) };
    let request = client.ask(pb::GetFeedGroupRequest { name: group.value.to_string() });
    match client.policy.get_feed_group(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == tonic::Code::NotFound => Ok(false),
        Err(status) => Err(client.failure(status)),
    }
}

/// What of a case the policy doesn't have.
#[derive(Clone, Copy, Debug)]
struct Missing {
    user: bool,
    target: bool,
}

impl Missing {
    /// What is wrong with that, and where. A case that says so is about one thing that isn't there: were it
    /// about either or both, a misspelled name could hide behind the other.
    fn mistakes(self, case: &Case) -> Vec<(Place, String)> {
        let Some(place) = case.unknown else {
            let user = self.user.then(|| misspelled_user(&case.subject)).flatten();
            let target = self.target.then(|| misspelled_target(&case.target)).flatten();
            return user.into_iter().chain(target).collect();
        };
        let message = match (self.user, self.target) {
            (true, false) | (false, true) => return Vec::new(),
            (false, false) => "everything that this case names is there, and it says `unknown: true`",
            (true, true) => {
                "neither the user nor the place is there, and `unknown: true` is for one of them: make two cases"
            }
        };
        vec![(place, message.to_owned())]
    }
}

fn misspelled_user(subject: &Subject) -> Option<(Place, String)> {
    match subject {
        Subject::User { name, directory: _ } => Some(misspelled("user", name)),
        Subject::Anonymous => None,
    }
}

fn misspelled_target(target: &Target) -> Option<(Place, String)> {
    match target {
        Target::Feed(name) => Some(misspelled("feed", name)),
        Target::FeedGroup(name) => Some(misspelled("feed group", name)),
        Target::System => None,
    }
}

fn misspelled(what: &str, At { value, place }: &At<Name>) -> (Place, String) {
    (*place, format!("the policy has no {what} `{value}`; say `unknown: true` if the case is about that"))
}
