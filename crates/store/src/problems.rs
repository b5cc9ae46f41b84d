//! What is wrong with a store, in words for the operator: the first problems, and how many more there are.

/// How many problems are put in words; who has so many needs no more of them.
const LISTED: usize = 100;

/// Problems in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<String>,
    more: u64,
}

impl Problems {
    /// Adds one, or counts it when there are many already.
    pub fn note(&mut self, what: impl Into<String>) {
        if self.listed.len() < LISTED {
            self.listed.push(what.into());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The first 100.
    pub fn listed(&self) -> &[String] {
        &self.listed
    }

    /// How many there are besides.
    pub fn more(&self) -> u64 {
        self.more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_problems_are_counted() {
        let mut problems = Problems::default();
        assert!(problems.is_empty());
        for number in 0..LISTED + 7 {
            problems.note(number.to_string());
        }
        assert_eq!((problems.listed().len(), problems.more()), (LISTED, 7));
        assert_eq!(problems.listed()[0], "0");
    }
}
