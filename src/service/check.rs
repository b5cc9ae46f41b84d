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
    subject::{Subject, demand, forgotten, target},
};
use crate::{
    analysis::proxies,
    directory::{Basis, Connections, Unresolved},
    engine::{Decision, Explained, Index, Standing, Target, decide, effective, explain},
    model::Revision,
};

/// How many questions a batch can have.
pub const MAX_BATCH: usize = 10_000;

/// How many questions of a batch are answered before others get their turn.
const BREATH: usize = 256;

impl DecisionPoint {
    /// May this subject use this attribute on this target?
    pub async fn check(&self, question: Question<'_>, freshness: Freshness) -> Result<Answer, ServiceError> {
        self.fresh(freshness).await?;
        {
            let index = self.live().peek();
            if let Ok(subject) = Subject::resolve(&index, self.connections(), question.who) {
                return decided(&index, &subject, question);
            }
        }
        let (index, subject) = self.subject(question.who).await?;
        decided(&index, &subject, question)
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
        let unmet = self.meet_all(questions.iter().map(|question| question.who)).await;
        let index = self.live().snapshot();
        let mut batch = Batch::new(&index, self.connections(), &unmet);
        let mut results = Vec::with_capacity(questions.len());
        for some in questions.chunks(BREATH) {
            results.extend(some.iter().map(|question| batch.answer(question)));
            tokio::task::yield_now().await;
        }
        let Batch { echoes: subjects, basis, .. } = batch;
        Ok(BatchAnswer { results, subjects, basis, revision: index.revision() })
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

fn decided(index: &Index, subject: &Subject, question: Question<'_>) -> Result<Answer, ServiceError> {
    let demand = demand(index, question.attribute, question.target)?;
    Ok(answer(index, subject, decide(index, &subject.principals, demand)))
}

fn answer(index: &Index, subject: &Subject, decision: Decision) -> Answer {
    let revision: Revision = index.revision();
    Answer { decision, subject: subject.echo(index), basis: subject.basis, revision }
}

/// A batch under way: each subject is resolved once, however often it is asked about.
struct Batch<'a> {
    index: &'a Index,
    connections: &'a Connections,
    /// Those about whom no directory could say anything.
    unmet: &'a HashMap<Who<'a>, CheckError>,
    /// By what callers send, so with a hash that they can't foresee.
    subjects: HashMap<Who<'a>, Result<Numbered, CheckError>>,
    echoes: Vec<ResolvedUser>,
    /// Where a user stands in `echoes`: two names can mean one user.
    places: HashMap<ResolvedUser, usize>,
    /// The oldest of what external directories said.
    basis: Option<Basis>,
}

/// A subject, and where it stands among those that are echoed.
struct Numbered {
    subject: Subject,
    echo: Option<usize>,
}

impl<'a> Batch<'a> {
    fn new(index: &'a Index, connections: &'a Connections, unmet: &'a HashMap<Who<'a>, CheckError>) -> Self {
        let (subjects, echoes, places) = (HashMap::new(), Vec::new(), HashMap::new());
        Self { index, connections, unmet, subjects, echoes, places, basis: None }
    }

    fn answer(&mut self, question: &Question<'a>) -> Result<(Decision, Option<usize>), CheckError> {
        let Self { index, connections, unmet, subjects, echoes, places, basis } = self;
        let subject = subjects.entry(question.who).or_insert_with(|| {
            let who = question.who;
            let subject = match (Subject::resolve(index, connections, who), unmet.get(&who)) {
                (Ok(subject), _) => subject,
                (Err(Unresolved::Never(error)), _) => return Err(error.into()),
                (Err(_), Some(error)) => return Err(error.clone()),
                (Err(_), None) => return Err(forgotten(who).into()),
            };
            *basis = [*basis, subject.basis].into_iter().flatten().reduce(Basis::and);
            let echo = subject.echo(index).map(|resolved| {
                *places.entry(resolved.clone()).or_insert_with(|| {
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
