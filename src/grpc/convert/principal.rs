//! How principals are named: users, groups, members, and whom a grant is for.

use super::{
    invalid::{Invalid, under},
    text,
};
use crate::{
    grpc::pb,
    model::edit::{Member, PrincipalName, PrincipalRef},
};

/// A user or a group that must be named. The id counts if there is one, else the name: answers carry both,
/// and whoever sends one back means what they read, not what has taken its name since.
pub fn principal_name(principal: Option<&pb::PrincipalName>, field: &str) -> Result<PrincipalName, Invalid> {
    let principal = principal.ok_or_else(|| Invalid::missing(field))?;
    named(principal).map_err(under(field))
}

/// The same in a list.
pub fn named(principal: &pb::PrincipalName) -> Result<PrincipalName, Invalid> {
    let pb::PrincipalName { directory, name, id, unbound: _ } = principal;
    if *id != 0 {
        let id = u32::try_from(*id);
        return id.map(PrincipalName::Id).map_err(|_| Invalid::value("id", "is no principal's id"));
    }
    by_name(directory, name)
}

/// A user or group as it names itself: always by name.
pub fn by_name(directory: &str, name: &str) -> Result<PrincipalName, Invalid> {
    Ok(PrincipalName::Named {
        directory: text::optional_name("directory", directory)?,
        name: text::name("name", name)?,
    })
}

/// What a group can contain.
pub fn member(principal: Option<&pb::Principal>, field: &str) -> Result<Member, Invalid> {
    let principal = principal.ok_or_else(|| Invalid::missing(field))?;
    listed_member(principal).map_err(under(field))
}

/// The same in a list.
pub fn listed_member(principal: &pb::Principal) -> Result<Member, Invalid> {
    match principal_ref(principal)? {
        PrincipalRef::User(user) => Ok(Member::User(user)),
        PrincipalRef::Group(group) => Ok(Member::Group(group)),
        PrincipalRef::Everyone | PrincipalRef::Authenticated { .. } | PrincipalRef::Anonymous => {
            Err(Invalid::value("kind", "a virtual principal is in no group: use a user or a group"))
        }
    }
}

/// Whom a grant is for.
pub fn principal_ref(principal: &pb::Principal) -> Result<PrincipalRef, Invalid> {
    use pb::principal::{Anonymous, Authenticated, Everyone, Kind};
    let pb::Principal { kind } = principal;
    Ok(match kind {
        None => return Err(Invalid::missing("kind")),
        Some(Kind::User(user)) => PrincipalRef::User(named(user).map_err(under("user"))?),
        Some(Kind::Group(group)) => PrincipalRef::Group(named(group).map_err(under("group"))?),
        Some(Kind::Everyone(Everyone {})) => PrincipalRef::Everyone,
        Some(Kind::Authenticated(Authenticated { directory })) => PrincipalRef::Authenticated {
            directory: text::optional_name("authenticated.directory", directory)?,
        },
        Some(Kind::Anonymous(Anonymous {})) => PrincipalRef::Anonymous,
    })
}

impl From<PrincipalName> for pb::PrincipalName {
    fn from(principal: PrincipalName) -> Self {
        match principal {
            PrincipalName::Named { directory, name } => {
                let directory = directory.map(String::from).unwrap_or_default();
                Self { directory, name: name.into(), ..Self::default() }
            }
            PrincipalName::Id(id) => Self { id: id.into(), ..Self::default() },
        }
    }
}

impl From<Member> for pb::Principal {
    fn from(member: Member) -> Self {
        PrincipalRef::from(member).into()
    }
}

impl From<PrincipalRef> for pb::Principal {
    fn from(principal: PrincipalRef) -> Self {
        use pb::principal::{Anonymous, Authenticated, Everyone, Kind};
        let kind = match principal {
            PrincipalRef::User(user) => Kind::User(user.into()),
            PrincipalRef::Group(group) => Kind::Group(group.into()),
            PrincipalRef::Everyone => Kind::Everyone(Everyone {}),
            PrincipalRef::Authenticated { directory } => Kind::Authenticated(Authenticated {
                directory: directory.map(String::from).unwrap_or_default(),
            }),
            PrincipalRef::Anonymous => Kind::Anonymous(Anonymous {}),
        };
        Self { kind: Some(kind) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_wins() {
        let both = |id| pb::PrincipalName { directory: "gone".into(), name: " ".into(), id, unbound: true };
        assert_eq!(named(&both(7)), Ok(PrincipalName::Id(7)));
        assert_eq!(named(&both(0)).unwrap_err().field, "name");
        assert_eq!(named(&both(1 << 32)).unwrap_err().field, "id");
        let by_name = pb::PrincipalName { name: "ann".into(), ..pb::PrincipalName::default() };
        assert!(matches!(named(&by_name), Ok(PrincipalName::Named { directory: None, .. })));
    }
}
