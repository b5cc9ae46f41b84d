//! Previews and comparisons: what a change does to whom.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    DecisionPoint,
    analysts::Length,
    cursor::{Cursor, Fingerprint, Part},
    error::ServiceError,
    lookup::incomplete,
    password,
    query::Freshness,
};
use crate::{
    analysis::{
        Meter, Person,
        access::{Block, Blocks, Common, Comparison},
    },
    engine::{Index, Target},
    model::{Change, Name, ObjectKey, Revision, edit::Step},
    policy::{Draft, Drafted, WriteError},
};

/// How many members of a group are named with it.
pub const NAMED: usize = 10;

/// What long work reports to, and how it learns that nobody waits for it any more.
pub type SharedMeter = Arc<dyn Meter + Send + Sync>;

/// Which part of an answer about access.
#[derive(Clone, Copy, Debug)]
pub struct AccessPage<'a> {
    /// Empty for the first groups.
    pub cursor: &'a str,
    pub limit: usize,
    /// Of the request.
    pub request: Fingerprint,
}

/// What a change does to whom.
#[derive(Debug)]
pub struct AccessAnswer {
    pub before: Arc<Index>,
    pub after: Arc<Index>,
    /// The numbers of the whole; its blocks are in the part.
    pub totals: Blocks,
    /// How many blocks there are.
    pub groups: usize,
    pub changed_objects: usize,
    pub part: AccessPart,
    /// Directories whose people aren't known here.
    pub incomplete: Vec<Name>,
}

/// The part that was asked for.
#[derive(Debug)]
pub enum AccessPart {
    Groups { groups: Vec<AccessGroup>, next: Option<Cursor> },
    Principals { persons: Vec<Person>, next: Option<Cursor> },
    Targets { targets: Vec<Target>, next: Option<Cursor> },
}

/// A block with its first members, and where the rest are.
#[derive(Debug)]
pub struct AccessGroup {
    /// With its first targets only.
    pub block: Block,
    /// How many it has.
    pub targets: usize,
    pub first_persons: Vec<Person>,
    pub common: Option<Common>,
    pub persons_cursor: Cursor,
    pub targets_cursor: Cursor,
}

/// The two policies, and what differs.
struct Pair {
    before: Arc<Index>,
    after: Arc<Index>,
    changed: BTreeSet<ObjectKey>,
    /// The revision that cursors go on at.
    at: Revision,
}

const PARTS: [Part; 3] = [Part::Groups, Part::GroupPrincipals, Part::GroupTargets];

impl DecisionPoint {
    /// What changes would do, before they are written. With a cursor, what they would have done to the revision of
    /// the answer that it came from.
    pub async fn preview(
        &self,
        mut steps: Vec<Step>,
        freshness: Freshness,
        page: AccessPage<'_>,
        meter: SharedMeter,
    ) -> Result<AccessAnswer, ServiceError> {
        let cursor = Cursor::read(page.cursor, page.request, &PARTS)?;
        self.fresh(freshness).await?;
        let before = match cursor {
            None => self.index(),
            Some(cursor) => self.index_at(cursor.revision).await?.index,
        };
        let place = Place { limit: page.limit, request: page.request };
        password::stand_in(&mut steps);
        let work = move || {
            let (after, changed) = draft(&before, &steps)?;
            let at = before.revision();
            let pair = Pair { before, after: Arc::new(after), changed, at };
            pair.answer(cursor, place, meter.as_ref())
        };
        self.analysts().work(Length::Long, work).await?
    }

    /// What has changed between two revisions. With a cursor, `to` is what it was when the cursor was made.
    pub async fn compare(
        &self,
        from: Revision,
        to: Option<Revision>,
        page: AccessPage<'_>,
        meter: SharedMeter,
    ) -> Result<AccessAnswer, ServiceError> {
        let cursor = Cursor::read(page.cursor, page.request, &PARTS)?;
        let to = to.or(cursor.map(|cursor| cursor.revision));
        // The later of the two is on the way to the earlier one.
        let head = self.index().revision();
        let second = to.unwrap_or(head);
        let [earlier, later] = if from.number <= second.number { [from, second] } else { [second, from] };
        let at_later = self.index_at(later).await?.index;
        let at_earlier = self.rewind(Arc::clone(&at_later), earlier).await?;
        let changed = at_earlier.changed;
        let (before, after) = if from.number <= second.number {
            (at_earlier.index, at_later)
        } else {
            (at_later, at_earlier.index)
        };
        let place = Place { limit: page.limit, request: page.request };
        let work = move || {
            let at = second;
            Pair { before, after, changed, at }.answer(cursor, place, meter.as_ref())
        };
        self.analysts().work(Length::Long, work).await?
    }
}

/// Where an answer's cursors belong.
#[derive(Clone, Copy)]
struct Place {
    limit: usize,
    request: Fingerprint,
}

/// The policy with some changes, and the objects that they change.
fn draft(before: &Index, steps: &[Step]) -> Result<(Index, BTreeSet<ObjectKey>), ServiceError> {
    let mut draft = Draft::new(before);
    for (step, edit) in steps.iter().enumerate() {
        draft.apply(edit).map_err(|source| WriteError::Edit { step, source })?;
    }
    let Drafted { index, changes, passwords: _ } = draft.finish();
    Ok((index, changes.iter().map(Change::key).collect()))
}

impl Pair {
    fn answer(
        self,
        cursor: Option<Cursor>,
        place: Place,
        meter: &dyn Meter,
    ) -> Result<AccessAnswer, ServiceError> {
        let comparison = Comparison::new(&self.before, &self.after, &self.changed);
        let mut totals = comparison.run(meter)?;
        let blocks = std::mem::take(&mut totals.blocks);
        let groups = blocks.len();
        let part = self.part(&comparison, blocks, cursor, place)?;
        let Self { before, after, changed, at: _ } = self;
        let mut incomplete = incomplete(&before);
        incomplete.extend(super::lookup::incomplete(&after));
        incomplete.sort_unstable();
        incomplete.dedup();
        Ok(AccessAnswer { before, after, totals, groups, changed_objects: changed.len(), part, incomplete })
    }

    fn part(
        &self,
        comparison: &Comparison<'_>,
        blocks: Vec<Block>,
        cursor: Option<Cursor>,
        place: Place,
    ) -> Result<AccessPart, ServiceError> {
        let (part, number, from) = match cursor {
            None => (Part::Groups, 0, 0),
            Some(Cursor { part, group, from, .. }) => {
                (part, group, usize::try_from(from).unwrap_or(usize::MAX))
            }
        };
        let next = |part, total: usize| {
            let behind = from.saturating_add(place.limit);
            (behind < total).then(|| self.cursor(part, place, number, behind as u64))
        };
        let gone = || Cursor::invalid(&cursor.map(Cursor::text).unwrap_or_default(), &PARTS);
        let block = |number: u64| blocks.get(usize::try_from(number).ok()?);
        Ok(match part {
            Part::GroupPrincipals => {
                let persons = comparison.persons(block(number).ok_or_else(gone)?);
                let next = next(part, persons.len());
                AccessPart::Principals { persons: window(persons, from, place.limit), next }
            }
            Part::GroupTargets => {
                let targets = block(number).ok_or_else(gone)?.targets.clone();
                let next = next(part, targets.len());
                AccessPart::Targets { targets: window(targets, from, place.limit), next }
            }
            _ => {
                let next = next(Part::Groups, blocks.len());
                let shown = window(blocks, from, place.limit);
                AccessPart::Groups { groups: self.groups(comparison, shown, from, place), next }
            }
        })
    }

    fn groups(
        &self,
        comparison: &Comparison<'_>,
        blocks: Vec<Block>,
        from: usize,
        place: Place,
    ) -> Vec<AccessGroup> {
        let known = comparison.common(&blocks, NAMED);
        let group = |((number, mut block), (first_persons, common)): ((u64, Block), (Vec<Person>, _))| {
            let targets = block.targets.len();
            block.targets.truncate(NAMED);
            AccessGroup {
                block,
                targets,
                first_persons,
                common,
                persons_cursor: self.cursor(Part::GroupPrincipals, place, number, 0),
                targets_cursor: self.cursor(Part::GroupTargets, place, number, 0),
            }
        };
        (from as u64..).zip(blocks).zip(known).map(group).collect()
    }

    fn cursor(&self, part: Part, place: Place, group: u64, from: u64) -> Cursor {
        Cursor { part, revision: self.at, request: place.request, group, from }
    }
}

fn window<T>(items: Vec<T>, from: usize, limit: usize) -> Vec<T> {
    items.into_iter().skip(from).take(limit).collect()
}
