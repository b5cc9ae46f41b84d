//! `user`: who they are, which groups they are in, how they sign in.

use clap::{ArgGroup, Args, Subcommand};

use super::{
    common::{Common, Referent as _, Somebody, Writing},
    wish::{What, Wish},
};
use crate::model::{
    Name,
    edit::{Edit, Member, Membership, ObjectRef, PrincipalName, Spec, UserSpec},
};

pub(super) const EXAMPLES: &str = "\
Examples:
  feedgate user add jdoe --display-name 'John Doe' --group Developers
  feedgate user edit jdoe --add-group Leads --remove-group Developers
  feedgate user rename jdoe jroe
  feedgate user disable jroe
  feedgate user password jroe --must-change < password.txt
  feedgate user delete jroe --cascade --dry-run

A user of an external directory needs no `add`: grants and groups may just
name it, with --directory.

Exit codes: 0 done, 2 wrong use, 3 failed.";

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a user
    Add(AddUser),
    /// Change what is known of a user, or which groups it is in
    Edit(EditUser),
    #[command(flatten)]
    Common(Common<Somebody>),
    /// Deny a user everything, whatever is granted
    Disable(Switch),
    /// Take back `disable`
    Enable(Switch),
    /// Set a built-in user's password, read from standard input
    Password(Password),
}

#[derive(Debug, Args)]
pub struct AddUser {
    #[command(flatten)]
    user: Somebody,
    #[command(flatten)]
    known: Known,
    /// A group that it is to be in; may be repeated
    #[arg(long = "group", value_name = "GROUP", value_parser = Name::new)]
    groups: Vec<Name>,
    /// The directory of the groups, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new, requires = "groups")]
    group_directory: Option<Name>,
    /// Deny it everything for now
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "feedgate user edit [OPTIONS] <NAME> \
        <--display-name <TEXT>|--email <ADDRESS>|--add-group <GROUP>|--remove-group <GROUP>>",
    group(
    ArgGroup::new("changes")
        .args(["display_name", "email", "add_groups", "remove_groups"])
        .required(true)
        .multiple(true)
    )
)]
pub struct EditUser {
    #[command(flatten)]
    user: Somebody,
    #[command(flatten)]
    known: Known,
    /// A group that it is to be in, too; may be repeated
    #[arg(long = "add-group", value_name = "GROUP", value_parser = Name::new)]
    add_groups: Vec<Name>,
    /// A group that it is not to be in any more; may be repeated
    #[arg(long = "remove-group", value_name = "GROUP", value_parser = Name::new)]
    remove_groups: Vec<Name>,
    /// The directory of the groups, if not the built-in one
    #[arg(long, value_name = "DIR", value_parser = Name::new)]
    group_directory: Option<Name>,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
struct Known {
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    display_name: Option<Box<str>>,
    /// Where to write to it
    #[arg(long, value_name = "ADDRESS")]
    email: Option<Box<str>>,
}

impl Known {
    fn spec(self, user: PrincipalName, disabled: Option<bool>) -> Spec {
        let Self { display_name, email } = self;
        Spec::User(UserSpec { user, display_name, email, disabled, external_id: None })
    }
}

#[derive(Debug, Args)]
pub struct Switch {
    #[command(flatten)]
    user: Somebody,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Password {
    #[command(flatten)]
    user: Somebody,
    /// Another one has to be chosen at the next sign-in
    #[arg(long)]
    must_change: bool,
    // No preview: a password changes no access.
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl User {
    pub fn wish(self) -> Wish {
        match self {
            Self::Add(add) => add.wish(),
            Self::Edit(edit) => edit.wish(),
            Self::Common(common) => common.wish(ObjectRef::User),
            Self::Disable(switch) => switch.wish(true),
            Self::Enable(switch) => switch.wish(false),
            Self::Password(Password { user, must_change, dry_run }) => {
                Wish::Write { what: What::Password { user: user.named(), must_change }, dry_run }
            }
        }
    }
}

impl AddUser {
    fn wish(self) -> Wish {
        let Self { user, known, groups, group_directory, disabled, writing } = self;
        let user = user.named();
        let mut edits = vec![Edit::Create(known.spec(user.clone(), Some(disabled)))];
        edits.extend(memberships(&user, groups, group_directory.as_ref()).map(join));
        writing.edits(edits)
    }
}

impl EditUser {
    fn wish(self) -> Wish {
        let Self { user, known, add_groups, remove_groups, group_directory, writing } = self;
        let user = user.named();
        let mut edits = vec![Edit::Update(known.spec(user.clone(), None))];
        edits.extend(memberships(&user, add_groups, group_directory.as_ref()).map(join));
        edits.extend(memberships(&user, remove_groups, group_directory.as_ref()).map(leave));
        writing.edits(edits)
    }
}

impl Switch {
    fn wish(self, disabled: bool) -> Wish {
        let Self { user, writing } = self;
        let known = Known { display_name: None, email: None };
        writing.edits(vec![Edit::Update(known.spec(user.named(), Some(disabled)))])
    }
}

fn memberships(
    user: &PrincipalName,
    groups: Vec<Name>,
    directory: Option<&Name>,
) -> impl Iterator<Item = Membership> {
    groups.into_iter().map(move |name| Membership {
        group: PrincipalName::Named { directory: directory.cloned(), name },
        member: Member::User(user.clone()),
    })
}

/// Puts a member into a group, whether or not it is there already.
pub(super) fn join(membership: Membership) -> Edit {
    Edit::Put(Spec::Membership(membership))
}

/// Takes a member out of a group, which it must be in.
pub(super) fn leave(membership: Membership) -> Edit {
    Edit::Delete { object: ObjectRef::Membership(membership), cascade: false, missing_ok: false }
}
