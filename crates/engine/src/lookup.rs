//! The other way round: on which feeds somebody may use an attribute, and who may use it on a target.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    allowed::Outlook,
    covering::covering,
    decision::{Demand, PrincipalRank},
    index::{Index, PrincipalKey},
    principals::{Principals, signed_in},
};
use feedgate_model::{AttributeId, Directory, Effect, Feed, FeedId, Group, GroupId, Principal, User, UserId};

/// The feeds from this id on that a subject may use an attribute on, in the order of their ids.
pub fn lookup_feeds<'i>(
    index: &'i Index,
    who: &'i Principals,
    attribute: AttributeId,
    from: FeedId,
) -> impl Iterator<Item = &'i Feed> {
    let (wanted, mut outlook) = (index.bits_of(attribute), Outlook::new(index, who));
    let feeds = index.feeds_with_grants_from(from);
    feeds.filter_map(move |(feed, grants)| {
        let may = !wanted.is_empty() && outlook.on_feed(feed, grants).has(wanted);
        may.then_some(feed.as_ref())
    })
}

/// Up to three levels, two bits each: whether a restriction is there and whether a permission is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Effects(u8);

impl Effects {
    const fn of(level: usize, effect: Effect) -> Self {
        Self(match effect {
            Effect::Restrict => 1 << (2 * level),
            Effect::Permit => 2 << (2 * level),
        })
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What the first level that says anything says.
    fn verdict(self) -> Option<Effect> {
        let lowest = self.0.trailing_zeros();
        (self.0 != 0).then_some(if lowest.is_multiple_of(2) { Effect::Restrict } else { Effect::Permit })
    }
}

/// Who may use one attribute on one target.
///
/// Reads the grants that cover the target once, and carries what they say to a group down to the groups in it;
/// a principal then costs a look-up for each of its own groups.
#[derive(Debug)]
pub struct Holders<'i> {
    index: &'i Index,
    /// What the grants say to a principal itself.
    own: HashMap<PrincipalKey, Effects, FixedState>,
    /// What they say to whoever is in a group, by it and by the groups that it is in.
    by_group: HashMap<GroupId, Effects, FixedState>,
}

impl<'i> Holders<'i> {
    /// Of an attribute on a target.
    pub fn new(index: &'i Index, demand: Demand) -> Self {
        let mut own: HashMap<_, Effects, _> = HashMap::default();
        if let Some((bit, feed_scopable)) = index.bit(demand.attribute) {
            for cover in covering(index, demand.target, feed_scopable).unwrap_or_default() {
                for (entry, _) in cover.grants.entries() {
                    if index.mask(entry.task) >> bit & 1 == 1 {
                        let effects = own.entry(entry.principal).or_default();
                        *effects = effects.and(Effects::of(cover.level, entry.effect));
                    }
                }
            }
        }
        let by_group = carried_down(index, &own);
        Self { index, own, by_group }
    }

    fn own(&self, principal: Principal) -> Effects {
        self.own.get(&PrincipalKey::of(principal)).copied().unwrap_or_default()
    }

    fn own_all(&self, principals: impl IntoIterator<Item = Principal>) -> Effects {
        principals.into_iter().map(|it| self.own(it)).fold(Effects::default(), Effects::and)
    }

    fn by_groups(&self, groups: &[GroupId]) -> Effects {
        let said = groups.iter().filter_map(|group| self.by_group.get(group));
        said.fold(Effects::default(), |all, effects| all.and(*effects))
    }

    fn lives(&self, directory: feedgate_model::DirectoryId) -> bool {
        self.index.directory(directory).is_some_and(|directory| directory.enabled)
    }

    /// Whether somebody may who is this virtual principal and nothing else; a user or group never is.
    fn is_allowed_as_such(&self, principal: Principal) -> bool {
        let said = match principal {
            Principal::User(_) | Principal::Group(_) => Effects::default(),
            Principal::Everyone => self.own(principal),
            Principal::Authenticated | Principal::Anonymous => self.own_all([Principal::Everyone, principal]),
            Principal::AuthenticatedBy(directory) => self.own_all(signed_in(directory)),
        };
        said.verdict() == Some(Effect::Permit)
    }

    /// The virtual principals that may, as somebody would fare who is nothing else. Those who are signed in by
    /// one directory are a case of their own only where a grant names them.
    pub fn virtual_principals(&self) -> Vec<Principal> {
        let named = |directory: &&Directory| {
            directory.enabled && self.own(Principal::AuthenticatedBy(directory.id)) != Effects::default()
        };
        let directories = self.index.directories().map(AsRef::as_ref).filter(named);
        let all = [Principal::Everyone, Principal::Authenticated].into_iter();
        let all = all.chain(directories.map(|directory| Principal::AuthenticatedBy(directory.id)));
        all.chain([Principal::Anonymous]).filter(|it| self.is_allowed_as_such(*it)).collect()
    }

    /// The groups from this id on whose members may, if they are in no other group. None of a disabled
    /// directory: nobody can be found there.
    pub fn groups_from(&self, from: GroupId) -> impl Iterator<Item = &'i Group> {
        let groups = self.index.groups_from(from).map(AsRef::as_ref);
        groups.filter(|group| {
            let said = self.by_groups(&[group.id]).and(self.own_all(signed_in(group.directory)));
            said.verdict() == Some(Effect::Permit) && self.lives(group.directory)
        })
    }

    /// The users from this id on who may. None who is disabled, or of a disabled directory.
    pub fn users_from(&self, from: UserId) -> impl Iterator<Item = &'i User> {
        self.index.users_from(from).map(AsRef::as_ref).filter(|user| self.allows(user))
    }

    fn allows(&self, user: &User) -> bool {
        let verdict = |rank| {
            let said = match rank {
                PrincipalRank::User => self.own(Principal::User(user.id)),
                PrincipalRank::Group => {
                    self.by_groups(&user.groups).and(self.own_all(signed_in(user.directory)))
                }
            };
            said.verdict()
        };
        let verdict = verdict(PrincipalRank::User).or_else(|| verdict(PrincipalRank::Group));
        verdict == Some(Effect::Permit) && !user.disabled && self.lives(user.directory)
    }
}

/// What grants say to the groups that they name, and to those in them, however deep. What a group hears only
/// ever grows, so that circles come to an end.
fn carried_down(
    index: &Index,
    own: &HashMap<PrincipalKey, Effects, FixedState>,
) -> HashMap<GroupId, Effects, FixedState> {
    let group_of = |key: &PrincipalKey| match key.principal() {
        Principal::Group(id) => Some(id),
        _ => None,
    };
    let mut heard: HashMap<_, _, _> =
        own.iter().filter_map(|(key, said)| Some((group_of(key)?, *said))).collect();
    let mut inside: HashMap<GroupId, Vec<GroupId>, FixedState> = HashMap::default();
    for group in index.nested_groups() {
        group.groups.iter().for_each(|above| inside.entry(*above).or_default().push(group.id));
    }
    let mut news: Vec<GroupId> = heard.keys().copied().collect();
    while let Some(group) = news.pop() {
        let said: Effects = heard.get(&group).copied().unwrap_or_default();
        for below in inside.get(&group).into_iter().flatten() {
            let effects: &mut Effects = heard.entry(*below).or_default();
            if effects.and(said) != *effects {
                *effects = effects.and(said);
                news.push(*below);
            }
        }
    }
    heard
}
