//! Directories asked on purpose: searches, tests, refreshing.

use std::time::Duration;

use super::{
    Invalid,
    written::{count, few, merged_principal, unbound_principal},
};
use crate::{
    directory::{
        Found, FoundKind, Probe,
        trace::{Outcome, Step, Trace},
    },
    grpc::pb,
    service::outside::{FoundPerson, RefreshedAll, RefreshedOne, Refreshment, Search, SearchAnswer},
};

/// How many a search gives of each directory, unless it says otherwise, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// A text, if there is one.
pub fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

pub fn search(request: &pb::SearchPrincipalsRequest) -> Result<Search<'_>, Invalid> {
    let pb::SearchPrincipalsRequest { prefix, limit, directory } = request;
    let limit = if *limit == 0 { USUAL } else { *limit };
    if limit > MOST {
        return Err(Invalid::value("limit", "at most 1,000 of each directory"));
    }
    Ok(Search { prefix, limit: limit as usize, directory: given(directory) })
}

impl From<SearchAnswer> for pb::SearchPrincipalsResponse {
    fn from(answer: SearchAnswer) -> Self {
        let SearchAnswer { found, failures, truncated } = answer;
        let failure = |(directory, detail): (crate::model::Name, String)| pb::DirectoryFailure {
            directory: directory.to_string(),
            detail,
        };
        Self {
            found: found.into_iter().map(Into::into).collect(),
            failures: failures.into_iter().map(failure).collect(),
            truncated,
        }
    }
}

impl From<FoundPerson> for pb::FoundPerson {
    fn from(person: FoundPerson) -> Self {
        let FoundPerson { directory, found: Found { kind, id, name, display_name } } = person;
        Self {
            kind: pb::PersonKind::from(kind).into(),
            directory: directory.to_string(),
            id: id.into(),
            name: name.into(),
            display_name: display_name.into(),
        }
    }
}

impl From<FoundKind> for pb::PersonKind {
    fn from(kind: FoundKind) -> Self {
        match kind {
            FoundKind::User => Self::User,
            FoundKind::Group => Self::Group,
        }
    }
}

pub fn probe(request: &pb::TestDirectoryRequest) -> (&str, Probe<'_>) {
    let pb::TestDirectoryRequest { directory, user, group, search } = request;
    (directory, Probe { user: given(user), group: given(group), search: given(search) })
}

impl From<Trace> for pb::TestDirectoryResponse {
    fn from(trace: Trace) -> Self {
        let ok = trace.is_ok();
        let Trace { steps } = trace;
        Self { ok, steps: steps.into_iter().map(Into::into).collect() }
    }
}

impl From<Step> for pb::TestStep {
    fn from(step: Step) -> Self {
        let Step { name, asked, answer, outcome, took } = step;
        let outcome = match outcome {
            Outcome::Ok => pb::TestOutcome::Ok,
            Outcome::NotFound => pb::TestOutcome::NotFound,
            Outcome::Failed => pb::TestOutcome::Failed,
        };
        Self { name: name.into(), asked, answer, outcome: outcome.into(), took: duration(took) }
    }
}

/// None only for what is longer than any duration that there is.
fn duration(duration: Duration) -> Option<prost_types::Duration> {
    duration.try_into().ok()
}

impl From<Refreshment> for pb::RefreshMembershipResponse {
    fn from(refreshment: Refreshment) -> Self {
        match refreshment {
            Refreshment::One(None) => Self { refreshed: 1, ..Self::default() },
            Refreshment::One(Some(RefreshedOne { user, disabled, groups, changed })) => {
                let groups = groups.into_iter().map(Into::into).collect();
                let person = pb::RefreshedPerson { user: Some(user.into()), disabled, groups };
                Self { refreshed: 1, changed: changed.into(), person: Some(person), ..Self::default() }
            }
            Refreshment::All(RefreshedAll { asked, changed, bound, left, left_total, merged }) => Self {
                refreshed: count(asked),
                changed: count(changed),
                person: None,
                bound: count(bound),
                unbound: few(left.into_iter().map(unbound_principal)),
                unbound_total: count(left_total),
                merged: few(merged.into_iter().map(merged_principal)),
            },
        }
    }
}
