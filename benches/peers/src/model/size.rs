//! How much there is of everything.

use clap::ValueEnum;

/// Which of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// 1,000 grants
    Small,
    /// 100,000 grants
    Big,
    /// 1,000,000 grants
    Huge,
}

impl Size {
    /// As rows of results and file names have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Big => "big",
            Self::Huge => "huge",
        }
    }
}

/// How much there is of everything in one of them.
pub struct Dimensions {
    pub users: u32,
    pub groups: u32,
    pub groups_of_a_user: u32,
    pub feeds: u32,
    pub feed_groups: u32,
    /// How many attributes tasks have between them.
    pub attributes: u32,
    pub tasks: u32,
    pub grants: u32,
    /// Of a thousand grants so many are on all feeds, and so many on a feed group; the rest is on a feed.
    pub per_mille_on_all_feeds_and_groups: (u32, u32),
    /// More would allow nearly everybody nearly everything.
    pub most_on_all_feeds: u32,
}

impl Size {
    pub fn dimensions(self) -> Dimensions {
        let small = Dimensions {
            users: 1_000,
            groups: 100,
            groups_of_a_user: 5,
            feeds: 200,
            feed_groups: 20,
            attributes: 8,
            tasks: 8,
            grants: 1_000,
            per_mille_on_all_feeds_and_groups: (50, 250),
            most_on_all_feeds: 200,
        };
        match self {
            Self::Small => small,
            Self::Big => Dimensions {
                users: 100_000,
                groups: 1_000,
                feeds: 2_000,
                feed_groups: 100,
                grants: 100_000,
                ..small
            },
            Self::Huge => Dimensions {
                users: 100_000,
                groups: 5_000,
                groups_of_a_user: 10,
                feeds: 10_000,
                feed_groups: 500,
                attributes: 10,
                tasks: 40,
                grants: 1_000_000,
                per_mille_on_all_feeds_and_groups: (2, 248),
                most_on_all_feeds: u32::MAX,
            },
        }
    }
}
