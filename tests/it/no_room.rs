//! Limits of threads and memory that are too low: an error, or a server that serves, never a process that hangs.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::geteuid;

use crate::support::program::{feedgate, run};

/// A user to whom limits of processes apply: to root they don't.
const LIMITED: u32 = 65_533;

/// The program under a limit, and killed if it hangs.
fn limited(program: &Path, limit: &str, words: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--preserve-status", "--kill-after=1", "--signal=KILL", "60", "prlimit", limit, "--"]);
    command.arg(program).args(words).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    if geteuid().is_root() {
        command.uid(LIMITED).gid(LIMITED);
    }
    command
}

/// Whether a server serves; it is ended then. If not, it says why and exits with 3.
fn serves(command: &mut Command, limit: &str) -> bool {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if line.starts_with("listening grpc ") {
        assert!(end(child).0, "{limit}");
        return true;
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{limit}: {said}");
    assert!(said.contains("can't start the ") || said.contains("can't reserve the "), "{limit}: {said}");
    assert!(said.contains("ulimit"), "{limit}: {said}");
    false
}

/// Ends a server with SIGTERM, which `timeout` passes on. Gives whether it ended well, and what it said.
fn end(child: Child) -> (bool, String) {
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_process_without_room_for_its_threads_or_memory_ends_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let program = folder.path().join("feedgate");
    std::fs::copy(feedgate().get_program(), &program).unwrap();
    let data = folder.path().join("data");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let processes = (1..8).chain([12, 16, 20, 64]).map(|number| format!("--nproc={number}"));
    let memory = (2..12).map(|part| format!("--as={}", part * 50_000_000));
    let (mut served, mut refused) = (0, 0);
    for limit in processes.chain(memory).chain(["--as=307200000".to_owned()]) {
        match serves(&mut limited(&program, &limit, &serve), &limit) {
            true => served += 1,
            false => refused += 1,
        }
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} refused");
    for limit in ["--nproc=1", "--nproc=2"] {
        run(&mut limited(&program, limit, &["check", "a", "b"]), b"").failed(3, "can't start the ");
    }
}

/// A store that can't be opened for now: opening a pipe waits for its other end.
#[test]
fn a_start_that_is_stuck_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(feedgate::store::SledStore::open(&data).unwrap());
    std::fs::remove_file(data.join("store/db")).unwrap();
    assert!(Command::new("mkfifo").arg(data.join("store/db")).status().unwrap().success());
    let log = folder.path().join("log");
    let mut command = crate::support::server::serve(&data);
    let mut child = command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    // It has the lock when it comes to the pipe.
    let locked =
        || std::fs::read_to_string(data.join("lock")).is_ok_and(|pid| pid.trim() == child.id().to_string());
    while !locked() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(std::fs::read_to_string(&log).unwrap().contains("the start is given up"));
}
