//! Data folders that others have a hand in: refused before anything in them is touched.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{
        fs::{PermissionsExt as _, chown, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rustix::process::geteuid;

use super::{copy, denied};
use crate::support::{
    program::{feedgate, run},
    server::serve,
};

/// Everything in a folder, with its mode.
fn everything(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        if found.is_dir() {
            all.extend(everything(&path));
        }
        all.push((path, found.permissions().mode() & 0o7777));
    }
    all.sort();
    all
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Starts a server, waits until it is ready, and ends it.
fn serve_once(command: &mut Command) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening grpc "), "{line:?}");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

type Spoil = fn(&Path);

#[test]
fn an_unfit_data_folder_is_refused_before_it_is_touched() {
    let root = geteuid().is_root();
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    serve_once(&mut serve(&whole));
    let cases: [(Spoil, &str, bool); 11] = [
        (|data| set_mode(data, 0o777), "others can write in `", true),
        (|data| set_mode(data, 0o1777), "others can write in `", true),
        (|data| set_mode(data, 0o720), "(mode 720)", true),
        (|data| set_mode(&data.join("store"), 0o702), "others can write in `", true),
        (|data| chown(data, Some(1), None).unwrap(), "belongs to uid 1", root),
        (|data| chown(data.join("store"), Some(1), None).unwrap(), "store` belongs to uid 1", root),
        (|data| chown(data.join("store/db"), Some(1), None).unwrap(), "db` belongs to uid 1", root),
        (|data| move_away(data, "store"), "store` is a link to `", true),
        (|data| move_away(data, "store/db"), "db` is a link to `", true),
        (|data| move_away(data, "lock"), "lock` is a link to `", true),
        (
            |data| {
                fs::remove_dir_all(data.join("store")).unwrap();
                let target = data.parent().unwrap().join("target");
                fs::create_dir(&target).unwrap();
                symlink(target, data.join("store")).unwrap();
            },
            "store` is a link to `",
            true,
        ),
    ];
    let possible = cases.into_iter().filter(|(_, _, possible)| *possible);
    for (number, (spoil, why, _)) in possible.enumerate() {
        let place = folder.path().join(number.to_string());
        let data = place.join("data");
        copy(&whole, &data);
        set_mode(&data, 0o700);
        spoil(&data);
        let before = everything(&place);
        run(&mut serve(&data), b"").failed(3, why);
        assert_eq!(everything(&place), before, "case {number}, {why}");
    }
}

/// Moves a file out of the data folder, and leaves a link to it.
fn move_away(data: &Path, name: &str) {
    let away = data.parent().unwrap().join("away");
    fs::rename(data.join(name), &away).unwrap();
    symlink(away, data.join(name)).unwrap();
}

#[test]
fn an_empty_folder_that_others_can_write_in_stays_empty() {
    for mode in [0o777, 0o1777, 0o770, 0o702] {
        let data = tempfile::tempdir().unwrap();
        set_mode(data.path(), mode);
        run(&mut serve(data.path()), b"").failed(3, "others can write in `");
        assert_eq!(everything(data.path()), [], "{mode:o}");
    }
}

#[test]
fn a_data_folder_that_is_no_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let link = folder.path().join("link");
    symlink(folder.path().join("gone"), &link).unwrap();
    for (data, why) in
        [(&file, "file` is not a folder: "), (&link, "gone`, which isn't there: make that folder")]
    {
        run(&mut serve(data), b"").failed(3, why);
        run(feedgate().args(["fsck", "--data"]).arg(data), b"").failed(3, why);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    // A link to a folder is as good as that.
    fs::create_dir(folder.path().join("gone")).unwrap();
    set_mode(&folder.path().join("gone"), 0o700);
    serve_once(&mut serve(&link));
}

#[test]
fn files_are_private_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let program = feedgate().get_program().to_owned();
    // The second start writes what sled calls a snapshot.
    for _ in 0..2 {
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(&program);
        serve_once(shell.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).env_clear());
    }
    let all = everything(folder.path());
    assert!(all.iter().any(|(path, _)| path.to_string_lossy().contains("/snap.")), "{all:?}");
    for (path, mode) in all {
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

/// As Kubernetes mounts them: root's, and a group's that the server is in, or everybody's.
#[test]
fn a_volume_that_belongs_to_root_gets_a_private_folder_for_the_store() {
    if !geteuid().is_root() {
        return;
    }
    for (mode, group) in [(0o2775, denied::OTHER), (0o777, 0)] {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o755);
        let program = folder.path().join("feedgate");
        fs::copy(feedgate().get_program(), &program).unwrap();
        let volume = folder.path().join("volume");
        fs::create_dir(&volume).unwrap();
        chown(&volume, Some(0), Some(group)).unwrap();
        set_mode(&volume, mode);
        for _ in 0..2 {
            serve_once(&mut denied::serve(&program, &volume));
        }
        let inner = volume.join("feedgate");
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
        let names: Vec<_> = fs::read_dir(&volume).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(names, std::slice::from_ref(&inner));
        assert!(inner.join("admin-token").exists() && inner.join("store").exists());
        // Root, and whoever the store belongs to, find it there.
        let looked = run(feedgate().args(["fsck", "--data"]).arg(&volume), b"");
        assert!(looked.ended(1).contains("admin-token` belongs to somebody else"), "{looked:?}");
        let mut fsck = Command::new(&program);
        fsck.args(["fsck", "--data"]).arg(&volume).env_clear().uid(denied::OTHER).gid(denied::OTHER);
        run(&mut fsck, b"").ended(0);
        run(feedgate().args(["fsck", "--repair", "--data"]).arg(&volume), b"").failed(3, "belongs to uid");
        run(&mut serve(&volume), b"").failed(3, "belongs to uid");
    }
}
