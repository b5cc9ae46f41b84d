//! Checks: one question, many, or every attribute at once.
//!
//! Each takes one snapshot, after the last await, and answers from it alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    DecisionPoint,
    analysts::Length,
    batch::Batch,
    error::{CheckError, ServiceError},
    query::{Answer, BatchAnswer, EffectiveAttributes, Explanation, Freshness, Question, Where, Who},
    subject::{Subject, demand, target},
};
use crate::{
    analysis::proxies,
    engine::{Decision, Demand, Explained, Index, Standing, Target, decide, effective, explain},
    model::Revision,
};

/// How many questions a batch can have.
pub const MAX_BATCH: usize = 10_000;

/// The questions of a batch that are answered between two looks at the clock.
const STEP: usize = 16;

/// The time that a batch may take before other calls of its thread get their turn.
const TURN: Duration = Duration::from_millis(1);

impl DecisionPoint {
    /// May this subject use this attribute on this target?
    pub async fn check(&self, question: Question<'_>, freshness: Freshness) -> Result<Answer, ServiceError> {
        // What waits is boxed: nearly no check does, and each would have to carry the room for it around.
        if freshness != Freshness::MinimizeLatency {
            Box::pin(self.fresh(freshness)).await?;
        }
        {
            let index = self.live().peek();
            let demand = demand(&index, question.attribute, question.target);
            if let Ok(subject) = Subject::resolve(&index, self.connections(), question.who) {
                return decided(&index, subject, demand?);
            }
        }
        let (index, subject) = Box::pin(self.subject(question.who)).await?;
        let demand = demand(&index, question.attribute, question.target)?;
        decided(&index, subject, demand)
    }

    /// Answers many questions from one revision. A question that can't be answered spoils no other. Questions that
    /// aren't answered by the deadline get an error each.
    pub async fn batch(
        &self,
        questions: &[Question<'_>],
        freshness: Freshness,
        deadline: Option<Instant>,
    ) -> Result<BatchAnswer, ServiceError> {
        if !(1..=MAX_BATCH).contains(&questions.len()) {
            return Err(ServiceError::BatchSize { limit: MAX_BATCH, found: questions.len() });
        }
        self.fresh(freshness).await?;
        let unmet = self.meet_all(questions.iter().map(|question| question.who)).await;
        let index = self.live().snapshot();
        let mut batch = Batch::new(&index, self.connections(), &unmet);
        let mut results = Vec::with_capacity(questions.len());
        let mut turn = Instant::now();
        for some in questions.chunks(STEP) {
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                break;
            }
            if now.duration_since(turn) >= TURN {
                tokio::task::yield_now().await;
                turn = Instant::now();
            }
            results.extend(some.iter().map(|question| batch.answer(question)));
        }
        results.resize(questions.len(), Err(CheckError::DeadlineExceeded));
        Ok(batch.answered(results))
    }

    /// A decision with every grant that bears on it.
    pub async fn explain(
        &self,
        question: Question<'_>,
        freshness: Freshness,
    ) -> Result<Explanation, ServiceError> {
        self.fresh(freshness).await?;
        let (index, subject) = self.subject(question.who).await?;
        let demand = demand(&index, question.attribute, question.target)?;
        let (searched, who, direct) =
            (Arc::clone(&index), subject.principals.clone(), subject.direct_groups(&index));
        // A denial that no grant decided looks at all scopes for what just missed.
        let explained = self.analysts().work(Length::Short, move || {
            let explained = explain(&searched, &who, &direct, demand);
            let denied = !explained.decision.allowed() && who.standing() != Standing::Disabled;
            let proxies = if denied { proxies(&searched, &who, demand) } else { Vec::new() };
            (explained, proxies)
        });
        let (Explained { decision, candidates, rule, near_misses }, proxies) = explained.await?;
        Ok(Explanation {
            answer: answer(&index, subject, decision),
            candidates,
            rule,
            near_misses,
            proxies,
            scope_precedence: index.settings().scope_precedence,
            index,
        })
    }

    /// Every attribute of the catalogue and whether a subject may use it on a target.
    pub async fn effective_attributes(
        &self,
        who: Who<'_>,
        place: Where<'_>,
        freshness: Freshness,
    ) -> Result<EffectiveAttributes, ServiceError> {
        self.fresh(freshness).await?;
        let (index, subject) = self.subject(who).await?;
        let target = target(&index, place)?;
        let decisions = effective(&index, &subject.principals, target);
        let named = |(id, decision)| Some((index.attribute(id)?.name.as_str().into(), decision));
        let attributes = decisions.into_iter().filter_map(named).collect();
        Ok(EffectiveAttributes {
            attributes,
            subject_unknown: subject.principals.standing() == Standing::Unknown,
            feed_unknown: target == Target::UnknownFeed,
            subject: subject.echo(&index),
            basis: subject.basis,
            revision: index.revision(),
        })
    }
}

fn decided(index: &Index, subject: Subject, demand: Demand) -> Result<Answer, ServiceError> {
    let decision = decide(index, &subject.principals, demand);
    Ok(answer(index, subject, decision))
}

fn answer(index: &Index, subject: Subject, decision: Decision) -> Answer {
    let (basis, revision): (_, Revision) = (subject.basis, index.revision());
    Answer { decision, subject: subject.into_echo(index), basis, revision }
}
