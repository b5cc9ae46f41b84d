//! A disk with no room left.

use std::{fs, io::Write as _, path::Path};

use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus as Serving, health_client::HealthClient,
};

use super::namespace;
use crate::support::{
    ask,
    server::Server,
    write::{self, create, feed},
};

const MIB: usize = 1 << 20;

/// Takes up all room but so many MiB.
pub fn fill_up_to(disk: &Path, left: usize) {
    let mut ballast = fs::File::options().create(true).append(true).open(disk.join("ballast")).unwrap();
    loop {
        let free = rustix::fs::statvfs(disk).unwrap();
        let free = (free.f_bavail * free.f_frsize) as usize;
        if free <= left * MIB || ballast.write_all(&vec![1; (free - left * MIB).min(MIB)]).is_err() {
            return;
        }
    }
}

pub fn free_all(disk: &Path) {
    fs::remove_file(disk.join("ballast")).unwrap();
}

async fn write(server: &Server, name: &str) -> Result<(), tonic::Status> {
    server.policy().write(write::write(vec![create(feed(name))])).await.map(drop)
}

fn is_answered(server: &Server) {
    let question = ["check", "Admin", "Admin_ConfigureProGet"];
    assert_eq!(server.cli(&question).code, 0);
}

#[test]
fn a_disk_that_is_nearly_full_takes_no_changes() {
    namespace::within("disk::full::a_disk_that_is_nearly_full_takes_no_changes", || {
        tokio::runtime::Runtime::new().unwrap().block_on(nearly_full());
    });
}

async fn nearly_full() {
    let disk = tempfile::tempdir().unwrap();
    namespace::mount(disk.path(), 100);
    let mut server = Server::start_in(&disk.path().join("data"), &[]);
    write(&server, "a").await.unwrap();
    fill_up_to(disk.path(), 20);
    let status = write(&server, "b").await.unwrap_err();
    assert_eq!(ask::reason(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into()));
    assert!(status.message().contains("MiB free"), "{status}");
    is_answered(&server);
    let told = server.status().await;
    assert!(!told.writable && told.detail.contains("MiB free"), "{told:?}");
    // It is no failed write: nothing has to be restarted.
    free_all(disk.path());
    assert!(server.status().await.writable);
    write(&server, "b").await.unwrap();
    assert!(server.stop().success());
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_a_write_ends_writing() {
    namespace::within("disk::full::a_disk_that_is_full_in_the_middle_of_a_write_ends_writing", || {
        tokio::runtime::Runtime::new().unwrap().block_on(full());
    });
}

async fn full() {
    let disk = tempfile::tempdir().unwrap();
    namespace::mount(disk.path(), 60);
    // Nothing is kept free, so that the kernel has the last word.
    let config = disk.path().join("feedgate.toml");
    fs::write(&config, "[store]\nspare_mib = 0\n").unwrap();
    let mut server = Server::start_in(&disk.path().join("data"), &["--config", config.to_str().unwrap()]);
    let (mut acknowledged, mut failed) = (0, None);
    fill_up_to(disk.path(), 0);
    for number in 0..100_000 {
        match write(&server, &format!("feed-{number}")).await {
            Ok(()) => acknowledged += 1,
            Err(status) => {
                failed = Some(status);
                break;
            }
        }
    }
    let status = failed.expect("a full disk has room for 100,000 feeds");
    assert_eq!(ask::reason(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into()), "{status}");
    is_answered(&server);
    // Some kinds of fullness are seen before the write, and those that aren't end writing.
    let told = server.status().await;
    assert_eq!(told.writable, told.detail.is_empty(), "{told:?}");
    if !told.writable && !told.detail.contains("MiB free") {
        assert_eq!(health(&server, "feedgate.v1.PolicyService").await, Serving::NotServing);
        for service in ["", "feedgate.v1.DecisionService", "feedgate.v1.WatchService"] {
            assert_eq!(health(&server, service).await, Serving::Serving, "{service:?}");
        }
        let status = write(&server, "more").await.unwrap_err();
        assert_eq!(ask::reason(&status), (Code::Unavailable, "STORE_UNAVAILABLE".into()), "{status}");
    }
    server.kill9();
    if let Err(code) = server.try_restart() {
        assert_eq!(code, 3, "{}", server.log());
    }
    free_all(disk.path());
    server.restart();
    let there = server.status().await.feeds as usize;
    // The one that failed may have been stored all the same.
    assert!(
        (acknowledged..=acknowledged + 1).contains(&there),
        "{acknowledged} were acknowledged, {there} are there"
    );
    write(&server, "more").await.unwrap();
    println!("full disk: {acknowledged} change sets, then {}; writable: {}", status.message(), told.writable);
}

async fn health(server: &Server, service: &str) -> Serving {
    let channel = Channel::from_shared(format!("http://{}", server.address())).unwrap();
    let mut client = HealthClient::new(channel.connect_lazy());
    let request = HealthCheckRequest { service: service.into() };
    client.check(request).await.unwrap().into_inner().status()
}
