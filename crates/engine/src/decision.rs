//! What a decision is made of, and what it says.

use feedgate_model::{AttributeId, FeedGroupId, FeedId, GrantId};

/// What is asked: may the subject use this attribute on this target?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    pub attribute: AttributeId,
    pub target: Target,
}

/// Where something is to be done. Names have been looked up; what isn't there says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The system as a whole: only grants on all feeds count.
    System,
    Feed(FeedId),
    FeedGroup(FeedGroupId),
    /// A feed that isn't registered.
    UnknownFeed,
    /// A feed group that isn't there.
    UnknownFeedGroup,
}

/// The answer to a demand. Exhaustive on purpose: whoever reads it handles every reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub reason: Reason,
    /// No directory knows the subject.
    pub subject_unknown: bool,
    /// The target is a feed that isn't registered.
    pub feed_unknown: bool,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The first grant in rank order permits.
    Permitted(GrantId),
    /// The first grant in rank order restricts.
    Restricted(GrantId),
    /// No grant matches.
    NotGranted,
    FeedUnknown,
    FeedGroupUnknown,
    /// The user is known and disabled.
    SubjectDisabled,
}

impl Decision {
    /// The only way to "yes": an explicit permission decided.
    pub fn allowed(&self) -> bool {
        match self.reason {
            Reason::Permitted(_) => true,
            Reason::Restricted(_)
            | Reason::NotGranted
            | Reason::FeedUnknown
            | Reason::FeedGroupUnknown
            | Reason::SubjectDisabled => false,
        }
    }

    /// The grant that decided, if one did.
    pub fn grant(&self) -> Option<GrantId> {
        match self.reason {
            Reason::Permitted(id) | Reason::Restricted(id) => Some(id),
            Reason::NotGranted | Reason::FeedUnknown | Reason::FeedGroupUnknown | Reason::SubjectDisabled => {
                None
            }
        }
    }
}

/// The first of the three things that grants are ranked by. A user beats groups and virtual principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrincipalRank {
    User,
    Group,
}

/// The second: the narrower scope first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeRank {
    Feed,
    FeedGroup,
    AllFeeds,
}
