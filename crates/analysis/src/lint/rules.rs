//! What is odd in single grants.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::{
    super::{
        meter::Cancelled,
        well_known::{DOWNLOAD, VIEW},
        words::{Words, joined},
    },
    Steps,
    code::Code,
    finding::Finding,
    weight::{Scales, Weight},
};
use feedgate_engine::{AttributeBits, Index, Principals};
use feedgate_model::{
    AttributeId, Effect, Grant, GrantId, GroupId, Kind, ObjectKey, Principal, Scope, UserId,
};

/// How many of the grants before another are named.
const NAMED: usize = 3;

pub(super) fn find(index: &Index, findings: &mut Vec<Finding>, steps: &Steps<'_>) -> Result<(), Cancelled> {
    let mut scales = Scales::new(index);
    let mut empty = Empty::of(index);
    for (done, grant) in (0..).zip(index.grants_from(GrantId(0))) {
        steps.at_grant(0, done)?;
        findings.extend(system_attributes(index, &grant));
        let weight = scales.weigh(&grant);
        findings.extend(public(index, &grant, weight.left));
        findings.extend(idle(index, &grant, weight));
        empty.note(&grant);
    }
    findings.extend(empty.finish());
    Ok(())
}

pub(super) const fn grant_key(id: GrantId) -> ObjectKey {
    ObjectKey { kind: Kind::Grant, id: id.0 }
}

fn ids(index: &Index, bits: AttributeBits) -> Vec<AttributeId> {
    index.attributes_in(bits).map(|attribute| attribute.id).collect()
}

/// Attributes of the system on a feed.
fn system_attributes(index: &Index, grant: &Grant) -> Option<Finding> {
    let idle = index.bits_of_task(grant.task).without(index.scopable_bits());
    if grant.scope == Scope::AllFeeds || idle.is_empty() {
        return None;
    }
    let attributes = ids(index, idle);
    let words = Words(index);
    let one = attributes.len() == 1;
    let message = format!(
        "in {}, {} {} for nothing: only a grant on all feeds can give or take {}",
        words.grant(grant.id),
        words.attributes(&attributes),
        if one { "counts" } else { "count" },
        if one { "it" } else { "them" }
    );
    let finding = Finding::of(Code::SystemAttributeOnFeed, message, vec![grant_key(grant.id)]);
    Some(Finding { attributes, ..finding })
}

/// Everyone or Anonymous with more than reading.
fn public(index: &Index, grant: &Grant, left: AttributeBits) -> Option<Finding> {
    if grant.effect != Effect::Permit
        || !matches!(grant.principal, Principal::Everyone | Principal::Anonymous)
    {
        return None;
    }
    // What is taken away again by grants that come first isn't given.
    let beyond = left.without(index.bits_of(VIEW)).without(index.bits_of(DOWNLOAD));
    if beyond.is_empty() {
        return None;
    }
    let attributes = ids(index, beyond);
    let words = Words(index);
    let message = format!(
        "{} gives {} to whoever can reach the server",
        words.grant(grant.id),
        words.attributes(&attributes)
    );
    let finding = Finding::of(Code::PublicBeyondReading, message, vec![grant_key(grant.id)]);
    Some(Finding { attributes, ..finding })
}

/// A grant before which there is always another.
fn idle(index: &Index, grant: &Grant, weight: Weight) -> Vec<Finding> {
    let Weight { given, left, mut contradicting, mut before } = weight;
    let words = Words(index);
    let mut findings = Vec::new();
    contradicting.sort_unstable();
    for restriction in &contradicting {
        let message = format!(
            "{} and {} are of equal rank, and the restriction wins",
            words.grant(grant.id),
            words.grant(*restriction)
        );
        let objects = vec![grant_key(grant.id), grant_key(*restriction)];
        findings.push(Finding::of(Code::Contradiction, message, objects));
    }
    let says_nothing = given.is_empty() && index.bits_of_task(grant.task).is_empty();
    if says_nothing {
        let message = format!("{} decides nothing: its task has no attributes", words.grant(grant.id));
        findings.push(Finding::of(Code::NeverDecides, message, vec![grant_key(grant.id)]));
    } else if left.is_empty() && !before.is_empty() {
        before.extend(contradicting);
        before.sort_unstable();
        before.dedup();
        let more = before.len().saturating_sub(NAMED);
        let mut named: Vec<_> = before.iter().take(NAMED).map(|id| words.grant(*id)).collect();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let message =
            format!("{} never decides anything, because of {}", words.grant(grant.id), joined(named));
        let objects = [grant.id].into_iter().chain(before.into_iter().take(NAMED)).map(grant_key).collect();
        findings.push(Finding::of(Code::NeverDecides, message, objects));
    }
    findings
}

/// Grants to built-in groups in which no user is, however deep. Who is in an external group isn't known here.
struct Empty<'i> {
    index: &'i Index,
    inhabited: HashSet<GroupId, FixedState>,
    grants: HashMap<GroupId, Vec<GrantId>, FixedState>,
}

impl<'i> Empty<'i> {
    fn of(index: &'i Index) -> Self {
        let direct: HashSet<GroupId, FixedState> =
            index.users_from(UserId(0)).flat_map(|user| user.groups.iter().copied()).collect();
        // A group with an external group in it has whoever is in that.
        let external = index.nested_groups().filter(|group| !group.is_built_in()).map(|group| group.id);
        let direct: Vec<_> = direct.into_iter().chain(external).collect();
        let inhabited = Principals::groups_of(index, &direct).into_iter().collect();
        Self { index, inhabited, grants: HashMap::default() }
    }

    fn note(&mut self, grant: &Grant) {
        let Principal::Group(group) = grant.principal else { return };
        let built_in = self.index.group(group).is_some_and(|group| group.is_built_in());
        if built_in && !self.inhabited.contains(&group) {
            self.grants.entry(group).or_default().push(grant.id);
        }
    }

    fn finish(self) -> impl Iterator<Item = Finding> {
        let words = Words(self.index);
        self.grants.into_iter().map(move |(group, grants)| {
            let these =
                if grants.len() == 1 { "a grant".to_owned() } else { format!("{} grants", grants.len()) };
            let message = format!("nobody is in group {}, which has {these}", words.group(group));
            let group = ObjectKey { kind: Kind::Group, id: group.0.into() };
            let objects = [group].into_iter().chain(grants.into_iter().map(grant_key)).collect();
            Finding::of(Code::EmptyGroup, message, objects)
        })
    }
}
