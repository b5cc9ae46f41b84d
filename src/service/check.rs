//! Checks: one question, many, or every attribute at once.
//!
//! Each takes one snapshot, after the last await, and answers from it alone.

use std::{collections::HashMap, sync::Arc};

use super::{
    DecisionPoint,
    analysts::Length,
    error::{CheckError, ServiceError},
    query::{
        Answer, BatchAnswer, EffectiveAttributes, Explanation, Freshness, Question, ResolvedUser, Where, Who,
    },
    subject::{Subject, demand, target},
};
use crate::{
    analysis::proxies,
    engine::{Decision, Explained, Index, Standing, Target, decide, effective, explain},
    model::{Revision, UserId},
};

/// How many questions a batch can have.
pub const MAX_BATCH: usize = 10_000;

/// How many questions of a batch are answered before others get their turn.
const BREATH: usize = 256;

impl DecisionPoint {
    /// May this subject use this attribute on this target?
    pub async fn check(&self, question: Question<'_>, freshness: Freshness) -> Result<Answer, ServiceError> {
        self.fresh(freshness).await?;
        let index = self.live().peek();
        let subject = Subject::resolve(&index, question.who)?;
        let demand = demand(&index, question.attribute, question.target)?;
        Ok(answer(&index, &subject, decide(&index, &subject.principals, demand)))
    }

    /// Answers many questions from one revision. A question that can't be answered spoils no other.
    pub async fn batch(
        &self,
        questions: &[Question<'_>],
        freshness: Freshness,
    ) -> Result<BatchAnswer, ServiceError> {
        if !(1..=MAX_BATCH).contains(&questions.len()) {
            return Err(ServiceError::BatchSize { limit: MAX_BATCH, found: questions.len() });
        }
        self.fresh(freshness).await?;
        let index = self.live().snapshot();
        let mut batch = Batch::new(&index);
        let mut results = Vec::with_capacity(questions.len());
        for some in questions.chunks(BREATH) {
            results.extend(some.iter().map(|question| batch.answer(question)));
            tokio::task::yield_now().await;
        }
        Ok(BatchAnswer { results, subjects: batch.echoes, revision: index.revision() })
    }

    /// A decision with every grant that bears on it.
    pub async fn explain(
        &self,
        question: Question<'_>,
        freshness: Freshness,
    ) -> Result<Explanation, ServiceError> {
        self.fresh(freshness).await?;
        let index = self.live().snapshot();
        let subject = Subject::resolve(&index, question.who)?;
        let demand = demand(&index, question.attribute, question.target)?;
        let (searched, who, user) = (Arc::clone(&index), subject.principals.clone(), subject.user.clone());
        // A denial that no grant decided looks at all scopes for what just missed.
        let explained = self.analysts().work(Length::Short, move || {
            let explained = explain(&searched, &who, user.as_deref(), demand);
            let denied = !explained.decision.allowed() && who.standing() != Standing::Disabled;
            let proxies = if denied { proxies(&searched, &who, demand) } else { Vec::new() };
            (explained, proxies)
        });
        let (Explained { decision, candidates, rule, near_misses }, proxies) = explained.await?;
        Ok(Explanation {
            answer: answer(&index, &subject, decision),
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
        let index = self.live().snapshot();
        let subject = Subject::resolve(&index, who)?;
        let target = target(&index, place)?;
        let decisions = effective(&index, &subject.principals, target);
        let named = |(id, decision)| Some((index.attribute(id)?.name.as_str().into(), decision));
        let attributes = decisions.into_iter().filter_map(named).collect();
        Ok(EffectiveAttributes {
            attributes,
            subject_unknown: subject.principals.standing() == Standing::Unknown,
            feed_unknown: target == Target::UnknownFeed,
            subject: subject.echo(&index),
            revision: index.revision(),
        })
    }
}

fn answer(index: &Index, subject: &Subject, decision: Decision) -> Answer {
    let revision: Revision = index.revision();
    Answer { decision, subject: subject.echo(index), revision }
}

/// A batch under way: each subject is resolved once, however often it is asked about.
struct Batch<'a> {
    index: &'a Index,
    /// By what callers send, so with a hash that they can't foresee.
    subjects: HashMap<Who<'a>, Result<Numbered, CheckError>>,
    echoes: Vec<ResolvedUser>,
    /// Where a user stands in `echoes`: two names can mean one user.
    places: HashMap<UserId, usize>,
}

/// A subject, and where it stands among those that are echoed.
struct Numbered {
    subject: Subject,
    echo: Option<usize>,
}

impl<'a> Batch<'a> {
    fn new(index: &'a Index) -> Self {
        Self { index, subjects: HashMap::new(), echoes: Vec::new(), places: HashMap::new() }
    }

    fn answer(&mut self, question: &Question<'a>) -> Result<(Decision, Option<usize>), CheckError> {
        let Self { index, subjects, echoes, places } = self;
        let subject = subjects.entry(question.who).or_insert_with(|| {
            let subject = Subject::resolve(index, question.who)?;
            let user = subject.user.as_ref().map(|user| user.id);
            let echo = user.zip(subject.echo(index)).map(|(user, resolved)| {
                *places.entry(user).or_insert_with(|| {
                    echoes.push(resolved);
                    echoes.len() - 1
                })
            });
            Ok(Numbered { subject, echo })
        });
        let Numbered { subject, echo } = subject.as_ref().map_err(CheckError::clone)?;
        let demand = demand(index, question.attribute, question.target)?;
        Ok((decide(index, &subject.principals, demand), *echo))
    }
}
