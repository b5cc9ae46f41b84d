//! Before anything is measured: are these answers at all, and are they right?

use anyhow::ensure;
use tokio::runtime::Builder;

use super::{Options, client::Client, requests::Requests};
use crate::model::{Rules, World};

/// About so many checks are looked at, in at least so many calls.
const CHECKS: usize = 2_000;
const CALLS: usize = 20;

/// What some answers said.
pub struct Seen {
    /// Which part was allowed.
    pub allowed: f64,
    /// Which part the model's rules answer the same.
    pub agreed: f64,
}

/// Asks, and compares the answers with the model's rules. They have to be the same if the server is feedgate.
pub fn look(options: &Options, world: &World, requests: &Requests) -> anyhow::Result<Seen> {
    let rules = Rules::new(world);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut answered, mut allowed, mut agreed) = (0, 0, 0);
    runtime.block_on(async {
        let mut client = Client::connect(&options.target, options.kind.method()).await?;
        let calls = CHECKS.div_ceil(requests.items).max(CALLS).min(requests.len());
        for number in 0..calls {
            let mut answer = Vec::new();
            client.call(requests.body(number), |chunk| answer.extend_from_slice(&chunk)).await?;
            ensure!(answer.len() >= 5, "an answer without a prefix");
            let (asked, answers) = (requests.questions(number), options.kind.answers(&answer[5..])?);
            ensure!(answers.len() == asked.len(), "{} answers to {} questions", answers.len(), asked.len());
            answered += answers.len();
            allowed += answers.iter().filter(|allowed| **allowed).count();
            agreed += asked.iter().zip(&answers).filter(|(asked, it)| rules.allow(**asked) == **it).count();
        }
        anyhow::Ok(())
    })?;
    ensure!(allowed > 0, "nothing of {answered} checks is allowed");
    let is_right = agreed == answered || options.constant || options.kind.is_for_cerbos();
    ensure!(is_right, "{} of {answered} answers are wrong", answered - agreed);
    let part = |of: usize| of as f64 / answered as f64;
    Ok(Seen { allowed: part(allowed), agreed: part(agreed) })
}
