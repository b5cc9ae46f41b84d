//! What a process does to files, recorded by a library that is preloaded into it (`record.c`).

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Something that was done, to paths below the folder that is watched.
#[derive(Debug)]
pub enum Event {
    Create(PathBuf),
    MakeDir(PathBuf),
    Write {
        path: PathBuf,
        offset: u64,
        data: Vec<u8>,
    },
    SetLength {
        path: PathBuf,
        length: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove(PathBuf),
    /// `fsync` or `fdatasync`, which differ in nothing that matters here.
    Sync(PathBuf),
}

/// How a recorded process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It had done all it was to do.
    Done,
    /// It was killed behind the event that it was to be killed behind.
    Killed,
}

/// The library, compiled for one test.
pub struct Recorder {
    folder: TempDir,
}

impl Recorder {
    pub fn compile() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = format!("{}/tests/it/power_loss/record.c", env!("CARGO_MANIFEST_DIR"));
        let mut cc = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]);
        cc.arg(folder.path().join("record.so")).args([&source, "-ldl"]);
        let output = cc.output().unwrap_or_else(|error| panic!("a C compiler is needed: {cc:?}: {error}"));
        assert!(output.status.success(), "{cc:?}: {}", String::from_utf8_lossy(&output.stderr));
        Self { folder }
    }

    /// Runs a command and gives what it did below a folder. With `kill_behind`, it is killed behind so many events.
    pub fn run(&self, command: &mut Command, folder: &Path, kill_behind: Option<usize>) -> (Vec<Event>, End) {
        let record = self.folder.path().join("record");
        let _ = fs::remove_file(&record);
        command.env("LD_PRELOAD", self.folder.path().join("record.so"));
        command.env("POWER_LOSS_FOLDER", folder).env("POWER_LOSS_RECORD", &record);
        if let Some(events) = kill_behind {
            command.env("POWER_LOSS_KILL", events.to_string());
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let end = match (output.status.code(), output.status.signal()) {
            (Some(0), _) => End::Done,
            (_, Some(9)) if kill_behind.is_some() => End::Killed,
            _ => panic!(
                "the recorded process: {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
        };
        (parse(&fs::read(record).expect("nothing was recorded")), end)
    }
}

fn parse(mut record: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while !record.is_empty() {
        let [kind, path, other, data] = [(); 4].map(|()| u32::from_ne_bytes(take(&mut record)) as usize);
        let number = u64::from_ne_bytes(take(&mut record));
        let [path, other, data] = [path, other, data].map(|len| record.split_off(..len).unwrap());
        let as_path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).unwrap());
        let path = as_path(path);
        events.push(match kind {
            1 => Event::Create(path),
            2 => Event::MakeDir(path),
            3 => Event::Write { path, offset: number, data: data.to_vec() },
            4 => Event::SetLength { path, length: number },
            5 => Event::Rename { from: path, to: as_path(other) },
            6 => Event::Remove(path),
            7 => Event::Sync(path),
            _ => panic!("a record of kind {kind}"),
        });
    }
    events
}

fn take<const LEN: usize>(record: &mut &[u8]) -> [u8; LEN] {
    let (taken, rest) = record.split_first_chunk().expect("the record is cut off");
    *record = rest;
    *taken
}
