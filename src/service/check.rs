//! Checks: one question, many, or every attribute at once.
//!
//! Each takes one snapshot, after the last await, and answers from it alone.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use super::{
    DecisionPoint,
    analysts::Length,
    error::{CheckError, ServiceError},
    query::{
        Answer, BatchAnswer, EffectiveAttributes, Explanation, Freshness, Question, ResolvedUser, Where, Who,
    },
    subject::{Subject, Whom, attribute, demand, forgotten, target},
};
use crate::{
    analysis::proxies,
    directory::{Basis, Connections, Unresolved},
    engine::{Decision, Demand, Explained, Index, Principals, Standing, Target, decide, effective, explain},
    model::{AttributeId, Revision},
};

/// How many questions a batch can have.
pub const MAX_BATCH: usize = 10_000;

/// How many questions of a batch are answered before others get their turn.
const BREATH: usize = 256;

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

/// A batch under way: each subject is resolved once, however often it is asked about.
struct Batch<'a> {
    index: &'a Index,
    connections: &'a Connections,
    /// Those about whom no directory could say anything.
    unmet: &'a HashMap<Who<'a>, CheckError>,
    subjects: Vec<Result<Numbered, CheckError>>,
    /// Where a subject stands among them. By what callers send, so with a hash that they can't foresee.
    known: HashMap<Who<'a>, usize>,
    /// Whom and what the question before was about: the next one often is, too.
    last: Option<(Who<'a>, usize)>,
    last_attribute: Option<(&'a str, AttributeId)>,
    echoes: Vec<ResolvedUser>,
    /// Where a user stands in `echoes`: two names can mean one user.
    places: HashMap<Whom, usize>,
    /// The oldest of what external directories said.
    basis: Option<Basis>,
}

/// A subject, and where it stands among those that are echoed.
struct Numbered {
    principals: Principals,
    echo: Option<usize>,
}

impl<'a> Batch<'a> {
    fn new(index: &'a Index, connections: &'a Connections, unmet: &'a HashMap<Who<'a>, CheckError>) -> Self {
        Self {
            index,
            connections,
            unmet,
            subjects: Vec::new(),
            known: HashMap::new(),
            last: None,
            last_attribute: None,
            echoes: Vec::new(),
            places: HashMap::new(),
            basis: None,
        }
    }

    fn answer(&mut self, question: &Question<'a>) -> Result<(Decision, Option<usize>), CheckError> {
        let at = self.place_of(question.who);
        let attribute = self.attribute(question.attribute);
        let Some(subject) = self.subjects.get(at) else { return Err(forgotten(question.who).into()) };
        let Numbered { principals, echo } = subject.as_ref().map_err(CheckError::clone)?;
        let demand = Demand { attribute: attribute?, target: target(self.index, question.target)? };
        Ok((decide(self.index, principals, demand), *echo))
    }

    fn attribute(&mut self, name: &'a str) -> Result<AttributeId, CheckError> {
        if let Some((last, id)) = self.last_attribute
            && last == name
        {
            return Ok(id);
        }
        let id = attribute(self.index, name)?;
        self.last_attribute = Some((name, id));
        Ok(id)
    }

    /// Where a subject stands among all; resolves it if it is new.
    fn place_of(&mut self, who: Who<'a>) -> usize {
        if let Some((last, at)) = self.last
            && last == who
        {
            return at;
        }
        let at = self.known.get(&who).copied().unwrap_or_else(|| {
            let subject = self.meet(who);
            self.subjects.push(subject);
            self.known.insert(who, self.subjects.len() - 1);
            self.subjects.len() - 1
        });
        self.last = Some((who, at));
        at
    }

    fn meet(&mut self, who: Who<'a>) -> Result<Numbered, CheckError> {
        let subject = match (Subject::resolve(self.index, self.connections, who), self.unmet.get(&who)) {
            (Ok(subject), _) => subject,
            (Err(Unresolved::Never(error)), _) => return Err(error.into()),
            (Err(_), Some(error)) => return Err(error.clone()),
            (Err(_), None) => return Err(forgotten(who).into()),
        };
        self.basis = [self.basis, subject.basis].into_iter().flatten().reduce(Basis::and);
        let principals = subject.principals.clone();
        let echo = subject.whom().and_then(|whom| match self.places.entry(whom) {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(place) => {
                self.echoes.push(subject.into_echo(self.index)?);
                Some(*place.insert(self.echoes.len() - 1))
            }
        });
        Ok(Numbered { principals, echo })
    }
}
