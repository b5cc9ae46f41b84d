//! Files that are somebody else's.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use rustix::process::geteuid;

use crate::support::program::{feedgate, run};

/// Nobody in particular.
pub const OTHER: u32 = 65_534;

/// The server on a folder, as somebody to whom permissions mean something: to root they don't.
pub fn serve(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).env_clear();
    if geteuid().is_root() {
        command.uid(OTHER).gid(OTHER);
    }
    command
}

fn give_away(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(OTHER), Some(OTHER)).unwrap();
    }
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| give_away(&entry.unwrap().path()));
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_denied_is_said() {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    // The one that is tested may lie where others may not look.
    let program = folder.path().join("feedgate");
    fs::copy(feedgate().get_program(), &program).unwrap();
    let whole = folder.path().join("whole");
    drop(feedgate::store::SledStore::open(&whole).unwrap());
    fs::write(whole.join("admin-token"), "secret").unwrap();
    set_mode(&whole.join("admin-token"), 0o600);
    for (path, mode, why) in [
        ("", 0o000, "lock"),
        ("", 0o500, "admin-token"),
        ("lock", 0o000, "lock"),
        ("store", 0o000, "store"),
        ("store/db", 0o000, "store"),
        ("store/db", 0o400, "store"),
        ("store/conf", 0o000, "store"),
        ("store/anchor", 0o000, "anchor"),
        ("store/anchor", 0o400, "anchor"),
        ("admin-token", 0o000, "admin-token"),
    ] {
        let data = folder.path().join("data");
        super::copy(&whole, &data);
        if path.is_empty() && mode == 0o500 {
            fs::remove_file(data.join("admin-token")).unwrap();
        }
        give_away(&data);
        set_mode(&data, 0o700);
        set_mode(&data.join(path), mode);
        let told = run(&mut serve(&program, &data), b"");
        told.failed(3, "ermission denied");
        assert!(told.stderr.contains(why), "{path:?} {mode:o}: no {why:?} in {}", told.stderr);
        assert!(!told.stderr.contains("panicked at"), "{path:?} {mode:o}: {}", told.stderr);
        set_mode(&data, 0o700);
        set_mode(&data.join("store"), 0o700);
        fs::remove_dir_all(&data).unwrap();
    }
}
