//! One case: its questions and their answers, and whether it is about somebody and something that is there.
//!
//! Whoever and whatever isn't known is denied nearly everything, so a misspelled name would let a case pass
//! that checks nothing any more.

use super::{
    Mistakes, only,
    outcome::{self, Check, Decision, Outcome},
};
use crate::{
    cli::{
        args::{
            self,
            question::{Place as Where, Question, Who},
        },
        client::Client,
        explain,
        failure::{CallError, Failure},
        lookup::promotion,
    },
    grpc::pb::{self, PromotionRequirementKind as Requirement},
    interchange::{
        At, Place, Problem,
        policy_test::{About, Case, Expectation, Promotion, Rights, Subject, Target},
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
    let mut found = Vec::new();
    let checks = match &case.about {
        About::Rights(rights) => self::rights(client, rights, &mut found).await?,
        About::Only(only) => only::ask(client, only, &mut found).await?.into_iter().collect(),
    };
    for (place, message) in found {
        mistakes.add(&Problem { file: file.into(), place: Some(place), message });
    }
    Ok(Outcome { name: case.name.value.to_string(), place: case.name.place, checks })
}

/// What is wrong with a case, and where.
pub(super) type Mistake = (Place, String);

async fn rights(
    client: &mut Client,
    rights: &Rights,
    mistakes: &mut Vec<Mistake>,
) -> Result<Vec<Check>, Failure> {
    let mut checks = Vec::with_capacity(rights.expectations.len() + rights.promotions.len());
    let mut missing: Option<Missing> = None;
    for Expectation { attribute: At { value: attribute, place }, allowed } in &rights.expectations {
        let (who, target) = (who(&rights.subject), target(&rights.target));
        let question = Question { who, attribute: attribute.as_str().to_owned(), place: target };
        match explain::ask(client, &question).await {
            Ok(explanation) => {
                // Every answer says the same about who and where.
                if missing.is_none() {
                    let has_target = has_feed_group(client, &rights.target).await?;
                    let target = explanation.feed_unknown || !has_target;
                    missing = Some(Missing { user: explanation.subject_unknown, target });
                }
                let (allowed, place) = (*allowed, *place);
                checks.push(Check::Decision(Decision { question, allowed, place, explanation }));
            }
            Err(failure) => mistakes.push(unanswered(failure, &rights.subject, attribute.as_str(), *place)?),
        }
    }
    for Promotion { source, target, allowed, place } in &rights.promotions {
        let (source_name, target_name) = (source.value.to_string(), target.value.to_string());
        let who = who(&rights.subject);
        let asked = args::lookup::Promotion { who, source: source_name, target: target_name };
        match promotion::ask(client, &asked).await {
            Ok(answer) => {
                mistakes.extend(unregistered(&answer, source, target));
                missing.get_or_insert(Missing { user: answer.subject_unknown, target: false });
                let (allowed, place) = (*allowed, *place);
                checks.push(Check::Promotion(outcome::Promotion { asked, allowed, place, answer }));
            }
            Err(failure) => mistakes.push(unanswered(failure, &rights.subject, "", *place)?),
        }
    }
    mistakes.extend(missing.into_iter().flat_map(|missing| missing.mistakes(rights)));
    Ok(checks)
}

/// The feeds of a promotion that the policy doesn't have.
fn unregistered(answer: &pb::CheckPromotionResponse, source: &At<Name>, target: &At<Name>) -> Vec<Mistake> {
    let unmet = |kind| answer.requirements.iter().any(|it| it.kind() == kind && !it.met);
    let feeds = [(Requirement::SourceRegistered, source), (Requirement::TargetRegistered, target)];
    let missing = feeds.into_iter().filter(|(kind, _)| unmet(*kind));
    missing.map(|(_, At { value, place })| (*place, format!("the policy has no feed `{value}`"))).collect()
}

/// What is wrong with a case whose question has no answer. Fails if it isn't the case.
fn unanswered(
    failure: Failure,
    subject: &Subject,
    attribute: &str,
    place: Place,
) -> Result<Mistake, Failure> {
    match failure {
        Failure::Call(error) => {
            unanswerable(&error, Some(subject), attribute, place).ok_or(Failure::Call(error))
        }
        failure => Err(failure),
    }
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

pub(super) fn target(target: &Target) -> Where {
    match target {
        Target::System => Where::System,
        Target::Feed(name) => Where::Feed(name.value.to_string()),
        Target::FeedGroup(name) => Where::FeedGroup(name.value.to_string()),
    }
}

/// What is wrong with a case whose question has no answer.
pub(super) fn unanswerable(
    error: &CallError,
    subject: Option<&Subject>,
    attribute: &str,
    at: Place,
) -> Option<Mistake> {
    let message = || error.status.message().to_owned();
    let user = match subject {
        Some(Subject::User { name, directory }) => {
            Some((name.place, directory.as_ref().map_or(name.place, |directory| directory.place)))
        }
        Some(Subject::Anonymous) | None => None,
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
pub(super) async fn has_feed_group(client: &mut Client, target: &Target) -> Result<bool, Failure> {
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
    fn mistakes(self, rights: &Rights) -> Vec<Mistake> {
        let Some(place) = rights.unknown else {
            let user = self.user.then(|| misspelled_user(&rights.subject)).flatten();
            let target = self.target.then(|| misspelled_target(&rights.target)).flatten();
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

pub(super) fn misspelled_target(target: &Target) -> Option<Mistake> {
    match target {
        Target::Feed(name) => Some(misspelled("feed", name)),
        Target::FeedGroup(name) => Some(misspelled("feed group", name)),
        Target::System => None,
    }
}

fn misspelled(what: &str, At { value, place }: &At<Name>) -> (Place, String) {
    (*place, format!("the policy has no {what} `{value}`; say `unknown: true` if the case is about that"))
}
