//! `group`: what it is, and who is in it.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{Common, Referent as _, Somebody, Writing},
    user::{join, leave},
    wish::Wish,
};
use crate::model::{
    Name,
    edit::{Edit, GroupSpec, Member, Membership, ObjectRef, PrincipalName, Spec},
};

pub(super) const EXAMPLES: &str = "\
Examples:
  feedgate group add Developers --member jdoe --member-group Interns
  feedgate group add-member Developers ann bob
  feedgate group add-member Developers --group Contractors
  feedgate group remove-member Developers bob
  feedgate group show Developers
  feedgate group delete Developers --cascade --dry-run

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum Group {
    /// Make a group
    Add(AddGroup),
    /// Change what a group is described by
    Edit(EditGroup),
    #[command(flatten)]
    Common(Common<Somebody>),
    /// Put users and groups into a group
    #[command(override_usage = usage_of_members("add-member"))]
    AddMember(Members),
    /// Take users and groups out of a group
    #[command(override_usage = usage_of_members("remove-member"))]
    RemoveMember(Members),
}

#[derive(Debug, Args)]
pub struct AddGroup {
    #[command(flatten)]
    group: Somebody,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<Box<str>>,
    /// A user that is to be in it; may be repeated
    #[arg(long = "member", value_name = "USER", value_parser = Name::new)]
    users: Vec<Name>,
    /// A group that is to be in it; may be repeated
    #[arg(long = "member-group", value_name = "GROUP", value_parser = Name::new)]
    groups: Vec<Name>,
    /// The directory of the members, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new)]
    member_directory: Option<Name>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct EditGroup {
    #[command(flatten)]
    group: Somebody,
    /// What it is for
    #[arg(long, value_name = "TEXT", required = true)]
    description: Option<Box<str>>,
    #[command(flatten)]
    writing: Writing,
}

fn usage_of_members(command: &str) -> String {
    format!("feedgate group {command} [OPTIONS] <GROUP> <USER|--user <USER>|--group <GROUP>>...")
}

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("members").args(["users", "flagged_users", "groups"]).required(true).multiple(true)
))]
pub struct Members {
    /// The group
    #[arg(value_name = "GROUP", value_parser = Name::new)]
    to: Name,
    /// The users
    #[arg(value_name = "USER", value_parser = Name::new)]
    users: Vec<Name>,
    /// A user as a member, as `grant` takes it; may be repeated
    #[arg(long = "user", value_name = "USER", value_parser = Name::new)]
    flagged_users: Vec<Name>,
    /// A group as a member; may be repeated
    #[arg(long = "group", value_name = "GROUP", value_parser = Name::new)]
    groups: Vec<Name>,
    /// The directory of the group itself, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new)]
    directory: Option<Name>,
    /// The directory of the members, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new)]
    member_directory: Option<Name>,
    #[command(flatten)]
    writing: Writing,
}

impl Group {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(add) => add.wish(),
            Self::Edit(EditGroup { group, description, writing }) => {
                writing.edits(vec![Edit::Update(spec(group.named(), description))])
            }
            Self::Common(common) => common.wish(ObjectRef::Group),
            Self::AddMember(members) => members.wish(join),
            Self::RemoveMember(members) => members.wish(leave),
        }
    }
}

impl AddGroup {
    fn wish(self) -> Wish {
        let Self { group, description, users, groups, member_directory, writing } = self;
        let group = group.named();
        let mut edits = vec![Edit::Create(spec(group.clone(), description))];
        edits.extend(memberships(&group, users, groups, member_directory.as_ref()).map(join));
        writing.edits(edits)
    }
}

impl Members {
    fn wish(self, edit: fn(Membership) -> Edit) -> Wish {
        let Self { to, mut users, flagged_users, groups, directory, member_directory, writing } = self;
        users.extend(flagged_users);
        let group = PrincipalName::Named { directory, name: to };
        writing.edits(memberships(&group, users, groups, member_directory.as_ref()).map(edit).collect())
    }
}

fn spec(group: PrincipalName, description: Option<Box<str>>) -> Spec {
    Spec::Group(GroupSpec { group, description, external_id: None })
}

fn memberships(
    group: &PrincipalName,
    users: Vec<Name>,
    groups: Vec<Name>,
    directory: Option<&Name>,
) -> impl Iterator<Item = Membership> {
    let named = move |name| PrincipalName::Named { directory: directory.cloned(), name };
    let users = users.into_iter().map(move |name| Member::User(named(name)));
    let groups = groups.into_iter().map(move |name| Member::Group(named(name)));
    users.chain(groups).map(|member| Membership { group: group.clone(), member })
}
