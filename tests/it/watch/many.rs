//! Ten thousand watchers of one server.

use std::time::{Duration, Instant};

use crate::support::{crowd::Crowd, server::Server, write};

const WATCHERS: usize = 10_000;
/// What a watcher may take, with all that belongs to it: connection, stream, task, buffers.
const EACH_KIB: f64 = 16.0;
/// How long a server may take to notice that all are gone.
const BOUND: Duration = Duration::from_secs(60);
const SILENT: Duration = Duration::from_hours(1);
const OFTEN: Duration = Duration::from_secs(2);

#[test]
fn ten_thousand_watchers_hear_of_a_change_and_take_little() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let change = |feed: &str| {
        let request = write::write(vec![write::create(write::feed(feed))]);
        let written = runtime.block_on(async { server.policy().write(request).await }).unwrap();
        written.into_inner().revision.unwrap().number
    };
    let watches = || runtime.block_on(server.status()).watches as usize;
    let gather = |heartbeat| Crowd::gather(server.address(), &server.token(), WATCHERS, heartbeat);
    change("first");
    let before = server.resident_kib();

    let crowd = gather(SILENT);
    assert_eq!(watches(), WATCHERS);
    let start = Instant::now();
    let times = crowd.all_have(change("second"));
    let [first, last] = [times[0], times[WATCHERS - 1]].map(|at| at.duration_since(start));
    let each = (server.resident_kib() - before) as f64 / WATCHERS as f64;
    println!(
        "{WATCHERS} watchers, {each:.1} KiB each; a change is with the first after {first:?}, the last {last:?}"
    );
    assert!(each < EACH_KIB, "a watcher takes {each:.1} KiB");

    drop(crowd);
    let start = Instant::now();
    while watches() > 0 {
        assert!(start.elapsed() < BOUND, "{} watches are left", watches());
        std::thread::sleep(Duration::from_millis(20));
    }
    let crowd = gather(OFTEN);
    assert_eq!(watches(), WATCHERS);
    crowd.all_have(change("third"));
    crowd.heartbeats(WATCHERS);
}
