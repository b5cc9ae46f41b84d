//! `test`: does a policy decide what it is meant to?
//!
//! The policy is applied to a server in this process and the questions are asked there, as any client would:
//! what passes here is what a server with this policy answers. Nothing is shown before everything is asked, so
//! that mistakes in one file don't hide behind the results of another.
//!
//! | File | Holds |
//! |---|---|
//! | `rehearse` | from a file to what came of its cases |
//! | `ask` | one case: its questions, and whether they are about what is there |
//! | `only` | one case about everybody who may do something |
//! | `outcome` | what came of it |
//! | `report`, `results`, `junit` | the same for people, for programs, for a CI |

mod ask;
mod junit;
mod only;
mod outcome;
mod rehearse;
mod report;
mod results;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use self::outcome::Suite;
use super::{
    args::{connect::Format, policy_test::Test},
    failure::{Exit, Failure},
    file, output,
};
use crate::interchange::Problem;

pub(super) async fn run(Test { files, junit }: Test, format: Format) -> Result<Exit, Failure> {
    let (mut suites, mut mistakes) = (Vec::new(), Mistakes::default());
    for file in &files {
        suites.extend(rehearse::suite(file, &mut mistakes).await?);
    }
    mistakes.none()?;
    if let Some(to) = junit {
        let xml = junit::render(&suites)?;
        file::replace(&to, |out| Ok(out.write_all(xml.as_bytes())?))?;
    }
    let exit = if suites.iter().all(Suite::passed) { Exit::Done } else { Exit::Denied };
    match output::print(match format {
        Format::Json => results::render(&suites)?,
        Format::Table => report::render(&suites),
    }) {
        // The exit code is the answer: it mustn't depend on who reads the words.
        Ok(()) | Err(Failure::ReaderGone) => Ok(exit),
        Err(failure) => Err(failure),
    }
}

/// What is wrong with tests and policies, of all files. Two tests of one policy say its mistakes once.
#[derive(Debug, Default)]
struct Mistakes {
    said: Vec<String>,
    known: HashSet<String>,
}

impl Mistakes {
    fn add(&mut self, problem: &Problem) {
        self.say(problem.to_string());
    }

    fn say(&mut self, mistake: String) {
        if self.known.insert(mistake.clone()) {
            self.said.push(mistake);
        }
    }

    fn none(self) -> Result<(), Failure> {
        if self.said.is_empty() { Ok(()) } else { Err(Failure::Unchecked(self.said)) }
    }
}
