//! Room for threads and memory, made sure of before anything depends on it.
//!
//! Later it would be too late: sled waits forever for threads that can't be started, tokio panics without them, and the
//! process aborts without memory.

use std::{
    env,
    ffi::OsStr,
    hint::black_box,
    io,
    num::NonZero,
    os::unix::process::CommandExt as _,
    process::Command,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use rustix::process::{Resource, getrlimit};

/// Threads of every process: one waits for the others, and a blocking call or two.
const BLOCKING: usize = 2;
/// Threads of a server besides those that answer: one of the store, seven of sled, the policy's writer, and one for
/// each kind of long work.
const BESIDE_ANSWERS: usize = 11;
/// Bytes of memory that a client takes, and a server with a small policy.
const CLIENT_BYTES: usize = 8 << 20;
const SERVER_BYTES: usize = 64 << 20;

/// Why a process can't start.
#[derive(Debug, thiserror::Error)]
pub enum NoRoom {
    #[error(
        "can't start the {needed} threads that are needed, only {started}: {source}; raise the limit of processes and \
         threads (`ulimit -u`, `pids.max` of the cgroup, `TasksMax` of the systemd unit) or that of memory (`ulimit -v`)"
    )]
    Threads { needed: usize, started: usize, source: io::Error },
    #[error("can't reserve the {mib} MiB of memory that are needed: raise the limit (`ulimit -v`)")]
    Memory { mib: usize },
}

/// Starts this program anew, in this process, with one arena for all threads, if its address space is limited and the
/// user hasn't set the number of arenas. Returns if not, or if that can't be done.
///
/// glibc reserves 64 MiB of address space for the arena of each thread, so that a limit that is large enough would be
/// used up by what is never needed.
pub fn save_address_space() {
    const ARENAS: &str = "MALLOC_ARENA_MAX";
    let is_limited = getrlimit(Resource::As).current.is_some();
    if !is_limited || env::var_os(ARENAS).is_some() {
        return;
    }
    let mut words = env::args_os();
    let name = words.next();
    let mut anew = Command::new("/proc/self/exe");
    anew.args(words).arg0(name.as_deref().unwrap_or(OsStr::new("feedgate"))).env(ARENAS, "1");
    // Returns only if it fails; then this process goes on as it is.
    let _ = anew.exec();
}

/// Makes sure of the threads of the runtime that every command works on.
pub fn for_commands() -> Result<(), NoRoom> {
    check(thread::available_parallelism().map_or(1, NonZero::get) + BLOCKING, CLIENT_BYTES)
}

/// Makes sure of what a server starts besides, with so many threads that answer.
pub(super) fn for_server(answering: usize) -> Result<(), NoRoom> {
    check(answering.saturating_add(BESIDE_ANSWERS + BLOCKING), SERVER_BYTES)
}

/// Reserves so many bytes and starts so many threads at the same time, then lets go of all.
fn check(needed: usize, bytes: usize) -> Result<(), NoRoom> {
    let mut memory = Vec::<u8>::new();
    memory.try_reserve_exact(bytes).map_err(|_| NoRoom::Memory { mib: bytes >> 20 })?;
    black_box(&memory);
    let hold = Arc::new(Mutex::new(()));
    let held = hold.lock().unwrap_or_else(PoisonError::into_inner);
    let (ready, is_ready) = mpsc::channel();
    let mut threads = Vec::with_capacity(needed);
    let mut failed = None;
    for started in 0..needed {
        let (hold, ready) = (Arc::clone(&hold), ready.clone());
        let thread = thread::Builder::new().name("room".to_owned()).spawn(move || {
            // A thread's first allocation takes room of its own.
            black_box(vec![0_u8; 1024]);
            let _ = ready.send(());
            drop(hold.lock());
        });
        match thread {
            Ok(thread) => threads.push(thread),
            Err(source) => {
                failed = Some(NoRoom::Threads { needed, started, source });
                break;
            }
        }
    }
    for _ in &threads {
        // Each sends once.
        let _ = is_ready.recv();
    }
    drop(held);
    drop(memory);
    for thread in threads {
        let _ = thread.join();
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_and_memory_are_there() {
        for_commands().unwrap();
        for_server(4).unwrap();
    }

    #[test]
    fn memory_that_no_machine_has_is_refused() {
        let error = check(1, isize::MAX as usize / 2).unwrap_err();
        assert!(error.to_string().contains("can't reserve the 4398046511103 MiB"), "{error}");
    }
}
