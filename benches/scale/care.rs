//! Backups, and verifying a folder: how long writes wait, and how long the rest takes.

use std::time::Instant;

use feedgate::{
    app::care,
    store::{Archive, Commit, PolicyStore as _, Problems, SledStore},
};
use tokio::runtime::Runtime;

use crate::{backup, memory, world::Size};

fn took(what: &str, since: Instant) {
    println!("care: {what}: {:.2} s", since.elapsed().as_secs_f64());
}

pub fn run(size: Size) {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        {
            let file = backup::of_the_world(size).await;
            let start = Instant::now();
            let archive = Archive::read(file.as_slice()).expect("it is a backup");
            let whole =
                archive.examine(&mut Problems::default()).expect("it can be read").whole.expect("whole");
            took("a backup's file verified", start);
            let start = Instant::now();
            backup::restored(&archive, &whole, &data);
            took("a store made of it", start);
        }
        {
            let store = SledStore::open(&data).expect("opened");
            store.load().await.expect("loaded");
            for _ in 0..3 {
                let start = Instant::now();
                let copied = store.backup();
                // What a write that comes at the same time has to wait for.
                let write = async {
                    store.commit(0, Commit::default()).await.expect("nothing is committed");
                    took("a commit behind the copying answered after", start);
                };
                let (copied, ()) = tokio::join!(copied, write);
                let start = Instant::now();
                let backup = copied.expect("copied").verify().expect("whole");
                took("the copy verified", start);
                println!("care: the file: {} MiB", backup.bytes() >> 20);
            }
        }
        let start = Instant::now();
        let report = care::fsck(data, None, false).await.expect("it can be looked at");
        took("fsck", start);
        assert!(report.problems.is_empty(), "{report:?}");
        println!("care: resident: {} MiB", memory::resident_mib());
    });
}
