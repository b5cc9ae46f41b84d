//! The questions that the demonstration asks, each with what it shows.

use crate::cli::args::question::{Place, Question, Who};

pub(super) struct Asked {
    pub shows: &'static str,
    /// Nobody, if not signed in.
    pub user: Option<&'static str>,
    pub attribute: &'static str,
    pub feed: &'static str,
}

pub(super) const QUESTIONS: [Asked; 7] = [
    Asked {
        shows: "Anybody may see which packages there are, signed in or not.",
        user: None,
        attribute: "Feeds_ViewFeed",
        feed: "approved-nuget",
    },
    Asked {
        shows: "A developer doesn't get a package before it is approved: a restriction.",
        user: Some("jDoe"),
        attribute: "Feeds_DownloadPackage",
        feed: "unapproved-nuget",
    },
    Asked {
        shows: "A senior developer does, to try it out.",
        user: Some("mBrown"),
        attribute: "Feeds_DownloadPackage",
        feed: "unapproved-nuget",
    },
    Asked {
        shows: "Catherine is both, and at the same rank the restriction wins.",
        user: Some("cWu"),
        attribute: "Feeds_DownloadPackage",
        feed: "unapproved-nuget",
    },
    Asked {
        shows: "Approving is promoting: seniors may put packages into the approved feed so.",
        user: Some("mBrown"),
        attribute: "Feeds_AcceptPackagePromotions",
        feed: "approved-nuget",
    },
    Asked {
        shows: "Nobody permits it to developers, so it is denied: nothing is implied.",
        user: Some("jDoe"),
        attribute: "Feeds_AcceptPackagePromotions",
        feed: "approved-nuget",
    },
    Asked {
        shows: "A feed that isn't registered is denied, lest a stray character shed a restriction.",
        user: Some("jDoe"),
        attribute: "Feeds_DownloadPackage",
        feed: "unaproved-nuget",
    },
];

impl Asked {
    pub(super) fn question(&self) -> Question {
        let user = |name: &str| Who::User { name: name.to_owned(), directory: None };
        Question {
            who: self.user.map_or(Who::Anonymous, user),
            attribute: self.attribute.to_owned(),
            place: Place::Feed(self.feed.to_owned()),
        }
    }

    /// How it is asked on the command line.
    pub(super) fn command(&self) -> String {
        let Self { shows: _, user, attribute, feed } = self;
        format!("feedgate explain {} {attribute} --feed {feed}", user.unwrap_or("--anonymous"))
    }
}
