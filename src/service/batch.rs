//! A batch under way: many questions, answered from one policy, and each subject by what was known of it first.

use std::collections::{HashMap, hash_map::Entry};

use foldhash::fast::RandomState;

use super::{
    error::CheckError,
    query::{BatchAnswer, Identity, Question, ResolvedUser, Who},
    subject::{Subject, Whom, attribute, forgotten, target},
};
use crate::{
    directory::{Basis, Connections, Qualified, Unresolved},
    engine::{Decision, Demand, Index, Principals, Series},
    model::AttributeId,
};

/// How many subjects stay at hand: questions about few come by turns. More would make every question about another
/// subject dearer, a tenth with sixteen.
const AT_HAND: usize = 4;

/// A subject with more principals than this costs more to resolve than to remember.
const HEAVY: usize = 64;

/// The principals that a batch remembers of heavy subjects, in all: 32 MiB of them.
const REMEMBERED: usize = 4 << 20;

/// The subjects of a batch, and what is known of them.
pub(super) struct Batch<'a> {
    index: &'a Index,
    connections: &'a Connections,
    /// Those about whom no directory could say anything.
    unmet: &'a HashMap<Who<'a>, CheckError>,
    at_hand: Vec<(Who<'a>, Result<AtHand<'a>, CheckError>)>,
    /// Which of them was asked about last.
    last: usize,
    /// Which of them gives way next.
    oldest: usize,
    last_attribute: Option<(&'a str, AttributeId)>,
    /// Subjects that directories may have a say in, as they were met first: what is remembered of directories may
    /// change meanwhile, and the answers are to agree. By what callers send, so with a hash that they can't foresee.
    /// Heavy subjects of the policy are here, too.
    once: HashMap<Who<'a>, Result<Numbered, CheckError>>,
    /// The principals of the heavy subjects in `once`.
    remembered: usize,
    echoes: Vec<ResolvedUser>,
    /// Where a user stands in `echoes`: two names can mean one user.
    places: HashMap<Whom, usize, RandomState>,
    /// The oldest of what external directories said.
    basis: Option<Basis>,
}

/// A subject, and where it stands among those that are echoed.
#[derive(Clone, Debug)]
struct Numbered {
    principals: Principals,
    echo: Option<usize>,
}

/// The same while it is asked about.
struct AtHand<'a> {
    series: Series<'a>,
    echo: Option<usize>,
}

impl<'a> Batch<'a> {
    /// Begins one. `unmet` is whom [`meet_all`](super::DecisionPoint::meet_all) couldn't ask about.
    pub(super) fn new(
        index: &'a Index,
        connections: &'a Connections,
        unmet: &'a HashMap<Who<'a>, CheckError>,
    ) -> Self {
        Self {
            index,
            connections,
            unmet,
            at_hand: Vec::with_capacity(AT_HAND),
            last: 0,
            oldest: 0,
            last_attribute: None,
            once: HashMap::new(),
            remembered: 0,
            echoes: Vec::new(),
            places: HashMap::default(),
            basis: None,
        }
    }

    pub(super) fn answer(
        &mut self,
        question: &Question<'a>,
    ) -> Result<(Decision, Option<usize>), CheckError> {
        let attribute = self.attribute(question.attribute);
        let index = self.index;
        let AtHand { series, echo } = self.asked(question.who)?;
        let demand = Demand { attribute: attribute?, target: target(index, question.target)? };
        Ok((series.decide(demand), *echo))
    }

    /// The answer, of the results in the order of the questions.
    pub(super) fn answered(self, results: Vec<Result<(Decision, Option<usize>), CheckError>>) -> BatchAnswer {
        let Self { index, echoes, basis, .. } = self;
        BatchAnswer { results, subjects: echoes, basis, revision: index.revision() }
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

    /// A subject, which is at hand afterwards.
    fn asked(&mut self, who: Who<'a>) -> Result<&mut AtHand<'a>, CheckError> {
        let is_last = self.at_hand.get(self.last).is_some_and(|(last, _)| *last == who);
        if !is_last {
            self.last = match self.at_hand.iter().position(|(other, _)| *other == who) {
                Some(at) => at,
                None => self.put_at_hand(who),
            };
        }
        match self.at_hand.get_mut(self.last) {
            Some((_, Ok(asked))) => Ok(asked),
            Some((_, Err(error))) => Err(error.clone()),
            None => Err(forgotten(who).into()),
        }
    }

    fn put_at_hand(&mut self, who: Who<'a>) -> usize {
        let asked = self.meet(who).map(|Numbered { principals, echo }| AtHand {
            series: Series::new(self.index, principals),
            echo,
        });
        if self.at_hand.len() < AT_HAND {
            self.at_hand.push((who, asked));
            return self.at_hand.len() - 1;
        }
        let place = self.oldest;
        self.oldest = (place + 1) % AT_HAND;
        if let Some(given_up) = self.at_hand.get_mut(place) {
            *given_up = (who, asked);
        }
        place
    }

    /// Resolves a subject: one that directories may have a say in, or that is heavy, no more than once.
    fn meet(&mut self, who: Who<'a>) -> Result<Numbered, CheckError> {
        if let Some(met) = self.once.get(&who) {
            return met.clone();
        }
        let met = match (Subject::resolve(self.index, self.connections, who), self.unmet.get(&who)) {
            (Ok(subject), _) if subject.is_of_policy() && !may_name_a_domain(who) => {
                let numbered = self.number(subject);
                let size = numbered.principals.len();
                if size > HEAVY && self.remembered + size <= REMEMBERED {
                    self.remembered += size;
                    self.once.insert(who, Ok(numbered.clone()));
                }
                return Ok(numbered);
            }
            (Ok(subject), _) => Ok(self.number(subject)),
            (Err(Unresolved::Never(error)), _) => Err(error.into()),
            (Err(_), Some(error)) => Err(error.clone()),
            (Err(_), None) => Err(forgotten(who).into()),
        };
        self.once.insert(who, met.clone());
        met
    }

    /// Gives a subject its place among those that are echoed.
    fn number(&mut self, subject: Subject) -> Numbered {
        self.basis = [self.basis, subject.basis].into_iter().flatten().reduce(Basis::and);
        let whom = subject.whom();
        let (principals, met) = subject.into_parts();
        let echo = whom.and_then(|whom| match self.places.entry(whom) {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(place) => {
                self.echoes.push(met.resolved(self.index)?);
                Some(*place.insert(self.echoes.len() - 1))
            }
        });
        Numbered { principals, echo }
    }
}

/// Whether it depends on what directories say of their domains whose name it is, even if the policy has it.
fn may_name_a_domain(who: Who<'_>) -> bool {
    matches!(who, Who::User { identity: Identity::Name(name), .. } if Qualified::parse(name).is_some())
}
