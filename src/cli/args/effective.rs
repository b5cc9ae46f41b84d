//! `effective`: somebody somewhere, or a matrix of subjects and feeds.

use clap::{
    Args,
    error::{Error, ErrorKind},
};

use super::question::{Place, Who, nobody};

pub(super) const EXAMPLES: &str = "\
A matrix has a row a subject, a column a feed, and in each cell a letter for
every attribute that is allowed; with one --attribute, `yes`. Without --feed
it has all feeds, and without --attribute the ten that feeds have.

Examples:
  feedgate effective jdoe --feed approved-nuget
  feedgate effective --anonymous
  feedgate effective --matrix --all-users --feed npm --feed nuget
  feedgate effective --matrix --user jdoe --attribute Feeds_AddPackage

Exit codes: 0 listed, 2 wrong use, 3 failed, or some cell has no answer.";

/// All ways to ask.
pub(super) fn usage() -> &'static str {
    "feedgate effective [OPTIONS] <USER>\n       feedgate effective [OPTIONS] --anonymous\n       \
     feedgate effective [OPTIONS] --matrix <--user <USER>|--all-users|--anonymous>"
}

/// Everything that somebody may do somewhere, or what several may do on several feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effective {
    One { who: Who, place: Place },
    Matrix(Matrix),
}

/// What stands in a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    pub subjects: Vec<Who>,
    /// All users of the policy, too.
    pub all_users: bool,
    /// None means all.
    pub feeds: Vec<String>,
    /// None means those that every feed has.
    pub attributes: Vec<String>,
}

#[derive(Debug, Args)]
struct TypedEffective {
    /// The user; left out with --anonymous
    user: Option<String>,
    /// Ask for somebody who is not signed in
    #[arg(long)]
    anonymous: bool,
    /// The directory of users; without it names are looked for in all, in their order
    #[arg(long, value_name = "DIR")]
    directory: Option<String>,
    /// A feed, by its name or an alternate one; several in a matrix
    #[arg(long)]
    feed: Vec<String>,
    /// A feed group itself: may somebody create a feed there?
    #[arg(long, value_name = "GROUP", conflicts_with_all = ["feed", "matrix"])]
    feed_group: Option<String>,
    /// Show several subjects and feeds at once
    #[arg(long)]
    matrix: bool,
    /// A user in the matrix; can be given several times
    #[arg(long = "user", value_name = "USER", requires = "matrix")]
    users: Vec<String>,
    /// All users of the policy in the matrix
    #[arg(long, requires = "matrix")]
    all_users: bool,
    /// Only this attribute in the matrix; can be given several times
    #[arg(long = "attribute", value_name = "ATTRIBUTE", requires = "matrix")]
    attributes: Vec<String>,
}

impl TryFrom<TypedEffective> for Effective {
    type Error = Error;

    fn try_from(typed: TypedEffective) -> Result<Self, Error> {
        let TypedEffective {
            user,
            anonymous,
            directory,
            mut feed,
            feed_group,
            matrix,
            users,
            all_users,
            attributes,
        } = typed;
        let named = user.iter().chain(&users).cloned();
        let mut subjects: Vec<Who> =
            named.map(|name| Who::User { name, directory: directory.clone() }).collect();
        if directory.is_some() && subjects.is_empty() {
            let message = "`--directory` is the directory of users, and none is named";
            return Err(Error::raw(ErrorKind::ArgumentConflict, message));
        }
        if matrix {
            if anonymous {
                subjects.push(Who::Anonymous);
            }
            if subjects.is_empty() && !all_users {
                let message =
                    "whose rights? `--user`, `--all-users` and `--anonymous` say what rows there are";
                return Err(Error::raw(ErrorKind::MissingRequiredArgument, message));
            }
            return Ok(Self::Matrix(Matrix { subjects, all_users, feeds: feed, attributes }));
        }
        let who = match (anonymous, subjects.pop(), user) {
            (true, None, _) => Who::Anonymous,
            (false, Some(who), _) => who,
            (true, Some(_), user) => {
                let message = format!(
                    "`--anonymous` stands instead of a user: leave out `{}` or the flag",
                    user.unwrap_or_default()
                );
                return Err(Error::raw(ErrorKind::ArgumentConflict, message));
            }
            (false, None, _) => return Err(nobody()),
        };
        let place = match (feed.pop(), feed_group) {
            (Some(_), _) if !feed.is_empty() => {
                let message = "several feeds make a matrix: give `--matrix`, too";
                return Err(Error::raw(ErrorKind::TooManyValues, message));
            }
            (Some(feed), _) => Place::Feed(feed),
            (None, Some(group)) => Place::FeedGroup(group),
            (None, None) => Place::System,
        };
        Ok(Self::One { who, place })
    }
}

super::resolved!(Effective, TypedEffective);
