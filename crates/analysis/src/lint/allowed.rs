//! Who may what on one target.

use super::super::people::BitSet;
use feedgate_model::AttributeId;

/// For each attribute, who may use it on a target.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    attributes: Vec<AttributeId>,
    pub(super) sets: Vec<BitSet>,
    nobody: BitSet,
}

impl Allowed {
    /// Nobody yet.
    pub(super) fn new(attributes: &[AttributeId], sets: Vec<BitSet>) -> Self {
        let mut nobody = sets.first().cloned().unwrap_or_default();
        nobody.clear();
        Self { attributes: attributes.to_vec(), sets, nobody }
    }

    /// Nobody at all.
    pub(super) fn nobody(&self) -> BitSet {
        self.nobody.clone()
    }

    /// The same of a few attributes only, in the order of their ids.
    pub(super) fn only(&self, attributes: &[AttributeId]) -> Self {
        Self::new(attributes, attributes.iter().map(|attribute| self.of(*attribute).clone()).collect())
    }

    /// Who may use an attribute.
    pub(super) fn of(&self, attribute: AttributeId) -> &BitSet {
        let at = self.attributes.binary_search(&attribute).ok();
        at.and_then(|at| self.sets.get(at)).unwrap_or(&self.nobody)
    }

    /// Who may use all of some.
    pub(super) fn all_of(&self, attributes: &[AttributeId]) -> BitSet {
        let mut sets = attributes.iter().map(|attribute| self.of(*attribute));
        let mut all = sets.next().unwrap_or(&self.nobody).clone();
        sets.for_each(|set| all.retain_all(set));
        all
    }

    /// Each attribute, and who may use it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (AttributeId, &BitSet)> {
        self.attributes.iter().copied().zip(&self.sets)
    }
}

/// Puts attributes together that the same people lack, or have.
pub(super) fn by_people(
    sets: impl Iterator<Item = (AttributeId, BitSet)>,
) -> Vec<(Vec<AttributeId>, BitSet)> {
    let mut found: Vec<(Vec<AttributeId>, BitSet)> = Vec::new();
    for (attribute, set) in sets.filter(|(_, set)| !set.is_empty()) {
        match found.iter_mut().find(|(_, other)| *other == set) {
            Some((attributes, _)) => attributes.push(attribute),
            None => found.push((vec![attribute], set)),
        }
    }
    found
}
