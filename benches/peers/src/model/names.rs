//! What everything in the model is called.

use super::{Principal, Scope};

/// Those of feedgate's attributes that can be granted on a feed. Small models use the first eight.
pub const ATTRIBUTES: [&str; 10] = [
    "Feeds_ViewFeed",
    "Feeds_DownloadPackage",
    "Feeds_AddPackage",
    "Feeds_OverwritePackage",
    "Feeds_DeletePackage",
    "Feeds_PullPackage",
    "Feeds_UnlistPackage",
    "Feeds_AcceptPackagePromotions",
    "Admin_ManageConnectors",
    "Admin_ManageFeed",
];

pub fn attribute(number: u32) -> &'static str {
    ATTRIBUTES[number as usize]
}

pub fn task(number: u32) -> String {
    format!("Task {number:02}")
}

pub fn user(number: u32) -> String {
    format!("user-{number:06}")
}

pub fn group(number: u32) -> String {
    format!("group-{number:04}")
}

pub fn feed(number: u32) -> String {
    format!("feed-{number:05}")
}

pub fn feed_group(number: u32) -> String {
    format!("feeds-{number:03}")
}

impl Principal {
    pub fn name(self) -> String {
        match self {
            Self::User(number) => user(number),
            Self::Group(number) => group(number),
        }
    }
}

impl Scope {
    /// The name of a feed or feed group; `*` for all feeds.
    pub fn name(self) -> String {
        match self {
            Self::Feed(number) => feed(number),
            Self::FeedGroup(number) => feed_group(number),
            Self::AllFeeds => "*".into(),
        }
    }
}
