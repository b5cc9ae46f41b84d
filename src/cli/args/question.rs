//! Who wants to do what where, as it is typed for `check` and `explain`; and what other questions share.

use clap::{
    Args,
    error::{Error, ErrorKind},
};

/// Both ways to ask.
pub(super) fn usage(command: &str) -> String {
    format!(
        "feedgate {command} [OPTIONS] <USER> <ATTRIBUTE>\n       \
         feedgate {command} [OPTIONS] --anonymous <ATTRIBUTE>"
    )
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
    who: TypedWho,
    #[command(flatten)]
    place: TypedPlace,
}

#[derive(Debug, Args)]
pub(super) struct TypedWho {
    /// Ask for somebody who is not signed in
    #[arg(long)]
    pub(super) anonymous: bool,
    /// The user's directory; without it the name is looked for in all, in their order
    #[arg(long, value_name = "DIR", conflicts_with = "anonymous")]
    directory: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct TypedPlace {
    /// A feed, by its name or an alternate one; without feed and feed group the system is meant
    #[arg(long)]
    feed: Option<String>,
    /// A feed group itself: may somebody create a feed there?
    #[arg(long, value_name = "GROUP", conflicts_with = "feed")]
    feed_group: Option<String>,
}

impl TypedWho {
    pub(super) fn who(self, user: Option<String>) -> Result<Who, Error> {
        match (self.anonymous, user) {
            (true, None) => Ok(Who::Anonymous),
            (false, Some(name)) => Ok(Who::User { name, directory: self.directory }),
            (true, Some(name)) => Err(Error::raw(
                ErrorKind::ArgumentConflict,
                format!("`--anonymous` stands instead of a user: leave out `{name}` or the flag"),
            )),
            (false, None) => Err(nobody()),
        }
    }
}

/// What is said when nobody was named.
pub(super) fn nobody() -> Error {
    Error::raw(
        ErrorKind::MissingRequiredArgument,
        "whose rights? name a user, or give `--anonymous` for somebody who is not signed in",
    )
}

impl TypedPlace {
    pub(super) fn place(self) -> Place {
        match (self.feed, self.feed_group) {
            (Some(feed), _) => Place::Feed(feed),
            (None, Some(group)) => Place::FeedGroup(group),
            (None, None) => Place::System,
        }
    }
}

/// Who may do what: with `--anonymous` the user is left out, and the first word is the attribute.
pub(super) fn who_and_attribute(
    who: TypedWho,
    first: Option<String>,
    second: Option<String>,
) -> Result<(Who, String), Error> {
    let (user, attribute) = match (first, second, who.anonymous) {
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
    Ok((who.who(user)?, attribute))
}

impl TryFrom<TypedQuestion> for Question {
    type Error = Error;

    fn try_from(TypedQuestion { first, second, who, place }: TypedQuestion) -> Result<Self, Error> {
        let (who, attribute) = who_and_attribute(who, first, second)?;
        Ok(Self { who, attribute, place: place.place() })
    }
}

super::resolved!(Question, TypedQuestion);
