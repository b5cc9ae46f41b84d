//! Who wants to do what where, as it is typed for `check`, `explain` and `effective`.

use clap::{
    ArgMatches, Args, Command, FromArgMatches,
    error::{Error, ErrorKind},
};

pub(super) const EFFECTIVE: &str = "\
Examples:
  feedgate effective jdoe --feed approved-nuget
  feedgate effective --anonymous

Exit codes: 0 listed, 2 wrong use, 3 failed.";

/// Both ways to ask.
pub(super) fn usage(command: &str) -> String {
    format!(
        "feedgate {command} [OPTIONS] <USER> <ATTRIBUTE>\n       \
         feedgate {command} [OPTIONS] --anonymous <ATTRIBUTE>"
    )
}

/// Both ways to ask for everything.
pub(super) fn usage_of_effective() -> &'static str {
    "feedgate effective [OPTIONS] <USER>\n       feedgate effective [OPTIONS] --anonymous"
}

/// A demand: may this subject use this attribute on this target?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub who: Who,
    /// The API name.
    pub attribute: String,
    pub place: Place,
}

/// Somebody, as named on a command line or in a row of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Without a directory the server looks for the name.
    User {
        name: String,
        directory: Option<String>,
    },
    Anonymous,
}

/// Somewhere, as named on a command line or in a row of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    System,
    Feed(String),
    FeedGroup(String),
}

/// Everything that somebody may do somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    pub who: Who,
    pub place: Place,
}

/// A question as it is typed. With `--anonymous` the user is left out, and the first word is the attribute.
#[derive(Debug, Args)]
struct TypedQuestion {
    /// The user; left out with --anonymous
    #[arg(value_name = "USER", required_unless_present = "anonymous")]
    first: Option<String>,
    /// The attribute's API name, such as Feeds_DownloadPackage: `feedgate list attributes` has all
    #[arg(value_name = "ATTRIBUTE")]
    second: Option<String>,
    #[command(flatten)]
    more: Typed,
}

#[derive(Debug, Args)]
struct TypedEffective {
    /// The user; left out with --anonymous
    user: Option<String>,
    #[command(flatten)]
    more: Typed,
}

#[derive(Debug, Args)]
struct Typed {
    /// Ask for somebody who is not signed in
    #[arg(long)]
    anonymous: bool,
    /// The user's directory; without it the name is looked for in all, in their order
    #[arg(long, value_name = "DIR", conflicts_with = "anonymous")]
    directory: Option<String>,
    /// A feed, by its name or an alternate one; without feed and feed group the system is meant
    #[arg(long)]
    feed: Option<String>,
    /// A feed group itself: may somebody create a feed there?
    #[arg(long, value_name = "GROUP", conflicts_with = "feed")]
    feed_group: Option<String>,
}

impl Typed {
    fn who(&self, user: Option<&str>) -> Result<Who, Error> {
        match (self.anonymous, user) {
            (true, None) => Ok(Who::Anonymous),
            (false, Some(name)) => Ok(Who::User { name: name.to_owned(), directory: self.directory.clone() }),
            (true, Some(name)) => Err(Error::raw(
                ErrorKind::ArgumentConflict,
                format!("`--anonymous` stands instead of a user: leave out `{name}` or the flag"),
            )),
            (false, None) => Err(Error::raw(
                ErrorKind::MissingRequiredArgument,
                "whose rights? name a user, or give `--anonymous` for somebody who is not signed in",
            )),
        }
    }

    fn place(self) -> Place {
        match (self.feed, self.feed_group) {
            (Some(feed), _) => Place::Feed(feed),
            (None, Some(group)) => Place::FeedGroup(group),
            (None, None) => Place::System,
        }
    }
}

impl TryFrom<TypedQuestion> for Question {
    type Error = Error;

    fn try_from(typed: TypedQuestion) -> Result<Self, Error> {
        let TypedQuestion { first, second, more } = typed;
        let (user, attribute) = match (first, second, more.anonymous) {
            (user, Some(attribute), _) => (user, attribute),
            (Some(attribute), None, true) => (None, attribute),
            (None, None, _) => {
                return Err(Error::raw(
                    ErrorKind::MissingRequiredArgument,
                    "may somebody who is not signed in do what? name an ATTRIBUTE, such as `Feeds_ViewFeed`",
                ));
            }
            (Some(first), None, false) => {
                return Err(Error::raw(
                    ErrorKind::MissingRequiredArgument,
                    format!(
                        "`{first}` is one word, and a question takes two: USER ATTRIBUTE; \
                         for somebody who is not signed in: --anonymous ATTRIBUTE"
                    ),
                ));
            }
        };
        Ok(Self { who: more.who(user.as_deref())?, attribute, place: more.place() })
    }
}

impl TryFrom<TypedEffective> for Effective {
    type Error = Error;

    fn try_from(typed: TypedEffective) -> Result<Self, Error> {
        let TypedEffective { user, more } = typed;
        Ok(Self { who: more.who(user.as_deref())?, place: more.place() })
    }
}

/// clap reads what is typed; everybody else sees what it means.
macro_rules! resolved {
    ($resolved:ty, $typed:ty) => {
        impl FromArgMatches for $resolved {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
                <$typed>::from_arg_matches(matches)?.try_into()
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl Args for $resolved {
            fn augment_args(command: Command) -> Command {
                <$typed>::augment_args(command)
            }

            fn augment_args_for_update(command: Command) -> Command {
                <$typed>::augment_args_for_update(command)
            }
        }
    };
}

resolved!(Question, TypedQuestion);
resolved!(Effective, TypedEffective);
