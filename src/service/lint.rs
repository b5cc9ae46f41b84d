//! Lint: what is odd in the policy.

use std::{hash::BuildHasher as _, sync::Arc};

use foldhash::quality::FixedState;

use super::{
    DecisionPoint,
    access::SharedMeter,
    analysts::Length,
    cursor::{Cursor, Fingerprint, Part},
    error::ServiceError,
    find,
    lookup::incomplete,
    query::Freshness,
};
use crate::{
    analysis::{
        Cancelled,
        lint::{Code, Finding, Report, Severity, Suppression, lint},
    },
    engine::Index,
    model::{Name, edit::ObjectRef},
};

/// A suppression by name.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub code: Code,
    pub object: ObjectRef,
    pub reason: Box<str>,
}

/// What is looked for, and how much of it is wanted.
#[derive(Clone, Debug)]
pub struct LintQuestion<'a> {
    /// Empty for all.
    pub codes: Vec<Code>,
    pub min_severity: Severity,
    pub accepted: Vec<Accepted>,
    pub limit: usize,
    /// Empty for the beginning.
    pub cursor: &'a str,
    /// Of the request.
    pub request: Fingerprint,
}

/// What was found.
#[derive(Debug)]
pub struct LintAnswer {
    pub index: Arc<Index>,
    pub findings: Vec<Finding>,
    /// Of all findings that were asked for: by code, how many and how many of them suppressed. The most severe
    /// first.
    pub counts: Vec<(Code, u64, u64)>,
    pub next: Option<Cursor>,
    /// By number.
    pub unused: Vec<usize>,
    pub incomplete: Vec<Name>,
}

impl DecisionPoint {
    /// Looks through the policy.
    pub async fn lint(
        &self,
        question: LintQuestion<'_>,
        freshness: Freshness,
        meter: SharedMeter,
    ) -> Result<LintAnswer, ServiceError> {
        let LintQuestion { codes, min_severity, accepted, limit, cursor, request } = question;
        let cursor = Cursor::read(cursor, request, &[Part::Findings])?;
        self.fresh(freshness).await?;
        let index = match cursor {
            None => self.index(),
            Some(cursor) => self.index_at(cursor.revision).await?.index,
        };
        let suppression = |it: Accepted| {
            let object = find::object(&index, &it.object)?;
            Ok(Suppression { code: it.code, object, reason: it.reason })
        };
        let accepted: Vec<_> = accepted.into_iter().map(suppression).collect::<Result<_, ServiceError>>()?;
        let circumstances = self.circumstances(&index).await?;
        // They have no revisions. If they are others than on the first page, findings have moved.
        let mark = FixedState::with_seed(3).hash_one(&circumstances);
        if cursor.is_some_and(|cursor| cursor.group != mark) {
            return Err(ServiceError::FindingsMoved);
        }
        let from = cursor.map_or(0, |cursor| usize::try_from(cursor.from).unwrap_or(usize::MAX));
        let wanted = Wanted { codes, min_severity, from, behind: from.saturating_add(limit) };
        let searched = Arc::clone(&index);
        // There may be hundreds of thousands: even dropping them is long work.
        let work = move || {
            let Report { findings } = lint(&searched, &circumstances, &accepted, meter.as_ref())?;
            Ok::<_, Cancelled>(Page::of(findings, &wanted, accepted.len()))
        };
        let Page { findings, counts, unused, next } = self.analysts().work(Length::Long, work).await??;
        let next = next.map(|next| Cursor {
            part: Part::Findings,
            revision: index.revision(),
            request,
            group: mark,
            from: next as u64,
        });
        Ok(LintAnswer { findings, counts, next, unused, incomplete: incomplete(&index), index })
    }
}

/// Which findings are wanted: of these codes and severities, from one up to another.
struct Wanted {
    /// Empty for all.
    codes: Vec<Code>,
    min_severity: Severity,
    from: usize,
    behind: usize,
}

/// What was found of what is wanted.
struct Page {
    findings: Vec<Finding>,
    counts: Vec<(Code, u64, u64)>,
    unused: Vec<usize>,
    /// Where it goes on, if it does.
    next: Option<usize>,
}

impl Page {
    fn of(mut findings: Vec<Finding>, wanted: &Wanted, suppressions: usize) -> Self {
        let Wanted { codes, min_severity, from, behind } = wanted;
        let mut used = vec![false; suppressions];
        for suppressed in findings.iter().filter_map(|finding| finding.suppressed.as_ref()) {
            used.get_mut(suppressed.by).into_iter().for_each(|used| *used = true);
        }
        findings.retain(|it| {
            (codes.is_empty() || codes.contains(&it.code)) && it.code.severity() >= *min_severity
        });
        let counts = counts(&findings);
        let next = (*behind < findings.len()).then_some(*behind);
        let mut findings: Vec<_> = findings.into_iter().take(*behind).skip(*from).collect();
        // It may have the room of all that were found.
        findings.shrink_to_fit();
        Self {
            counts,
            unused: used.iter().enumerate().filter(|(_, used)| !**used).map(|(number, _)| number).collect(),
            next,
            findings,
        }
    }
}

/// By code, in the order of the findings.
fn counts(findings: &[Finding]) -> Vec<(Code, u64, u64)> {
    let of_one_code = findings.chunk_by(|one, other| one.code == other.code);
    let count = |of: &[Finding]| {
        let suppressed = of.iter().filter(|it| it.suppressed.is_some()).count() as u64;
        Some((of.first()?.code, of.len() as u64, suppressed))
    };
    of_one_code.filter_map(count).collect()
}
