//! The questions that are asked the other way round: who may, and where; and whether a promotion may be.

use clap::{
    Args,
    error::{Error, ErrorKind},
    value_parser,
};

use super::question::{Place, TypedPlace, TypedWho, Who, who_and_attribute};

pub(super) const WHO_CAN: &str = "\
A user is listed for everything that counts for them, groups included; a group
as somebody would fare who is in no other; `Everyone` and the like as somebody
who is nothing else.

Examples:
  feedgate who-can Feeds_DownloadPackage --feed unapproved-nuget
  feedgate who-can Admin_ConfigureProGet --output json

Exit codes: 0 listed, even when there is nobody; 2 wrong use; 3 failed.";

pub(super) const FEEDS: &str = "\
Examples:
  feedgate feeds jdoe Feeds_DownloadPackage
  feedgate feeds --anonymous Feeds_ViewFeed --limit 20

Exit codes: 0 listed, even when there is none; 2 wrong use; 3 failed.";

pub(super) const PROMOTION: &str = "\
Examples:
  feedgate promotion mbrown unapproved-nuget approved-nuget
  feedgate promotion --anonymous unapproved-nuget approved-nuget

Exit codes: 0 allowed, 1 denied, 2 wrong use, 3 no answer (which is not a
denial: treat it as one).";

/// Both ways to ask for a promotion.
pub(super) fn usage_of_promotion() -> &'static str {
    "feedgate promotion [OPTIONS] <USER> <SOURCE> <TARGET>\n       \
     feedgate promotion [OPTIONS] --anonymous <SOURCE> <TARGET>"
}

#[derive(Debug, Args)]
struct TypedWhoCan {
    /// The attribute's API name, such as Feeds_DownloadPackage: `feedgate list attributes` has all
    attribute: String,
    #[command(flatten)]
    place: TypedPlace,
    #[command(flatten)]
    slice: Slice,
}

/// Who may do this there?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoCan {
    pub attribute: String,
    pub place: Place,
    pub slice: Slice,
}

/// Which part of a list.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// How many at most, instead of all
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Go on where an earlier answer to the same question ended, at its revision
    #[arg(long)]
    pub cursor: Option<String>,
}

impl TryFrom<TypedWhoCan> for WhoCan {
    type Error = Error;

    fn try_from(TypedWhoCan { attribute, place, slice }: TypedWhoCan) -> Result<Self, Error> {
        Ok(Self { attribute, place: place.place(), slice })
    }
}

super::resolved!(WhoCan, TypedWhoCan);

#[derive(Debug, Args)]
struct TypedFeeds {
    /// The user; left out with --anonymous
    #[arg(value_name = "USER", required_unless_present = "anonymous")]
    first: Option<String>,
    /// The attribute's API name, such as Feeds_DownloadPackage: `feedgate list attributes` has all
    #[arg(value_name = "ATTRIBUTE")]
    second: Option<String>,
    #[command(flatten)]
    who: TypedWho,
    #[command(flatten)]
    slice: Slice,
}

/// On which feeds may they do this?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    pub who: Who,
    pub attribute: String,
    pub slice: Slice,
}

impl TryFrom<TypedFeeds> for Feeds {
    type Error = Error;

    fn try_from(TypedFeeds { first, second, who, slice }: TypedFeeds) -> Result<Self, Error> {
        let (who, attribute) = who_and_attribute(who, first, second)?;
        Ok(Self { who, attribute, slice })
    }
}

super::resolved!(Feeds, TypedFeeds);

#[derive(Debug, Args)]
struct TypedPromotion {
    /// The user; left out with --anonymous
    #[arg(value_name = "USER", required_unless_present = "anonymous")]
    first: Option<String>,
    /// The feed that packages come from
    #[arg(value_name = "SOURCE")]
    second: Option<String>,
    /// The feed that they go to
    #[arg(value_name = "TARGET")]
    third: Option<String>,
    #[command(flatten)]
    who: TypedWho,
}

/// May they promote packages from one feed to the other?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    pub who: Who,
    pub source: String,
    pub target: String,
}

impl TryFrom<TypedPromotion> for Promotion {
    type Error = Error;

    fn try_from(typed: TypedPromotion) -> Result<Self, Error> {
        let TypedPromotion { first, second, third, who } = typed;
        let (user, source, target) = match (first, second, third, who.anonymous) {
            (user, Some(source), Some(target), _) => (user, source, target),
            (Some(source), Some(target), None, true) => (None, source, target),
            _ => {
                return Err(Error::raw(
                    ErrorKind::MissingRequiredArgument,
                    "a promotion takes three words: USER SOURCE TARGET; \
                     for somebody who is not signed in: --anonymous SOURCE TARGET",
                ));
            }
        };
        Ok(Self { who: who.who(user)?, source, target })
    }
}

super::resolved!(Promotion, TypedPromotion);
