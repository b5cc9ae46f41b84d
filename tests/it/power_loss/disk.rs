//! A model of a file system that forgets: what is on the disk for sure, and what may be.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::FileExt as _,
    path::{Component, Path},
};

use super::{file::File, record::Event};
use crate::support::random::Random;

type Node = usize;
/// A folder and a name in it.
type Entry = (Node, String);
type Names = BTreeMap<Entry, Node>;

const ROOT: Node = 0;

/// Files and folders below one that is surely there.
///
/// A file's bytes are durable when the file was synced, a name when its folder was. Syncing a file does nothing
/// for its name: POSIX promises no more, though some file systems do.
pub struct Disk {
    files: Vec<File>,
    live: Names,
    durable: Names,
    /// Since the folder was synced, in order.
    pending: Vec<Renaming>,
}

/// A change of names, which happens whole or not at all.
#[derive(Clone)]
struct Renaming {
    gone: Option<Entry>,
    come: Option<(Entry, Node)>,
}

impl Renaming {
    fn apply(&self, names: &mut Names) {
        if let Some(gone) = &self.gone {
            names.remove(gone);
        }
        if let Some((entry, node)) = &self.come {
            names.insert(entry.clone(), *node);
        }
    }

    fn is_in(&self, folder: Node) -> bool {
        let entries = self.gone.iter().chain(self.come.iter().map(|(entry, _)| entry));
        entries.into_iter().any(|(of, _)| *of == folder)
    }
}

/// What a power loss leaves of that which is not durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing is left.
    All,
    /// All is left, as if the process had been killed.
    Nothing,
    /// What was done first is left; the last of it may be torn.
    TheEnd,
    /// Any of it is left, torn or whole.
    Some,
}

impl Disk {
    /// An empty folder.
    pub fn new() -> Self {
        let (live, durable) = (Names::new(), Names::new());
        Self { files: vec![File::folder()], live, durable, pending: Vec::new() }
    }

    fn node(&self, path: &Path) -> Node {
        path.components().fold(ROOT, |folder, name| {
            let Component::Normal(name) = name else { panic!("{path:?} isn't plain") };
            let entry = (folder, name.to_str().unwrap().to_owned());
            *self.live.get(&entry).unwrap_or_else(|| panic!("{path:?} isn't known"))
        })
    }

    fn entry(&self, path: &Path) -> Entry {
        (self.node(path.parent().unwrap()), path.file_name().unwrap().to_str().unwrap().to_owned())
    }

    fn rename(&mut self, gone: Option<Entry>, come: Option<(Entry, Node)>) {
        let renaming = Renaming { gone, come };
        renaming.apply(&mut self.live);
        self.pending.push(renaming);
    }

    fn make(&mut self, path: &Path, file: File) {
        let entry = self.entry(path);
        self.files.push(file);
        self.rename(None, Some((entry, self.files.len() - 1)));
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Create(path) => self.make(path, File::default()),
            Event::MakeDir(path) => self.make(path, File::folder()),
            Event::Write { path, offset, data } => {
                let node = self.node(path);
                self.files[node].write(*offset, data.clone());
            }
            Event::SetLength { path, length } => {
                let node = self.node(path);
                self.files[node].set_length(*length);
            }
            Event::Rename { from, to } => {
                let (node, from, to) = (self.node(from), self.entry(from), self.entry(to));
                self.rename(Some(from), Some((to, node)));
            }
            Event::Remove(path) => {
                let entry = self.entry(path);
                self.rename(Some(entry), None);
            }
            Event::Sync(path) => self.sync(self.node(path)),
        }
    }

    fn sync(&mut self, node: Node) {
        self.files[node].sync();
        let (done, pending) = self.pending.drain(..).partition(|renaming| renaming.is_in(node));
        self.pending = pending;
        for renaming in done {
            renaming.apply(&mut self.durable);
        }
    }

    /// What is there after a power loss, all of it durable.
    pub fn after(&self, loss: Loss, random: &mut Random) -> Self {
        let mut names = self.durable.clone();
        let first = random.below(self.pending.len() + 1);
        for (number, renaming) in self.pending.iter().enumerate() {
            let left = match loss {
                Loss::All => false,
                Loss::Nothing => true,
                Loss::TheEnd => number < first,
                Loss::Some => random.one_in(2),
            };
            if left {
                renaming.apply(&mut names);
            }
        }
        let files = self.files.iter().map(|file| file.after(loss, random)).collect();
        Self { files, live: names.clone(), durable: names, pending: Vec::new() }
    }

    /// Makes a folder as the processes see it. What isn't in any folder any more isn't made.
    pub fn make_in(&self, root: &Path) {
        self.make_folder(ROOT, root);
    }

    fn make_folder(&self, folder: Node, path: &Path) {
        for (name, node) in self.names_in(folder) {
            let path = path.join(name);
            match self.files[node].live() {
                None => {
                    fs::create_dir(&path).unwrap();
                    self.make_folder(node, &path);
                }
                Some(bytes) => {
                    // What is zero at the end takes no time to be written.
                    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                    let file = fs::File::create(&path).unwrap();
                    file.set_len(bytes.len() as u64).unwrap();
                    file.write_all_at(&bytes[..used], 0).unwrap();
                }
            }
        }
    }

    fn names_in(&self, folder: Node) -> impl Iterator<Item = (&str, Node)> {
        let of_it = self.live.range((folder, String::new())..(folder + 1, String::new()));
        of_it.map(|((_, name), node)| (name.as_str(), *node))
    }

    /// Fails unless a folder is what the model says: then nothing has got past the recorder.
    pub fn assert_is(&self, root: &Path) {
        self.assert_folder_is(ROOT, root);
    }

    fn assert_folder_is(&self, folder: Node, path: &Path) {
        let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let known: Vec<_> = self.names_in(folder).collect();
        let known_names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, known_names, "something changed {path:?} without being seen");
        for (name, node) in known {
            let path = path.join(name);
            match self.files[node].live() {
                None => self.assert_folder_is(node, &path),
                Some(bytes) => {
                    assert!(
                        fs::read(&path).unwrap() == bytes,
                        "something wrote to {path:?} without being seen"
                    );
                }
            }
        }
    }
}
