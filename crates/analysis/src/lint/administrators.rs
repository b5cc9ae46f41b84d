//! Who can look after all this.

use super::{
    super::{people::Person, people::Presence, well_known::CONFIGURE, words::Words},
    code::Code,
    finding::Finding,
};
use feedgate_engine::{Demand, Holders, Index, Principals, Target, decide};
use feedgate_model::{DirectoryId, GroupId, Kind, ObjectKey, Principal, User, UserId};

/// `known_passwords` are users with a password that everybody knows.
pub(super) fn find(index: &Index, known_passwords: &[UserId], findings: &mut Vec<Finding>) {
    for user in known_passwords {
        let message = format!("{} has a password that everybody knows", Words(index).user(*user));
        let objects = vec![ObjectKey { kind: Kind::User, id: user.0.into() }];
        findings.push(Finding { people: 1, ..Finding::of(Code::KnownPassword, message, objects) });
    }
    let demand = Demand { attribute: CONFIGURE, target: Target::System };
    let holders = Holders::new(index, demand);
    let is_denied = |user: &&User| {
        let person = Person::User { user: user.id, directory: user.directory };
        Presence::of(index, person) == Presence::Denied
    };
    for user in index.users_from(UserId(0)).map(AsRef::as_ref).filter(is_denied) {
        let enabled = User { disabled: false, ..user.clone() };
        if !decide(index, &Principals::of_user(index, &enabled), demand).allowed() {
            continue;
        }
        let why = if user.disabled { "is disabled" } else { "lives in a disabled directory" };
        let name = Words(index).user(user.id);
        let message = format!("{name} is an administrator and can't sign in: the user {why}");
        let objects = vec![ObjectKey { kind: Kind::User, id: user.id.0.into() }];
        findings
            .push(Finding { people: 1, ..Finding::of(Code::AdministratorCannotSignIn, message, objects) });
    }
    // Who lives in an external directory isn't known here.
    let external = |directory: DirectoryId| directory != DirectoryId::BUILT_IN;
    let mut directories = index.directories().filter(|directory| directory.enabled);
    let elsewhere = directories.any(|directory| external(directory.id));
    let somebody = holders.users_from(UserId(0)).next().is_some()
        || holders.groups_from(GroupId(0)).any(|group| !group.is_built_in())
        || holders.virtual_principals().into_iter().any(|principal| match principal {
            Principal::Authenticated => elsewhere,
            Principal::AuthenticatedBy(directory) => external(directory),
            _ => false,
        });
    if !somebody {
        let message = "nobody who can sign in may configure the system".to_owned();
        findings.push(Finding::of(Code::AdministratorCannotSignIn, message, Vec::new()));
    }
}
