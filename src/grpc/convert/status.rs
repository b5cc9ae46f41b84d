//! How the server is.

use super::written::count;
use crate::{
    grpc::pb,
    model::{Kind, Revision, StoreId},
    service::status::{DirectoryStatus, Status},
};

impl From<DirectoryStatus> for pb::DirectoryStatus {
    fn from(directory: DirectoryStatus) -> Self {
        let DirectoryStatus { name, enabled, kind, unreachable, people, answered } = directory;
        Self {
            name: name.into(),
            enabled,
            reachable: unreachable.is_none(),
            detail: unreachable.unwrap_or_default(),
            kind: kind.unwrap_or_default().into(),
            people: u32::try_from(people).unwrap_or(u32::MAX),
            answered: answered.map(Into::into),
        }
    }
}

/// The state of a policy, with what only the server knows.
pub fn status(status: Status, uptime: std::time::Duration) -> pb::GetStatusResponse {
    let Revision { store: StoreId(store_id), number: revision } = status.revision;
    let of = |kind| count(status.count(kind));
    pb::GetStatusResponse {
        version: env!("CARGO_PKG_VERSION").into(),
        store_id,
        revision,
        // Who answers this answers checks.
        ready: true,
        writable: status.trouble.is_none(),
        attributes: of(Kind::Attribute),
        tasks: of(Kind::Task),
        directories: of(Kind::Directory),
        users: of(Kind::User),
        groups: of(Kind::Group),
        feed_groups: of(Kind::FeedGroup),
        feeds: of(Kind::Feed),
        connectors: of(Kind::Connector),
        grants: of(Kind::Grant),
        uptime_seconds: uptime.as_secs(),
        directory_status: status.directories.into_iter().map(Into::into).collect(),
        history_after: status.history_after,
        watches: count(status.watches),
        detail: status.trouble.unwrap_or_default(),
        log_lines_dropped: status.log_lines_dropped,
    }
}
