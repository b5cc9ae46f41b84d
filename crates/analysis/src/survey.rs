//! Who may use which attributes on a target, for everybody at once, target after target.
//!
//! The order of [`decide`](feedgate_engine::decide), turned inside out. What grants on all feeds say to groups
//! and virtual principals is laid down first, a set of people an attribute; over it what those on a feed group
//! say, then those on the feed, permissions before restrictions, so that what beats something comes after it.
//! Grants to users beat them all and are few: each such user is decided apart and put over the rest.
//!
//! What is below a feed's own grants is the same for all feeds of a group: a [`Ground`], made once.

use std::collections::BTreeMap;

use super::people::{BitSet, Crowd, Crowds, Population};
use feedgate_engine::{AttributeBits, Decided, Entry, Index, Said};
use feedgate_model::{
    AttributeId, Effect, Feed, FeedGroupId, Principal, Scope, ScopePrecedence, UnknownFeed,
};

/// One policy, looked at for some people and attributes.
#[derive(Debug)]
pub struct Survey<'a> {
    index: &'a Index,
    population: &'a Population,
    crowds: &'a Crowds,
    /// The bits of the attributes that are looked at; none for one that this policy doesn't have.
    attributes: Vec<AttributeBits>,
    /// What grants on all feeds say.
    all: Ground,
    /// What they say to users.
    users_on_all: UsersSaid,
}

/// What grants of one scope say to users, by their positions.
type UsersSaid = BTreeMap<u32, Said>;

/// What a grant says, in the bits of the attributes that are looked at.
#[derive(Clone, Copy, Debug)]
struct Rule {
    effect: Effect,
    principal: Principal,
    attributes: AttributeBits,
}

/// What holds for a feed before its own grants are looked at: what those on its group and on all feeds say.
#[derive(Clone, Debug)]
pub struct Ground {
    group: Option<FeedGroupId>,
    /// By attribute, whom groups and virtual principals make allowed.
    allowed: Vec<BitSet>,
    /// By attribute, who is restricted on the group; only where a group's grants equal a feed's.
    restricted: Vec<BitSet>,
    /// The users whose own grants decide something.
    users: BTreeMap<u32, Decided>,
    /// What the group's grants say to users; only where they equal a feed's.
    users_on_group: UsersSaid,
}

impl Ground {
    /// By attribute, whom groups and virtual principals make allowed.
    pub fn allowed(&self) -> &[BitSet] {
        &self.allowed
    }

    /// Whether grants to users decide the same on another ground.
    pub fn has_same_users(&self, other: &Self) -> bool {
        self.users == other.users
    }
}

impl<'a> Survey<'a> {
    /// Of these attributes; answers have a set for each, in their order.
    pub fn new(
        index: &'a Index,
        population: &'a Population,
        crowds: &'a Crowds,
        attributes: &[AttributeId],
    ) -> Self {
        let attributes: Vec<_> = attributes.iter().map(|id| index.bits_of(*id)).collect();
        let nothing = vec![population.none(); attributes.len()];
        let mut survey = Self {
            index,
            population,
            crowds,
            all: Ground {
                group: None,
                allowed: nothing,
                restricted: Vec::new(),
                users: BTreeMap::new(),
                users_on_group: UsersSaid::new(),
            },
            attributes,
            users_on_all: UsersSaid::new(),
        };
        let rules = survey.rules(Scope::AllFeeds, index.all_bits());
        survey.users_on_all = survey.to_users(&rules);
        survey.all.users =
            survey.users_on_all.iter().map(|(at, said)| (*at, Decided::default().then(*said))).collect();
        let mut allowed = std::mem::take(&mut survey.all.allowed);
        survey.lay(&rules, &mut allowed, &[]);
        survey.all.allowed = allowed;
        survey
    }

    /// The policy.
    pub fn index(&self) -> &'a Index {
        self.index
    }

    /// A set for each attribute, with nobody in it.
    pub fn nobody(&self) -> Vec<BitSet> {
        vec![self.population.none(); self.attributes.len()]
    }

    /// What holds on all feeds.
    pub fn everywhere(&self) -> &Ground {
        &self.all
    }

    /// What holds in a feed group.
    fn in_group(&self, group: FeedGroupId) -> Ground {
        let rules = self.rules(Scope::FeedGroup(group), self.index.scopable_bits());
        let mut ground = Ground { group: Some(group), ..self.all.clone() };
        self.lay(&rules, &mut ground.allowed, &[]);
        let said = self.to_users(&rules);
        for (at, said) in &said {
            let on_all = self.users_on_all.get(at).copied().unwrap_or_default();
            ground.users.insert(*at, Decided::default().then(*said).then(on_all));
        }
        if self.index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual {
            ground.restricted = self.nobody();
            self.each(&rules, Effect::Restrict, &mut ground.restricted, |crowd, set| crowd.add_to(set));
            ground.users_on_group = said;
        }
        ground
    }

    /// What holds for a feed before its own grants: `last`, if that is it already.
    pub fn ground_of<'g>(&'g self, feed: &Feed, last: &'g mut Option<Ground>) -> &'g Ground {
        feed.group.map_or(&self.all, |group| self.ground_in(group, last))
    }

    /// What holds in a feed group: `last`, if that is it already.
    pub fn ground_in<'g>(&'g self, group: FeedGroupId, last: &'g mut Option<Ground>) -> &'g Ground {
        if last.as_ref().is_none_or(|ground| ground.group != Some(group)) {
            *last = Some(self.in_group(group));
        }
        last.as_ref().unwrap_or(&self.all)
    }

    /// Who may on the system, by attribute.
    pub fn on_system(&self, allowed: &mut [BitSet]) {
        self.on_ground(&self.all, allowed, self.index.all_bits());
    }

    /// Who may on a feed group, by attribute; nobody for attributes of the system.
    pub fn on_group(&self, ground: &Ground, allowed: &mut [BitSet]) {
        self.on_ground(ground, allowed, self.index.scopable_bits());
    }

    /// Who may on a feed that isn't registered.
    pub fn on_unknown_feed(&self, allowed: &mut [BitSet]) {
        match self.index.settings().unknown_feed {
            UnknownFeed::Deny => allowed.iter_mut().for_each(BitSet::clear),
            UnknownFeed::AllFeedsGrants => {
                self.on_ground(&self.all, allowed, self.index.scopable_bits());
            }
        }
    }

    /// Who may on a feed, by attribute; nobody for attributes of the system.
    pub fn on_feed(&self, ground: &Ground, feed: &Feed, allowed: &mut [BitSet]) {
        let scopable = self.index.scopable_bits();
        let rules = self.rules(Scope::Feed(feed.id), scopable);
        self.begin(ground, allowed, scopable);
        self.lay(&rules, allowed, &ground.restricted);
        self.put_users(ground.users.iter().map(|(at, decided)| (*at, *decided)), allowed, scopable);
        let users = self.to_users(&rules).into_iter().map(|(at, said)| {
            let on_group = ground.users_on_group.get(&at).copied().unwrap_or_default();
            let below = match ground.users_on_group.is_empty() {
                true => ground.users.get(&at).copied().unwrap_or_default(),
                false => {
                    let on_all = self.users_on_all.get(&at).copied().unwrap_or_default();
                    Decided::default().then(on_all)
                }
            };
            (at, Decided::default().then(said.and(on_group)).over(below))
        });
        self.put_users(users, allowed, scopable);
    }

    /// Takes out of sets, one an attribute, for whomever the grants of a feed or feed group decide.
    pub fn leave_undecided(&self, scope: Scope, sets: &mut [BitSet]) {
        let rules = self.rules(scope, self.index.scopable_bits());
        for effect in [Effect::Permit, Effect::Restrict] {
            self.each(&rules, effect, sets, |crowd, set| crowd.take_from(set));
        }
        self.take_named(&self.to_users(&rules), sets);
    }

    /// Takes out of sets, one an attribute, for whomever a grant to themselves on all feeds decides.
    pub fn leave_undecided_by_name(&self, sets: &mut [BitSet]) {
        self.take_named(&self.users_on_all, sets);
    }

    /// Leaves nobody in the sets, one an attribute, of attributes of the system.
    pub fn leave_scopable(&self, sets: &mut [BitSet]) {
        let scopable = self.index.scopable_bits();
        let of_system = |(attribute, _): &(&AttributeBits, &mut BitSet)| !scopable.has(**attribute);
        self.attributes.iter().zip(sets).filter(of_system).for_each(|(_, set)| set.clear());
    }

    fn take_named(&self, users: &UsersSaid, sets: &mut [BitSet]) {
        for (position, said) in users {
            let decided = Decided::default().then(*said).decided;
            let theirs = |(attribute, _): &(&AttributeBits, &mut BitSet)| {
                !attribute.is_empty() && decided.has(**attribute)
            };
            let own = self.attributes.iter().zip(sets.iter_mut()).filter(theirs);
            own.for_each(|(_, set)| set.remove(*position));
        }
    }

    fn on_ground(&self, ground: &Ground, allowed: &mut [BitSet], wanted: AttributeBits) {
        self.begin(ground, allowed, wanted);
        self.put_users(ground.users.iter().map(|(at, decided)| (*at, *decided)), allowed, wanted);
    }

    /// Begins with what the ground says to groups and virtual principals, for the attributes that are wanted.
    fn begin(&self, ground: &Ground, allowed: &mut [BitSet], wanted: AttributeBits) {
        for ((allowed, ground), attribute) in allowed.iter_mut().zip(&ground.allowed).zip(&self.attributes) {
            if !attribute.is_empty() && wanted.has(*attribute) {
                allowed.copy_from(ground);
            } else {
                allowed.clear();
            }
        }
    }

    /// What the grants of a scope say of the attributes that are looked at and that it can give.
    fn rules(&self, scope: Scope, given: AttributeBits) -> Vec<Rule> {
        let wanted = self.attributes.iter().copied().collect::<AttributeBits>().and(given);
        let rule = |entry: Entry| Rule {
            effect: entry.effect,
            principal: entry.principal.principal(),
            attributes: self.index.bits_of_task(entry.task).and(wanted),
        };
        let rules = self.index.table(scope).entries().into_iter().map(|(entry, _)| rule(entry));
        rules.filter(|rule| !rule.attributes.is_empty()).collect()
    }

    /// Lays what grants of one level say to groups and virtual principals over what the levels below say.
    /// Whoever is in `restricted` is restricted at the same level elsewhere, and stays denied.
    fn lay(&self, rules: &[Rule], allowed: &mut [BitSet], restricted: &[BitSet]) {
        self.each(rules, Effect::Permit, allowed, |crowd, set| crowd.add_to(set));
        for (allowed, restricted) in allowed.iter_mut().zip(restricted) {
            allowed.remove_all(restricted);
        }
        self.each(rules, Effect::Restrict, allowed, |crowd, set| crowd.take_from(set));
    }

    /// Does something with the crowd of each grant of an effect and the set of each of its attributes.
    fn each(
        &self,
        rules: &[Rule],
        effect: Effect,
        sets: &mut [BitSet],
        act: impl Fn(Crowd<'_>, &mut BitSet),
    ) {
        let for_many = |rule: &&Rule| rule.effect == effect && !matches!(rule.principal, Principal::User(_));
        for rule in rules.iter().filter(for_many) {
            let crowd = self.crowds.of(rule.principal, effect);
            let own = |(attribute, _): &(&AttributeBits, &mut BitSet)| {
                !attribute.is_empty() && rule.attributes.has(**attribute)
            };
            self.attributes.iter().zip(sets.iter_mut()).filter(own).for_each(|(_, set)| act(crowd, set));
        }
    }

    /// What grants say to users themselves.
    fn to_users(&self, rules: &[Rule]) -> UsersSaid {
        let mut said = UsersSaid::new();
        for rule in rules {
            if let Principal::User(user) = rule.principal
                && let Some(position) = self.crowds.position_of(user)
            {
                said.entry(position).or_default().hear(rule.effect, rule.attributes);
            }
        }
        said
    }

    /// Puts what is decided for users over everything else.
    fn put_users(
        &self,
        users: impl Iterator<Item = (u32, Decided)>,
        allowed: &mut [BitSet],
        wanted: AttributeBits,
    ) {
        for (position, decided) in users {
            let decided_here = decided.decided.and(wanted);
            for (attribute, allowed) in self.attributes.iter().zip(allowed.iter_mut()) {
                if attribute.is_empty() || !decided_here.has(*attribute) {
                    continue;
                }
                if decided.allowed.has(*attribute) {
                    allowed.insert(position);
                } else {
                    allowed.remove(position);
                }
            }
        }
    }
}
