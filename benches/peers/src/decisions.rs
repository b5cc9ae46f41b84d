//! Decisions of a library in this process, from names to an answer: how they are timed, and the row that comes out.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{
    model::{Question, Rules, World, names, questions},
    process,
};

/// One library, used in one way. Times are in nanoseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub library: String,
    pub way: String,
    pub size: String,
    pub decisions: usize,
    pub mean: f64,
    pub p50: f64,
    pub p99: f64,
    /// Which part of the decisions was to allow.
    pub allowed: f64,
    /// Which part was as the model's rules have it.
    pub agreed: f64,
    /// What the process has in memory when the policy is loaded, beyond what it had before.
    pub policy_mib: f64,
}

/// A question by names.
pub struct Asked {
    pub question: Question,
    pub user: String,
    pub attribute: &'static str,
    pub feed: String,
}

/// The questions, how long they are asked, and what each answer should be.
pub struct Bench {
    size: &'static str,
    asked: Vec<Asked>,
    right: Vec<bool>,
    resident_before: u64,
    time: Duration,
}

const QUESTIONS: usize = 10_000;
/// So many answers are compared with the rules, which warms up, too.
const LOOKED_AT: usize = 2_000;
/// So many decisions between two looks at the clock, where their mean is taken.
const STRIDE: usize = 100;

impl Bench {
    /// To be made before a policy is loaded: memory is counted from here.
    pub fn new(world: &World, time: Duration) -> anyhow::Result<Self> {
        let rules = Rules::new(world);
        let (mut asked, mut right) = (Vec::new(), Vec::new());
        for question in questions(world, QUESTIONS) {
            right.push(rules.allow(question));
            let Question { user, attribute, feed } = question;
            let (user, feed) = (names::user(user), names::feed(feed));
            asked.push(Asked { question, user, attribute: names::attribute(attribute), feed });
        }
        drop(rules);
        let resident_before = process::resident_kib(std::process::id())?;
        Ok(Self { size: world.size.word(), asked, right, resident_before, time })
    }

    /// Looks at some answers, then decides for half of the time without looking at the clock but now and then, and for
    /// the other half with each decision timed.
    pub fn run(
        &self,
        library: &str,
        way: &str,
        mut decide: impl FnMut(&Asked) -> bool,
    ) -> anyhow::Result<Row> {
        let resident = process::resident_kib(std::process::id())?;
        let (mut allowed, mut agreed) = (0, 0);
        for (asked, right) in self.asked.iter().zip(&self.right).take(LOOKED_AT) {
            let is_allowed = decide(asked);
            allowed += usize::from(is_allowed);
            agreed += usize::from(is_allowed == *right);
        }

        let mut questions = self.asked.iter().cycle();
        let mut next = || questions.next().expect("it has no end");
        let (mut decisions, start) = (0, Instant::now());
        while start.elapsed() < self.time / 2 {
            for _ in 0..STRIDE {
                black_box(decide(black_box(next())));
            }
            decisions += STRIDE;
        }
        let mean = start.elapsed().as_nanos() as f64 / decisions as f64;

        let (mut times, start) = (Vec::new(), Instant::now());
        while start.elapsed() < self.time / 2 {
            let asked = next();
            let before = Instant::now();
            black_box(decide(black_box(asked)));
            times.push(before.elapsed().as_nanos() as f64);
        }
        times.sort_unstable_by(f64::total_cmp);
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        let part = |of: usize| (of as f64 / LOOKED_AT as f64 * 10_000.0).round() / 10_000.0;
        Ok(Row {
            library: library.into(),
            way: way.into(),
            size: self.size.into(),
            decisions,
            mean: mean.round(),
            p50: at(0.5),
            p99: at(0.99),
            allowed: part(allowed),
            agreed: part(agreed),
            policy_mib: (resident.saturating_sub(self.resident_before) as f64 / 1024.0 * 10.0).round() / 10.0,
        })
    }
}
