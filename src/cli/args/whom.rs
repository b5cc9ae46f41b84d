//! Whom a grant is for and where it holds, as flags of whatever makes, takes back or lists grants.
//!
//! The flags are optional here, one of a kind at most. A command that needs one makes the groups `principal` and
//! `scope` required: a scope that was forgotten must never mean everywhere.

use clap::{ArgGroup, Args};

use crate::model::{
    Name,
    edit::{PrincipalName, PrincipalRef, ScopeRef},
};

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("principal").args(["user", "group", "everyone", "authenticated", "anonymous"])
))]
pub struct Principal {
    /// A user itself, not its groups
    #[arg(long, value_parser = Name::new, help_heading = "To whom")]
    user: Option<Name>,
    /// A group itself
    #[arg(long, value_parser = Name::new, help_heading = "To whom")]
    group: Option<Name>,
    /// Everyone, signed in or not
    #[arg(long, help_heading = "To whom")]
    everyone: bool,
    /// Whoever is signed in
    #[arg(long, help_heading = "To whom")]
    authenticated: bool,
    /// Whoever is not signed in
    #[arg(long, help_heading = "To whom")]
    anonymous: bool,
    /// The directory of --user, --group or --authenticated
    #[arg(
        long,
        value_name = "DIR",
        value_parser = Name::new,
        requires = "principal",
        conflicts_with_all = ["everyone", "anonymous"],
        help_heading = "To whom"
    )]
    directory: Option<Name>,
}

impl Principal {
    /// Whom the flags name, if any is given.
    pub fn named(self) -> Option<PrincipalRef> {
        let Self { user, group, everyone, authenticated, anonymous, directory } = self;
        match (user, group) {
            (Some(name), _) => Some(PrincipalRef::User(PrincipalName::Named { directory, name })),
            (_, Some(name)) => Some(PrincipalRef::Group(PrincipalName::Named { directory, name })),
            _ if everyone => Some(PrincipalRef::Everyone),
            _ if authenticated => Some(PrincipalRef::Authenticated { directory }),
            _ if anonymous => Some(PrincipalRef::Anonymous),
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("scope").args(["feed", "feed_group", "all_feeds"])))]
pub struct Scope {
    /// A feed itself
    #[arg(long, value_parser = Name::new, help_heading = "Where")]
    feed: Option<Name>,
    /// A feed group
    #[arg(long, value_name = "GROUP", value_parser = Name::new, help_heading = "Where")]
    feed_group: Option<Name>,
    /// All feeds, and the system
    #[arg(long, help_heading = "Where")]
    all_feeds: bool,
}

impl Scope {
    /// Where the flags say, if any is given.
    pub fn named(self) -> Option<ScopeRef> {
        let Self { feed, feed_group, all_feeds } = self;
        match (feed, feed_group) {
            (Some(feed), _) => Some(ScopeRef::Feed(feed)),
            (_, Some(group)) => Some(ScopeRef::FeedGroup(group)),
            _ if all_feeds => Some(ScopeRef::AllFeeds),
            _ => None,
        }
    }
}
