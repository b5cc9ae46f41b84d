//! What is wrong with a file, and what the operator should know about one that is right.

use std::fmt;

/// As many problems as one answer names; the rest are counted.
const MAX_PROBLEMS: usize = 100;

/// Where something stands in a file. Both count from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

impl Place {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub place: Place,
}

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    pub file: Box<str>,
    /// None if it is the file as a whole.
    pub place: Option<Place>,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.message)
    }
}

/// Something that was done and that the operator may not expect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note(pub String);

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Problems as they are found: reading goes on behind one, so that an operator sees several at once.
#[derive(Debug)]
pub(super) struct Problems {
    file: Box<str>,
    found: Vec<Problem>,
    beyond: usize,
}

impl Problems {
    /// None yet, in this file.
    pub(super) fn of(file: &str) -> Self {
        Self { file: file.into(), found: Vec::new(), beyond: 0 }
    }

    /// Goes on with another file.
    pub(super) fn turn_to(&mut self, file: &str) {
        self.file = file.into();
    }

    /// Adds one at a place.
    pub(super) fn at(&mut self, place: Place, message: impl Into<String>) {
        self.add(Some(place), message.into());
    }

    /// Adds one that has no place.
    pub(super) fn whole(&mut self, message: impl Into<String>) {
        self.add(None, message.into());
    }

    /// Whether further problems are only counted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_PROBLEMS
    }

    fn add(&mut self, place: Option<Place>, message: String) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(Problem { file: self.file.clone(), place, message });
        } else {
            self.beyond += 1;
        }
    }

    /// The value if there was no problem.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Vec<Problem>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        if self.beyond > 0 {
            let message = format!("{} more problems aren't shown; mend these first", self.beyond);
            self.found.push(Problem { file: self.file, place: None, message });
        }
        Err(self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_like_a_compilers() {
        let mut problems = Problems::of("a.yaml");
        problems.at(Place { line: 3, column: 7 }, "no");
        problems.whole("never");
        let found = problems.or(()).unwrap_err();
        assert_eq!(
            found.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["a.yaml:3:7: no", "a.yaml: never"]
        );
    }

    #[test]
    fn very_many_are_counted() {
        let mut problems = Problems::of("a.yaml");
        (0..1000).for_each(|_| problems.whole("no"));
        let found = problems.or(()).unwrap_err();
        assert_eq!(found.len(), MAX_PROBLEMS + 1);
        assert!(found[MAX_PROBLEMS].message.starts_with("900 more"));
    }
}
