//! Restrictions that something beats: a permission to the user itself, or one on a narrower scope.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::{
    super::{
        meter::Cancelled,
        people::Person,
        people::Presence,
        words::{Words, joined},
    },
    Steps,
    code::Code,
    finding::Finding,
    rules::grant_key,
    suppress::Suppressions,
    weight::Scales,
};
use feedgate_engine::{AttributeBits, Demand, Index, Principals, Reason, Target, decide};
use feedgate_model::{
    DirectoryId, Effect, FeedGroupId, Grant, GrantId, GroupId, Kind, ObjectKey, Principal, Scope,
    ScopePrecedence, User, UserId,
};

/// How many of a kind a sentence names.
const NAMED: usize = 3;

pub(super) fn find(
    index: &Index,
    suppressions: &Suppressions<'_>,
    findings: &mut Vec<Finding>,
    steps: &Steps<'_>,
) -> Result<(), Cancelled> {
    let mut restrictions: HashMap<Principal, Vec<Grant>, FixedState> = HashMap::default();
    for grant in index.grants_from(GrantId(0)) {
        if grant.effect == Effect::Restrict && !matches!(grant.principal, Principal::User(_)) {
            restrictions.entry(grant.principal).or_default().push(grant);
        }
    }
    let mut by_users = BTreeMap::<GrantId, ByUsers>::new();
    let mut by_scope = ByScope::new(index, &restrictions);
    for (done, grant) in (0..).zip(index.grants_from(GrantId(0))) {
        steps.at_grant(1, done)?;
        match (grant.effect, grant.principal) {
            (Effect::Restrict, _) => {}
            (Effect::Permit, Principal::User(user)) => {
                if let Some(user) = index.user(user) {
                    beaten_by_user(index, user, &grant, &restrictions, &mut by_users);
                }
            }
            (Effect::Permit, _) => by_scope.note(&grant),
        }
    }
    for (restriction, by_users) in by_users {
        let apart = by_users.apart(index, suppressions).into_iter();
        findings.extend(apart.map(|(by, users)| Finding {
            suppressed: by.and_then(|by| suppressions.suppressed(by)),
            ..users.finding(index, restriction)
        }));
    }
    findings.extend(by_scope.finish());
    Ok(())
}

/// Who escapes a restriction, by which permissions.
#[derive(Default)]
struct ByUsers(BTreeMap<UserId, Vec<GrantId>>);

impl ByUsers {
    /// Those who are accepted make findings of their own, by the number of the suppression.
    fn apart(self, index: &Index, suppressions: &Suppressions<'_>) -> BTreeMap<Option<usize>, Self> {
        let mut apart = BTreeMap::<_, Self>::new();
        for (user, permissions) in self.0 {
            let groups = index.user(user).map(|it| Principals::groups_of(index, &it.groups));
            let meets = |object: ObjectKey| match object.kind {
                Kind::User => object.id == u64::from(user.0),
                Kind::Group => groups.iter().flatten().any(|group| object.id == u64::from(group.0)),
                Kind::Grant => permissions.iter().all(|permission| object.id == permission.0),
                _ => false,
            };
            let mut accepted = suppressions.of(Code::RestrictionDefeatedByUser);
            let by = accepted.find(|(_, it)| meets(it.object)).map(|(by, _)| by);
            apart.entry(by).or_default().0.insert(user, permissions);
        }
        apart
    }

    fn finding(self, index: &Index, restriction: GrantId) -> Finding {
        let words = Words(index);
        let count = self.0.len();
        let mut named: Vec<_> = self.0.keys().take(NAMED).map(|user| words.user(*user)).collect();
        if count > NAMED {
            named.push(format!("{} more", count - NAMED));
        }
        let message = format!(
            "{} doesn't hold for {}: {}",
            words.grant(restriction),
            joined(named),
            if count == 1 {
                "a permission to the user itself beats it"
            } else {
                "permissions to the users themselves beat it"
            }
        );
        let users = self.0.keys().map(|user| ObjectKey { kind: Kind::User, id: user.0.into() });
        let permissions = self.0.values().flatten().copied().map(grant_key);
        let objects = [grant_key(restriction)].into_iter().chain(users).chain(permissions).collect();
        Finding { people: count as u64, ..Finding::of(Code::RestrictionDefeatedByUser, message, objects) }
    }
}

/// Notes the restrictions that would hold for a user but for a permission to the user itself.
fn beaten_by_user(
    index: &Index,
    user: &User,
    permission: &Grant,
    restrictions: &HashMap<Principal, Vec<Grant>, FixedState>,
    found: &mut BTreeMap<GrantId, ByUsers>,
) {
    let person = Person::User { user: user.id, directory: user.directory };
    let Presence::Known { directory, groups } = Presence::of(index, person) else { return };
    let groups = Principals::groups_of(index, groups).into_iter().map(Principal::Group);
    let signed_in = [Principal::AuthenticatedBy(directory), Principal::Authenticated, Principal::Everyone];
    let mut who = None;
    let given = index.bits_of_task(permission.task);
    for restriction in groups.chain(signed_in).filter_map(|it| restrictions.get(&it)).flatten() {
        let both = index.bits_of_task(restriction.task).and(given);
        if both.is_empty() {
            continue;
        }
        let Some(target) = in_both(index, permission.scope, restriction.scope) else { continue };
        let who = who.get_or_insert_with(|| Principals::of_user(index, user));
        let decides = index.attributes_in(both).any(|attribute| {
            let demand = Demand { attribute: attribute.id, target };
            let scopable = attribute.feed_scopable || (permission.scope, restriction.scope) == ALL;
            scopable && decide(index, who, demand).reason == Reason::Permitted(permission.id)
        });
        if decides {
            found.entry(restriction.id).or_default().0.entry(user.id).or_default().push(permission.id);
        }
    }
}

const ALL: (Scope, Scope) = (Scope::AllFeeds, Scope::AllFeeds);

/// The narrower of two scopes, as a target, if one is in the other.
fn in_both(index: &Index, one: Scope, other: Scope) -> Option<Target> {
    let group_of = |feed| index.feed(feed).and_then(|feed| feed.group);
    match (one, other) {
        (Scope::AllFeeds, scope) | (scope, Scope::AllFeeds) => Some(target_of(scope)),
        (Scope::Feed(a), Scope::Feed(b)) => (a == b).then_some(Target::Feed(a)),
        (Scope::FeedGroup(a), Scope::FeedGroup(b)) => (a == b).then_some(Target::FeedGroup(a)),
        (Scope::Feed(feed), Scope::FeedGroup(group)) | (Scope::FeedGroup(group), Scope::Feed(feed)) => {
            (group_of(feed) == Some(group)).then_some(Target::Feed(feed))
        }
    }
}

const fn target_of(scope: Scope) -> Target {
    match scope {
        Scope::AllFeeds => Target::System,
        Scope::Feed(feed) => Target::Feed(feed),
        Scope::FeedGroup(group) => Target::FeedGroup(group),
    }
}

/// Restrictions of virtual principals, and the permissions on narrower scopes that beat them.
struct ByScope<'i> {
    index: &'i Index,
    scales: Scales<'i>,
    on_all: Vec<Meant<'i>>,
    on_groups: HashMap<FeedGroupId, Vec<Meant<'i>>, FixedState>,
}

/// A restriction that is meant for all, or for all who are or aren't signed in.
struct Meant<'i> {
    restriction: &'i Grant,
    /// The groups in which people of the directory can be that the restriction is about, if it is about one.
    groups: HashSet<GroupId, FixedState>,
    attributes: AttributeBits,
    beaten_by: Vec<GrantId>,
    more: usize,
}

/// How many permissions a finding about a restriction has.
const KEPT: usize = 20;

impl<'i> ByScope<'i> {
    fn new(index: &'i Index, restrictions: &'i HashMap<Principal, Vec<Grant>, FixedState>) -> Self {
        let mut by_scope =
            Self { index, scales: Scales::new(index), on_all: Vec::new(), on_groups: HashMap::default() };
        let equal = index.settings().scope_precedence == ScopePrecedence::FeedAndGroupEqual;
        for restriction in restrictions.values().flatten() {
            if matches!(restriction.principal, Principal::User(_) | Principal::Group(_)) {
                continue;
            }
            let attributes = index.bits_of_task(restriction.task).and(index.scopable_bits());
            let groups = match restriction.principal {
                Principal::AuthenticatedBy(directory) => groups_with(index, directory),
                _ => HashSet::default(),
            };
            let meant = Meant { restriction, groups, attributes, beaten_by: Vec::new(), more: 0 };
            match restriction.scope {
                Scope::AllFeeds => by_scope.on_all.push(meant),
                Scope::FeedGroup(group) if !equal => by_scope.on_groups.entry(group).or_default().push(meant),
                Scope::FeedGroup(_) | Scope::Feed(_) => {}
            }
        }
        by_scope
    }

    /// Notes which restrictions a permission beats.
    fn note(&mut self, permission: &Grant) {
        let Self { index, scales, on_all, on_groups } = self;
        let group = match permission.scope {
            Scope::AllFeeds => return,
            Scope::FeedGroup(_) => None,
            Scope::Feed(feed) => index.feed(feed).and_then(|feed| feed.group),
        };
        let on_group = group.and_then(|group| on_groups.get_mut(&group)).into_iter().flatten();
        let mut left = None;
        for meant in on_all.iter_mut().chain(on_group) {
            let given = index.bits_of_task(permission.task);
            if meant.attributes.and(given).is_empty() || !meant.means(permission.principal) {
                continue;
            }
            // What a restriction on the same scope takes, doesn't beat one on a wider scope.
            let left = *left.get_or_insert_with(|| scales.weigh(permission).left);
            if meant.attributes.and(left).is_empty() {
                continue;
            }
            if meant.beaten_by.len() < KEPT {
                meant.beaten_by.push(permission.id);
            } else {
                meant.more += 1;
            }
        }
    }

    fn finish(self) -> impl Iterator<Item = Finding> + use<'i> {
        let words = Words(self.index);
        let all = self.on_all.into_iter().chain(self.on_groups.into_values().flatten());
        all.filter(|meant| !meant.beaten_by.is_empty()).map(move |meant| {
            let more = meant.beaten_by.len().saturating_sub(NAMED) + meant.more;
            let mut named: Vec<_> = meant.beaten_by.iter().take(NAMED).map(|id| words.grant(*id)).collect();
            if more > 0 {
                named.push(format!("{more} more"));
            }
            let message = format!(
                "{} is beaten on a narrower scope by {}",
                words.grant(meant.restriction.id),
                joined(named)
            );
            let beating = meant.beaten_by.into_iter().map(grant_key);
            let objects = [grant_key(meant.restriction.id)].into_iter().chain(beating).collect();
            Finding::of(Code::RestrictionDefeatedByScope, message, objects)
        })
    }
}

/// The groups of a directory, those of its people, and all that contain them.
fn groups_with(index: &Index, directory: DirectoryId) -> HashSet<GroupId, FixedState> {
    let users = index.users_from(UserId(0)).filter(|user| user.directory == directory);
    let groups = index.groups_from(GroupId(0)).filter(|group| group.directory == directory);
    let direct = users.flat_map(|user| user.groups.iter().copied()).chain(groups.map(|group| group.id));
    let direct: HashSet<_, FixedState> = direct.collect();
    Principals::groups_of(index, &direct.into_iter().collect::<Vec<_>>()).into_iter().collect()
}

impl Meant<'_> {
    /// Whether the restriction and a permission can be about the same person.
    fn means(&self, permitted: Principal) -> bool {
        match self.restriction.principal {
            Principal::Everyone => true,
            Principal::Anonymous => matches!(permitted, Principal::Everyone | Principal::Anonymous),
            Principal::Authenticated => permitted != Principal::Anonymous,
            Principal::AuthenticatedBy(own) => match permitted {
                Principal::Group(group) => self.groups.contains(&group),
                Principal::AuthenticatedBy(directory) => directory == own,
                _ => permitted != Principal::Anonymous,
            },
            Principal::User(_) | Principal::Group(_) => false,
        }
    }
}
