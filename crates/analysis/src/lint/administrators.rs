//! Administrators who can't sign in, and passwords that are publicly known.

use super::{
    super::{well_known::CONFIGURE, words::Words},
    circumstances::{Circumstances, Obstacle, UnboundReason},
    code::Code,
    finding::Finding,
};
use feedgate_engine::{Demand, Holders, Index, Principals, Target, decide};
use feedgate_model::{DirectoryId, Group, GroupId, Kind, ObjectKey, Principal, User, UserId};

const GONE: &str = "is gone from its directory";

const DEMAND: Demand = Demand { attribute: CONFIGURE, target: Target::System };

pub(super) fn find(index: &Index, circumstances: &Circumstances, findings: &mut Vec<Finding>) {
    for user in &circumstances.known_passwords {
        let message = format!("{} has a password that everybody knows", Words(index).user(*user));
        let objects = vec![ObjectKey { kind: Kind::User, id: user.0.into() }];
        findings.push(Finding { people: 1, ..Finding::of(Code::KnownPassword, message, objects) });
    }
    let door = Door { index, circumstances };
    for user in index.users_from(UserId(0)).map(AsRef::as_ref) {
        let obstacles = door.obstacles(user);
        if obstacles.is_empty() || !is_administrator(index, user) {
            continue;
        }
        let name = Words(index).user(user.id);
        let why = obstacles.join(", and ");
        let message = format!("{name} is an administrator and can't sign in: the user {why}");
        let objects = vec![ObjectKey { kind: Kind::User, id: user.id.0.into() }];
        findings
            .push(Finding { people: 1, ..Finding::of(Code::AdministratorCannotSignIn, message, objects) });
    }
    for group in index.groups_from(GroupId(0)).map(AsRef::as_ref).filter(|group| !group.is_built_in()) {
        let obstacles = door.obstacles_of_group(group);
        if obstacles.is_empty() || !is_administrator(index, &a_member_of(group)) {
            continue;
        }
        let name = Words(index).group(group.id);
        let why = obstacles.join(", and ");
        let message =
            format!("the members of group {name} are administrators and can't sign in: the group {why}");
        let objects = vec![ObjectKey { kind: Kind::Group, id: group.id.0.into() }];
        findings.push(Finding::of(Code::AdministratorCannotSignIn, message, objects));
    }
    if !door.lets_an_administrator_in() {
        let message = "nobody who can sign in may configure the system".to_owned();
        findings.push(Finding::of(Code::AdministratorCannotSignIn, message, Vec::new()));
    }
}

/// The first users who may configure the system, if they can sign in.
pub fn administrators(index: &Index, limit: usize) -> Vec<&User> {
    Holders::new(index, DEMAND).users_from(UserId(0)).take(limit).collect()
}

/// True if a user may configure the system, or could if enabled.
fn is_administrator(index: &Index, user: &User) -> bool {
    let enabled = User { disabled: false, ..user.clone() };
    decide(index, &Principals::of_user(index, &enabled), DEMAND).allowed()
}

/// A user of an external directory who is in a group and in nothing else. No user of a policy has this id.
fn a_member_of(group: &Group) -> User {
    User {
        id: UserId(0),
        directory: group.directory,
        name: group.name.clone(),
        external_id: None,
        display_name: "".into(),
        email: "".into(),
        disabled: false,
        groups: vec![group.id],
        revision: 0,
    }
}

/// The obstacles to signing in, by user.
struct Door<'a> {
    index: &'a Index,
    circumstances: &'a Circumstances,
}

impl Door<'_> {
    /// Every reason for which a user can't sign in.
    fn obstacles(&self, user: &User) -> Vec<&'static str> {
        let mut all = Vec::new();
        if user.disabled {
            all.push("is disabled");
        }
        all.extend(self.obstacle_of_directory(user.directory));
        all.extend(self.obstacle_of_name(Principal::User(user.id)));
        let obstacle = self.circumstances.obstacles.get(&user.id).map(|obstacle| match obstacle {
            Obstacle::NoPassword => "has no password",
            Obstacle::Gone => GONE,
            Obstacle::AccountDisabled => "is disabled in its directory",
            Obstacle::AccountExpired => "has expired in its directory",
        });
        all.extend(obstacle.filter(|obstacle| !all.contains(obstacle)));
        all
    }

    /// Every reason for which no member of a group of an external directory can sign in as one.
    fn obstacles_of_group(&self, group: &Group) -> Vec<&'static str> {
        let mut all: Vec<_> = self.obstacle_of_directory(group.directory).into_iter().collect();
        all.extend(self.obstacle_of_name(Principal::Group(group.id)));
        all
    }

    fn obstacle_of_name(&self, principal: Principal) -> Option<&'static str> {
        self.circumstances.why_unbound(principal).map(|why| match why {
            UnboundReason::Vanished => GONE,
            _ => "isn't bound to an id of its directory",
        })
    }

    fn obstacle_of_directory(&self, id: DirectoryId) -> Option<&'static str> {
        if self.index.directory(id).is_none_or(|directory| !directory.enabled) {
            return Some("lives in a disabled directory");
        }
        let unconfigured = self.circumstances.unconfigured.contains(&id);
        unconfigured.then_some("lives in a directory that this server isn't configured to reach")
    }

    /// True if a user who may configure the system can sign in. A directory or a group without an obstacle counts,
    /// because its users aren't known here.
    fn lets_an_administrator_in(&self) -> bool {
        let holders = Holders::new(self.index, DEMAND);
        let reachable = |directory: DirectoryId| {
            directory != DirectoryId::BUILT_IN && self.obstacle_of_directory(directory).is_none()
        };
        let elsewhere = self.index.directories().any(|directory| reachable(directory.id));
        holders.users_from(UserId(0)).any(|user| self.obstacles(user).is_empty())
            || holders
                .groups_from(GroupId(0))
                .any(|group| !group.is_built_in() && self.obstacles_of_group(group).is_empty())
            || holders.virtual_principals().into_iter().any(|principal| match principal {
                Principal::Authenticated => elsewhere,
                Principal::AuthenticatedBy(directory) => reachable(directory),
                _ => false,
            })
    }
}
