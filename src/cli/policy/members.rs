//! The members of a very large group, as the difference from what they are.
//!
//! The list of all of them is one change, and the only one that can outgrow a message. The difference says the
//! same in many small ones, because the change set is bound to the revision at which it was worked out.

use std::collections::HashSet;

use crate::model::{
    Name,
    directory::BUILT_IN_NAME,
    edit::{Edit, Member, Membership, ObjectRef, PrincipalName, Spec},
};

/// The edits that make the direct members of a group exactly these, in a policy that is like this.
pub(super) fn difference(group: &PrincipalName, members: Vec<Member>, policy: &[Spec]) -> Vec<Edit> {
    let memberships = policy.iter().filter_map(|spec| match spec {
        Spec::Membership(membership) => Some(membership),
        _ => None,
    });
    let present: Vec<&Membership> =
        memberships.filter(|membership| id(&membership.group) == id(group)).collect();
    let present_ids: HashSet<_> = present.iter().map(|membership| member_id(&membership.member)).collect();
    let wanted: HashSet<_> = members.iter().map(member_id).collect();
    let gone = present
        .iter()
        .filter(|membership| !wanted.contains(&member_id(&membership.member)))
        // A member that an earlier edit deletes has left the group by then.
        .map(|membership| Edit::Delete {
            object: ObjectRef::Membership((*membership).clone()),
            cascade: false,
            missing_ok: true,
        });
    let new = members.iter().filter(|member| !present_ids.contains(&member_id(member))).map(|member| {
        Edit::Put(Spec::Membership(Membership { group: group.clone(), member: member.clone() }))
    });
    gone.chain(new).collect()
}

#[derive(PartialEq, Eq, Hash)]
enum Id<'a> {
    /// Without a directory: the built-in one.
    Named(Option<&'a Name>, &'a Name),
    Number(u32),
}

fn id(principal: &PrincipalName) -> Id<'_> {
    match principal {
        PrincipalName::Named { directory, name } => {
            Id::Named(directory.as_ref().filter(|directory| directory.as_str() != BUILT_IN_NAME), name)
        }
        PrincipalName::Id(number) => Id::Number(*number),
    }
}

/// A user and a group of one name are two members.
fn member_id(member: &Member) -> (bool, Id<'_>) {
    match member {
        Member::User(user) => (false, id(user)),
        Member::Group(group) => (true, id(group)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, directory: Option<&str>) -> PrincipalName {
        let name = Name::new(name).unwrap();
        PrincipalName::Named { directory: directory.map(|d| Name::new(d).unwrap()), name }
    }

    fn user(name: &str) -> Member {
        Member::User(named(name, None))
    }

    fn in_group(group: &str, member: Member) -> Membership {
        Membership { group: named(group, Some("built-in")), member }
    }

    #[test]
    fn only_what_differs_is_said() {
        let jdoe = Member::User(named("jDoe", Some("built-in")));
        let specs = [
            Spec::Membership(in_group("all", jdoe)),
            Spec::Membership(in_group("all", user("ann"))),
            Spec::Membership(in_group("other", user("cwu"))),
        ];
        let all = named("ALL", None);
        let wanted = vec![user("JDOE"), user("cwu"), Member::Group(named("ann", None))];
        let put = |member: Member| Edit::Put(Spec::Membership(Membership { group: all.clone(), member }));
        assert_eq!(
            difference(&all, wanted, &specs),
            [
                Edit::Delete {
                    object: ObjectRef::Membership(in_group("all", user("ann"))),
                    cascade: false,
                    missing_ok: true,
                },
                put(user("cwu")),
                put(Member::Group(named("ann", None))),
            ]
        );
    }
}
