//! The requests, encoded before they are needed, and how their answers are read.

use anyhow::{bail, ensure};
use bytes::{BufMut as _, Bytes, BytesMut};
use clap::ValueEnum;
use prost::Message;

use crate::{
    model::{Question, World, cerbos, feedgate, questions},
    pb::{self, batch_check_result::Outcome},
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// One check a call
    Check,
    /// One user and attribute on many feeds
    BatchOneSubject,
    /// Checks that have nothing in common
    BatchMixed,
    /// One check a call, of Cerbos
    CerbosCheck,
    /// One user and attribute on many feeds, of Cerbos
    CerbosBatch,
}

impl Kind {
    /// As rows of results have it, whoever is asked.
    pub fn word(self) -> &'static str {
        match self {
            Self::Check | Self::CerbosCheck => "check",
            Self::BatchOneSubject | Self::CerbosBatch => "batch-one-subject",
            Self::BatchMixed => "batch-mixed",
        }
    }

    pub fn method(self) -> &'static str {
        match self {
            Self::Check => "/feedgate.v1.DecisionService/Check",
            Self::BatchOneSubject | Self::BatchMixed => "/feedgate.v1.DecisionService/BatchCheck",
            Self::CerbosCheck | Self::CerbosBatch => cerbos::METHOD,
        }
    }

    pub fn is_batch(self) -> bool {
        !matches!(self, Self::Check | Self::CerbosCheck)
    }

    pub fn is_for_cerbos(self) -> bool {
        matches!(self, Self::CerbosCheck | Self::CerbosBatch)
    }

    /// Whether all questions of a batch are about one user and one attribute.
    fn has_one_subject(self) -> bool {
        matches!(self, Self::BatchOneSubject | Self::CerbosBatch)
    }

    /// What an answer allows. Fails where something couldn't be answered or isn't known: the server has another policy,
    /// then.
    pub fn answers(self, answer: &[u8]) -> anyhow::Result<Vec<bool>> {
        let known = |subject_unknown: bool, feed_unknown: bool| {
            ensure!(!subject_unknown && !feed_unknown, "the server has another policy");
            Ok(())
        };
        match self {
            Self::Check => {
                let answer = pb::CheckResponse::decode(answer)?;
                known(answer.subject_unknown, answer.feed_unknown)?;
                Ok(vec![answer.allowed])
            }
            Self::BatchOneSubject | Self::BatchMixed => {
                let results = pb::BatchCheckResponse::decode(answer)?.results;
                let allowed = |result: pb::BatchCheckResult| {
                    let Some(Outcome::Decision(decision)) = result.outcome else {
                        bail!("an item couldn't be answered: {result:?}")
                    };
                    known(decision.subject_unknown, decision.feed_unknown)?;
                    Ok(decision.allowed)
                };
                results.into_iter().map(allowed).collect()
            }
            Self::CerbosCheck | Self::CerbosBatch => {
                let results = cerbos::CheckResponse::decode(answer)?.results;
                Ok(results.iter().map(cerbos::ResultEntry::allowed).collect())
            }
        }
    }
}

/// Different ones of one kind.
pub struct Requests {
    /// Checks in each.
    pub items: usize,
    asked: Vec<Question>,
    bodies: Vec<Bytes>,
}

const CHECKS: usize = 10_000;
const CHECKS_IN_BATCHES: usize = 200_000;

impl Requests {
    pub fn new(world: &World, kind: Kind, items: usize) -> Self {
        let (items, count) = if kind.is_batch() { (items, CHECKS_IN_BATCHES / items) } else { (1, CHECKS) };
        let mut asked: Vec<_> = questions(world, count * items).collect();
        if kind.has_one_subject() {
            for batch in asked.chunks_exact_mut(items) {
                let first = batch[0];
                batch.iter_mut().for_each(|it| *it = Question { feed: it.feed, ..first });
            }
        }
        let body = |questions: &[Question]| match kind {
            Kind::Check => framed(&questions[0].check()),
            Kind::BatchOneSubject => framed(&feedgate::one_subject(questions)),
            Kind::BatchMixed => framed(&feedgate::mixed(questions)),
            Kind::CerbosCheck | Kind::CerbosBatch => framed(&cerbos::request(world, questions)),
        };
        let bodies = asked.chunks_exact(items).map(body).collect();
        Self { items, asked, bodies }
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

    /// One of them, prefix and all; behind the last one comes the first one.
    pub fn body(&self, number: usize) -> Bytes {
        self.bodies[number % self.bodies.len()].clone()
    }

    /// What one of them asks.
    pub fn questions(&self, number: usize) -> &[Question] {
        &self.asked[number * self.items..][..self.items]
    }
}

/// With gRPC's prefix: not compressed, and the length.
fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(5 + length);
    framed.put_u8(0);
    framed.put_u32(length as u32);
    message.encode(&mut framed).expect("there is room for it");
    framed.freeze()
}
