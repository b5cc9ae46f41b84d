//! Has sled's threads sync in earnest.
//!
//! After each write to its log, sled calls `sync_file_range` on Linux, and takes what was written for stable. It
//! isn't: the call leaves the disk's cache and the file's length alone. A flush that is synced afterwards isn't
//! enough, either. A commit that spans several segments frees older ones as it goes, and sled writes to those
//! again, which may reach the disk before what made them free.
//!
//! A kernel that doesn't know the call answers ENOSYS, and then sled does the right thing: it calls `fsync`, as it
//! always does on other systems. So a filter of system calls lets that one answer ENOSYS.

#[cfg(not(target_os = "linux"))]
pub(super) fn in_earnest() -> std::io::Result<()> {
    Ok(())
}

/// For this thread and all that it starts, until they end. sled's threads are started by those that use it.
///
/// An error if the kernel has no such filters: what is acknowledged then could be lost.
#[cfg(target_os = "linux")]
pub(super) fn in_earnest() -> std::io::Result<()> {
    use std::{cell::Cell, io};

    thread_local!(static DONE: Cell<bool> = const { Cell::new(false) });

    if !DONE.get() {
        let filter = filter().map_err(io::Error::other)?;
        seccompiler::apply_filter(&filter).map_err(io::Error::other)?;
        DONE.set(true);
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn filter() -> Result<seccompiler::BpfProgram, seccompiler::BackendError> {
    use seccompiler::{SeccompAction, SeccompFilter};

    let no_rules_match_always = (libc::SYS_sync_file_range, vec![]);
    let unknown = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let here = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new([no_rules_match_always].into(), SeccompAction::Allow, unknown, here)?.try_into()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::{fs, thread};

    /// Whether system calls of this thread are filtered. That it is the right one is shown by the power-loss tests.
    fn filtered() -> bool {
        fs::read_to_string("/proc/thread-self/status").unwrap().contains("Seccomp:\t2")
    }

    #[test]
    fn a_kernel_without_filters_is_named() {
        use seccompiler::{SeccompAction, SeccompFilter, SeccompRule};

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let error = thread::spawn(move || {
            let here = std::env::consts::ARCH.try_into().unwrap();
            let refused = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
            let calls = [(libc::SYS_seccomp, Vec::<SeccompRule>::new())];
            let filter = SeccompFilter::new(calls.into(), SeccompAction::Allow, refused, here).unwrap();
            let program: seccompiler::BpfProgram = filter.try_into().unwrap();
            seccompiler::apply_filter(&program).unwrap();
            super::super::SledStore::open(&path).unwrap_err()
        });
        let error = error.join().unwrap();
        assert!(matches!(error, crate::StoreError::NoFilter(_)), "{error}");
        let said = error.to_string();
        assert!(said.contains("os error 38") && said.contains("CONFIG_SECCOMP_FILTER"), "{said}");
        assert!(!dir.path().join("data/store").exists());
    }

    #[test]
    fn threads_that_are_started_inherit_the_filter() {
        thread::spawn(|| {
            super::in_earnest().unwrap();
            super::in_earnest().unwrap();
            assert!(filtered());
            assert!(thread::spawn(filtered).join().unwrap());
        })
        .join()
        .unwrap();
    }
}
