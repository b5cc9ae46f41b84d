//! A file system that takes no writes.

use super::namespace;
use crate::support::{
    program::{feedgate, run},
    server::Server,
};

#[test]
fn a_read_only_file_system_is_said_and_can_be_looked_at() {
    namespace::within("disk::read_only::a_read_only_file_system_is_said_and_can_be_looked_at", || {
        let disk = tempfile::tempdir().unwrap();
        namespace::mount(disk.path(), 100);
        let data = disk.path().join("data");
        let mut server = Server::start_in(&data, &[]);
        server.cli(&["feed", "add", "npm"]).ended(0);
        assert!(server.stop().success());
        namespace::make_read_only(disk.path());
        assert_eq!(server.try_restart(), Err(3));
        let log = server.log();
        assert!(log.contains("Read-only file system") && log.contains("lock"), "{log}");
        run(feedgate().args(["fsck", "--data", data.to_str().unwrap()]), b"").ended(0);
    });
}
