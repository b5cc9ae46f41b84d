//! The quickest way to a large store: a backup of one in memory.

use std::{path::Path, thread};

use feedgate::store::{Archive, MemoryStore, PolicyStore as _, Whole, restore};

use crate::world::{self, Size};

/// The file.
pub async fn of_the_world(size: Size) -> Vec<u8> {
    let store = MemoryStore::holding(&world::policy(size)).expect("it fits");
    let backup = store.backup().await.expect("copied").verify().expect("whole");
    backup.into_pieces().collect::<Vec<_>>().concat()
}

/// Makes a store of it, on a thread of its own: the store filters system calls of whichever thread it uses and of all
/// that this one starts, the servers and sled of later measurements among them.
pub fn restored(archive: &Archive, whole: &Whole, data: &Path) {
    thread::scope(|scope| {
        scope.spawn(|| restore(archive, whole, data).expect("restored"));
    });
}
