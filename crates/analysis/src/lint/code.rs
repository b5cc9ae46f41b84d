//! What can be found, and how severe it is.

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Most likely not what was meant.
    Warning,
    /// Somebody may get what they shouldn't, or nobody what they must.
    Danger,
}

/// What can be found. Stable: suppressions name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    ProxyConfigureSystem,
    ProxyManageFeed,
    ProxyDeleteAndAdd,
    ProxyOverwrite,
    ProxyManageCredentials,
    ProxySharedConnector,
    WithoutView,
    ScheduledTasksWithoutView,
    PromotionWithoutSource,
    PushWithoutPull,
    TransitiveRead,
    SystemAttributeOnFeed,
    NeverDecides,
    Contradiction,
    EmptyGroup,
    RestrictionDefeatedByUser,
    PublicBeyondReading,
    RestrictionDefeatedByScope,
    AdministratorCannotSignIn,
    KnownPassword,
    UnboundRestriction,
    UnboundPermission,
}

impl Code {
    /// How severe it is, wherever it is found.
    pub const fn severity(self) -> Severity {
        match self {
            Self::ProxyConfigureSystem
            | Self::ProxyManageFeed
            | Self::ProxyOverwrite
            | Self::ProxyManageCredentials => Severity::Info,
            Self::ProxyDeleteAndAdd
            | Self::ProxySharedConnector
            | Self::WithoutView
            | Self::ScheduledTasksWithoutView
            | Self::PromotionWithoutSource
            | Self::PushWithoutPull
            | Self::SystemAttributeOnFeed
            | Self::NeverDecides
            | Self::Contradiction
            | Self::EmptyGroup
            | Self::UnboundPermission
            | Self::RestrictionDefeatedByUser => Severity::Warning,
            Self::TransitiveRead
            | Self::PublicBeyondReading
            | Self::RestrictionDefeatedByScope
            | Self::AdministratorCannotSignIn
            | Self::KnownPassword
            | Self::UnboundRestriction => Severity::Danger,
        }
    }

    /// What to do about it, in one sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::ProxyConfigureSystem => {
                "give Admin_ConfigureProGet only to those who may do everything, or accept that they can"
            }
            Self::ProxyManageFeed => {
                "give Admin_ManageFeed only to those who may do everything on the feed, or permit the rest outright"
            }
            Self::ProxyDeleteAndAdd => {
                "permit Feeds_OverwritePackage outright, or take away Feeds_DeletePackage or Feeds_AddPackage"
            }
            Self::ProxyOverwrite => {
                "take away Feeds_OverwritePackage where nothing may be lost, or permit Feeds_DeletePackage outright"
            }
            Self::ProxyManageCredentials => {
                "permit Credentials_ViewPasswords outright, or take away Credentials_Manage"
            }
            Self::ProxySharedConnector => {
                "give each feed a connector of its own, or permit Admin_ManageConnectors on all feeds that share it"
            }
            Self::WithoutView => "permit Feeds_ViewFeed there, too, or take the rest away",
            Self::ScheduledTasksWithoutView => "permit Admin_ViewScheduledTasks, too",
            Self::PromotionWithoutSource => {
                "permit Feeds_ViewFeed and Feeds_DownloadPackage on the source feed to those who are to promote from it"
            }
            Self::PushWithoutPull => {
                "permit Feeds_DownloadPackage, too: many clients read what is there before they push"
            }
            Self::TransitiveRead => {
                "restrict the same on the feed that reads, or permit it on the feed that is read"
            }
            Self::SystemAttributeOnFeed => {
                "grant the task on all feeds, or use a task without attributes of the system"
            }
            Self::NeverDecides => "delete the grant, or the one that comes before it",
            Self::Contradiction => "delete one of the two: the restriction wins",
            Self::EmptyGroup => "put somebody into the group, or delete the grants",
            Self::RestrictionDefeatedByUser => {
                "delete the permission to the user itself, or restrict the user itself"
            }
            Self::PublicBeyondReading => {
                "permit it to Authenticated or to a group, and leave Everyone with viewing and downloading"
            }
            Self::RestrictionDefeatedByScope => {
                "repeat the restriction on the narrower scope, or delete the permission there"
            }
            Self::AdministratorCannotSignIn => {
                "remove what keeps it from signing in, or take it out of the administrators; see that one remains who can"
            }
            Self::KnownPassword => "have another password set now",
            Self::UnboundRestriction => {
                "correct the name, which the directory doesn't confirm, or delete the restriction: it restricts only those whom the directory calls exactly so"
            }
            Self::UnboundPermission => {
                "correct the name, which the directory doesn't confirm, or delete the permission"
            }
        }
    }
}
