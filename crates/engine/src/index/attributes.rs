//! The catalogue as decisions use it: each attribute has one of 64 bits.

use std::{collections::HashMap, sync::Arc};

use foldhash::fast::FixedState;

use feedgate_model::{Attribute, AttributeId, TaskAttributes, attribute::MAX_ATTRIBUTES};

/// Every attribute, its bit and its name. At most 64, so a change copies it whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    /// An attribute's place is its bit. Bits are an index's own: stored objects refer to ids, and the bit of
    /// an attribute that is gone can be another's.
    by_bit: Vec<Option<Arc<Attribute>>>,
    bit_by_name: HashMap<Box<str>, u32, FixedState>,
    /// The bits that are taken, and which of them are feed-scopable.
    all: u64,
    scopable: u64,
}

impl Attributes {
    /// The attributes in the order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Attribute>> {
        let mut all: Vec<_> = self.by_bit.iter().flatten().collect();
        all.sort_unstable_by_key(|attribute| attribute.id);
        all.into_iter()
    }

    pub(super) fn len(&self) -> usize {
        self.bit_by_name.len()
    }

    pub(super) fn named(&self, name: &str) -> Option<&Arc<Attribute>> {
        self.at(*self.bit_by_name.get(name)?)
    }

    fn at(&self, bit: u32) -> Option<&Arc<Attribute>> {
        self.by_bit.get(bit as usize)?.as_ref()
    }

    /// An attribute and its bit.
    #[inline]
    pub(super) fn get(&self, id: AttributeId) -> Option<(u32, &Arc<Attribute>)> {
        // Most attributes never had to move from the place that their id suggests.
        let home = home_of(id);
        if let Some(found) = self.at(home).filter(|attribute| attribute.id == id) {
            return Some((home, found));
        }
        (0..).zip(&self.by_bit).find_map(|(bit, slot)| slot.as_ref().filter(|a| a.id == id).map(|a| (bit, a)))
    }

    /// The bits of all attributes, and of the feed-scopable ones.
    pub(super) const fn all_and_scopable(&self) -> (u64, u64) {
        (self.all, self.scopable)
    }

    /// The attributes of these bits, in the order of their ids.
    pub(super) fn of_bits(&self, bits: u64) -> impl Iterator<Item = &Arc<Attribute>> {
        let named = (0..).zip(&self.by_bit).filter(move |(bit, _)| bits >> bit & 1 == 1);
        let mut found: Vec<_> = named.filter_map(|(_, slot)| slot.as_ref()).collect();
        found.sort_unstable_by_key(|attribute| attribute.id);
        found.into_iter()
    }

    /// The bits of a task's attributes.
    pub(super) fn mask_of(&self, attributes: &TaskAttributes) -> u64 {
        match attributes {
            TaskAttributes::All => u64::MAX,
            TaskAttributes::These(ids) => {
                ids.iter().filter_map(|id| self.get(*id)).fold(0, |mask, (bit, _)| mask | 1 << bit)
            }
        }
    }

    /// Adds an attribute or changes the one with its id. False if there is no bit left.
    pub(super) fn put(&mut self, attribute: Arc<Attribute>) -> bool {
        self.by_bit.resize(MAX_ATTRIBUTES, None);
        let home = home_of(attribute.id);
        let bit = if let Some((bit, _)) = self.get(attribute.id) {
            bit
        } else if self.at(home).is_none() {
            home
        } else if let Some(free) = self.by_bit.iter().position(Option::is_none) {
            free as u32
        } else {
            return false;
        };
        if let Some(slot) = self.by_bit.get_mut(bit as usize) {
            if let Some(old) = slot.take() {
                self.bit_by_name.remove(old.name.as_str());
            }
            self.bit_by_name.insert(attribute.name.as_str().into(), bit);
            self.all |= 1 << bit;
            self.scopable = self.scopable & !(1 << bit) | u64::from(attribute.feed_scopable) << bit;
            *slot = Some(attribute);
        }
        true
    }

    /// Takes an attribute out. No task may name it any more: its bit is free for another.
    pub(super) fn remove(&mut self, id: AttributeId) {
        let Some((bit, _)) = self.get(id) else { return };
        if let Some(old) = self.by_bit.get_mut(bit as usize).and_then(Option::take) {
            self.bit_by_name.remove(old.name.as_str());
            self.all &= !(1 << bit);
            self.scopable &= !(1 << bit);
        }
    }
}

const fn home_of(id: AttributeId) -> u32 {
    id.0.wrapping_sub(1) % MAX_ATTRIBUTES as u32
}
