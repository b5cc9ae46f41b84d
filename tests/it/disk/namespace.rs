//! Disks of a test's own: it is run once more, in a mount namespace where it may mount what it likes and nobody else
//! sees it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

const INSIDE: &str = "FEEDGATE_TEST_IN_NAMESPACE";

/// Runs a test, which is this one, in a namespace. What it finds there ends it, as it would here.
pub fn within(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        body();
        return;
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let output = unshare.env(INSIDE, "1").stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("unshare, of util-linux, is needed: {error}"));
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in a namespace of its own (mounting must be allowed there):\n{told}");
    // A name that nothing is called would have passed, too.
    assert!(told.contains("1 passed"), "{told}");
}

/// Mounts a file system in memory of so many MiB.
pub fn mount(at: &Path, mib: usize) {
    run(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(at));
}

/// Makes a mounted file system read-only.
pub fn make_read_only(at: &Path) {
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(at));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
