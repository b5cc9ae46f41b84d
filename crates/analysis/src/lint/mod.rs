//! What is odd in a policy (access model, section 7): by proxy, nonsensical, transitive, ineffective, dangerous.
//!
//! Findings about people are found feed by feed, for everybody at once; what is the same for the same people on
//! several feeds is one finding. Findings about rules are found grant by grant, without regard to who happens to be
//! in a group today: a grant that is idle because nobody needs it yet is fine.
//!
//! | File | Holds |
//! |---|---|
//! | `code` | what can be found, and how severe it is |
//! | `finding` | what was found |
//! | `suppress` | what somebody has seen and accepted |
//! | `collect` | findings about people on feeds, put together |
//! | `allowed` | who may what on one target |
//! | `on_system`, `on_feeds`, `between_feeds` | findings about people |
//! | `weight` | what is left of a grant behind those that come before it |
//! | `rules` | findings about single grants |
//! | `defeated` | restrictions that something beats |
//! | `administrators` | administrators who can't sign in |
//! | `unbound` | grants for principals that no directory has confirmed |
//! | `circumstances` | facts beyond the policy that findings depend on |

mod administrators;
mod allowed;
mod between_feeds;
mod circumstances;
mod code;
mod collect;
mod defeated;
mod finding;
mod on_feeds;
mod on_system;
mod rules;
mod suppress;
mod unbound;
mod weight;

use std::collections::HashSet;

use foldhash::fast::FixedState;

pub use self::{
    administrators::administrators,
    circumstances::{Circumstances, Obstacle, UnboundPrincipal, UnboundReason},
    code::{Code, Severity},
    finding::Finding,
    suppress::{Suppressed, Suppression},
};
use self::{collect::Collector, suppress::Suppressions};
use super::{
    meter::{Cancelled, Meter},
    people::{Crowds, Person, Population},
    survey::Survey,
};
use feedgate_engine::Index;
use feedgate_model::{FeedId, GrantId, Kind, Principal, UserId};

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The most severe first, then by code, then by object.
    pub findings: Vec<Finding>,
}

/// Looks through a whole policy, under circumstances that are no part of it.
pub fn lint(
    index: &Index,
    circumstances: &Circumstances,
    accepted: &[Suppression],
    meter: &dyn Meter,
) -> Result<Report, Cancelled> {
    let suppressions = Suppressions::new(accepted);
    let steps = Steps::of(index, meter);
    let granted = index.grants_from(GrantId(0)).filter_map(|grant| match grant.principal {
        Principal::User(user) => Some(user),
        _ => None,
    });
    let named: HashSet<UserId, FixedState> = granted.chain(suppressions.users()).collect();
    // What is found about names that nobody has is found about visitors, too.
    let population = Population::new(&[index], &named, |person, _| person != Person::Unknown);
    let crowds = Crowds::new(index, &population);
    let attributes: Vec<_> = index.attributes().map(|attribute| attribute.id).collect();
    let survey = Survey::new(index, &population, &crowds, &attributes);

    let mut findings = Vec::new();
    let mut collector = Collector::new(index, &population, &crowds, &suppressions);
    let system = on_system::find(&survey, &attributes, &mut collector);
    let kept = on_feeds::find(&survey, &system, &mut collector, &steps)?;
    between_feeds::find(index, &kept, &system, &mut collector, &steps)?;
    findings.extend(collector.finish());
    rules::find(index, &mut findings, &steps)?;
    defeated::find(index, &suppressions, &mut findings, &steps)?;
    administrators::find(index, circumstances, &mut findings);
    unbound::find(index, circumstances, &mut findings);

    suppressions.apply(&mut findings);
    findings.sort_by(Finding::order);
    Ok(Report { findings })
}

/// How far the work is: a step a feed, and one for each hundred grants, twice.
struct Steps<'m> {
    meter: &'m dyn Meter,
    feeds: u64,
    grants: u64,
}

const GRANTS_A_STEP: u64 = 100;

impl<'m> Steps<'m> {
    fn of(index: &Index, meter: &'m dyn Meter) -> Self {
        let feeds = index.feeds_from(FeedId(0)).count() as u64;
        Self { meter, feeds, grants: index.count(Kind::Grant) as u64 / GRANTS_A_STEP }
    }

    fn total(&self) -> u64 {
        self.feeds + 2 * self.grants
    }

    /// So many feeds are done.
    fn at_feed(&self, done: u64) -> Result<(), Cancelled> {
        self.meter.at(done, self.total())
    }

    /// All feeds are done, and something more of what is between them.
    fn still(&self) -> Result<(), Cancelled> {
        self.at_feed(self.feeds)
    }

    /// So many grants are done in the first or the second round.
    fn at_grant(&self, round: u64, done: u64) -> Result<(), Cancelled> {
        if done.is_multiple_of(GRANTS_A_STEP) {
            self.meter.at(self.feeds + round * self.grants + done / GRANTS_A_STEP, self.total())?;
        }
        Ok(())
    }
}
