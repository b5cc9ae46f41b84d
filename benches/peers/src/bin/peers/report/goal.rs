//! Goals, and whether they are met.

/// What a measured number has to be.
#[derive(Clone, Copy)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// How a number is written.
#[derive(Clone, Copy)]
pub enum Unit {
    Times,
    Microseconds,
}

/// One line of a table.
pub struct Goal {
    pub what: String,
    pub bound: Bound,
    pub unit: Unit,
    /// The number, and what it was made of. Nothing if it wasn't measured, or always disturbed.
    pub measured: Option<(f64, String)>,
}

impl Goal {
    fn is_met(&self, number: f64) -> bool {
        match self.bound {
            Bound::AtLeast(bound) => number >= bound,
            Bound::AtMost(bound) => number <= bound,
        }
    }

    /// What, goal, measured, met or missed, and of what.
    pub fn cells(&self) -> [String; 5] {
        let goal = match self.bound {
            Bound::AtLeast(bound) => format!("≥ {}", self.unit.write(bound)),
            Bound::AtMost(bound) => format!("≤ {}", self.unit.write(bound)),
        };
        let Some((number, of)) = &self.measured else {
            return [
                self.what.clone(),
                goal,
                "–".into(),
                "not measured, or only disturbed".into(),
                String::new(),
            ];
        };
        let verdict = if self.is_met(*number) { "met" } else { "**missed**" };
        [self.what.clone(), goal, self.unit.write(*number), verdict.into(), of.clone()]
    }
}

impl Unit {
    fn write(self, number: f64) -> String {
        match self {
            Self::Times if number >= 10.0 => format!("{number:.0} ×"),
            Self::Times => format!("{number:.2} ×"),
            Self::Microseconds => format!("{number:.1} µs"),
        }
    }
}

/// A large number for people: 1,234,567.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0.0, 999.6, 12_345.0, 1_234_567.0].map(thousands), ["0", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn a_goal_is_met_missed_or_not_measured() {
        let goal = |bound, measured: Option<f64>| {
            let measured = measured.map(|number| (number, "this".to_owned()));
            Goal { what: "what".into(), bound, unit: Unit::Times, measured }.cells().join(" ")
        };
        assert_eq!(goal(Bound::AtMost(1.15), Some(1.15)), "what ≤ 1.15 × 1.15 × met this");
        assert_eq!(goal(Bound::AtLeast(20.0), Some(19.4)), "what ≥ 20 × 19 × **missed** this");
        assert_eq!(goal(Bound::AtLeast(0.5), None), "what ≥ 0.50 × – not measured, or only disturbed ");
    }
}
