//! The built-in attributes that mean something to each other, by the ids that they have in every store.

use feedgate_model::AttributeId;

pub const CONFIGURE: AttributeId = AttributeId(1);
pub const MANAGE_CONNECTORS: AttributeId = AttributeId(2);
pub const MANAGE_FEED: AttributeId = AttributeId(3);
pub const MANAGE_SCHEDULED: AttributeId = AttributeId(4);
pub const VIEW_SCHEDULED: AttributeId = AttributeId(5);
pub const MANAGE_CREDENTIALS: AttributeId = AttributeId(7);
pub const VIEW_PASSWORDS: AttributeId = AttributeId(8);
pub const VIEW: AttributeId = AttributeId(14);
pub const DOWNLOAD: AttributeId = AttributeId(15);
pub const ADD: AttributeId = AttributeId(16);
pub const OVERWRITE: AttributeId = AttributeId(17);
pub const DELETE: AttributeId = AttributeId(18);
pub const PULL: AttributeId = AttributeId(19);
pub const UNLIST: AttributeId = AttributeId(20);
pub const ACCEPT: AttributeId = AttributeId(21);

#[cfg(test)]
mod tests {
    use super::*;
    use feedgate_model::attribute::built_in_id;

    #[test]
    fn ids_are_the_catalogues() {
        for (id, name) in [
            (CONFIGURE, "Admin_ConfigureProGet"),
            (MANAGE_CONNECTORS, "Admin_ManageConnectors"),
            (MANAGE_FEED, "Admin_ManageFeed"),
            (MANAGE_SCHEDULED, "Admin_ManageScheduledTasks"),
            (VIEW_SCHEDULED, "Admin_ViewScheduledTasks"),
            (MANAGE_CREDENTIALS, "Credentials_Manage"),
            (VIEW_PASSWORDS, "Credentials_ViewPasswords"),
            (VIEW, "Feeds_ViewFeed"),
            (DOWNLOAD, "Feeds_DownloadPackage"),
            (ADD, "Feeds_AddPackage"),
            (OVERWRITE, "Feeds_OverwritePackage"),
            (DELETE, "Feeds_DeletePackage"),
            (PULL, "Feeds_PullPackage"),
            (UNLIST, "Feeds_UnlistPackage"),
            (ACCEPT, "Feeds_AcceptPackagePromotions"),
        ] {
            assert_eq!(built_in_id(name), Some(id), "{name}");
        }
    }
}
