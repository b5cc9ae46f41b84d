//! Rows of two servers that took turns, and what the one has of the other.
//!
//! The machine is noisy, and what was measured an hour ago can't be compared with what is measured now: so a row is
//! only compared with the other server's of the same round, and the median of the rounds is what counts.

use feedgate_peers::load::Row;

/// Who uses the machine beside server and client, in processors, above which a row isn't looked at.
const DISTURBED: f64 = 0.15;

/// What is the same in rows that can be compared.
#[derive(Clone, Copy)]
pub struct Shape {
    pub kind: &'static str,
    pub size: &'static str,
    pub transport: &'static str,
    pub connections: usize,
    pub in_flight: usize,
}

/// The two rows of each undisturbed round.
pub struct Rounds<'a> {
    pub base: Vec<&'a Row>,
    pub ours: Vec<&'a Row>,
    /// Rounds that somebody else's work spoilt.
    pub disturbed: usize,
}

impl Shape {
    fn fits(&self, row: &Row) -> bool {
        row.kind == self.kind
            && row.size == self.size
            && row.transport == self.transport
            && row.connections == self.connections
            && row.in_flight == self.in_flight
    }

    /// Feedgate's rounds with another server. Nothing if there is no undisturbed one.
    pub fn rounds<'a>(&self, rows: &'a [Row], base: &str) -> Option<Rounds<'a>> {
        let of = |server: &str| -> Vec<&'a Row> {
            rows.iter().filter(|row| self.fits(row) && row.server == server).collect()
        };
        let (bases, all_ours) = (of(base), of("feedgate"));
        let mut rounds = Rounds { base: Vec::new(), ours: Vec::new(), disturbed: 0 };
        for base in bases {
            let Some(ours) = all_ours.iter().find(|row| row.round == base.round) else { continue };
            if base.other_cores.max(ours.other_cores) > DISTURBED {
                rounds.disturbed += 1;
            } else {
                rounds.base.push(base);
                rounds.ours.push(ours);
            }
        }
        (!rounds.base.is_empty()).then_some(rounds)
    }
}

impl Rounds<'_> {
    /// The median of what is made of the two rows of a round, the other server's first.
    pub fn median(&self, of: impl Fn(&Row, &Row) -> f64) -> f64 {
        median(self.base.iter().zip(&self.ours).map(|(base, ours)| of(base, ours)).collect())
    }

    /// The median of the other server's rows, and of feedgate's.
    pub fn medians(&self, of: impl Fn(&Row) -> f64) -> (f64, f64) {
        let one = |rows: &[&Row]| median(rows.iter().map(|row| of(row)).collect());
        (one(&self.base), one(&self.ours))
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[middle] } else { (numbers[middle - 1] + numbers[middle]) / 2.0 }
}
