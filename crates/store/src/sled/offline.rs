//! A look at a store that nobody has in use. It changes nothing.
//!
//! sled writes as soon as it opens a store: a snapshot, the end of a log that was torn. So what is opened is a copy.
//! Files of the data folder are only read, its lock is taken by a file that is open for reading.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use super::{
    super::{Backup, Copied, Counts, Examined, Problems, StoreError, Whole, codec, now_ms},
    anchor::Anchor,
    database::Database,
    folder::{failed, is_unfinished, sync_dir},
    guard,
    lock::Lock,
    tidy::{self, Defect, Vouching},
    worker::panicked,
};
use feedgate_model::ChangeSet;

/// A store that is locked and copied.
#[derive(Debug)]
pub struct Offline {
    dir: PathBuf,
    /// None once reading it has failed badly, or before it was opened. Gone before the copy is.
    database: Option<Database>,
    copy: PathBuf,
    _lock: Option<Lock>,
}

impl Offline {
    /// Locks a data folder and copies the store that is in it to `scratch`, an empty folder that nobody but its owner
    /// gets into. To repair is to lock it as a server does; to look leaves even the lock file as it is. Blocks.
    ///
    /// [`StoreError::InUse`] names the process that has it, [`StoreError::NoStore`] says that there is nothing to
    /// look at.
    pub fn open(dir: &Path, scratch: &Path, to_repair: bool) -> Result<Self, StoreError> {
        guard::is_there(dir)?;
        let dir = fs::canonicalize(dir).map_err(failed("find", dir))?;
        let store = dir.join("store");
        if !guard::look(&store)?.is_some_and(|found| found.is_dir()) {
            return Err(StoreError::NoStore { path: dir });
        }
        if to_repair {
            guard::check_own(&dir)?;
        }
        let lock = if to_repair { Some(Lock::take(&dir)?) } else { Lock::share(&dir)? };
        // sled compares absolute paths in places.
        let place = fs::canonicalize(scratch).map_err(failed("find", scratch))?.join("store");
        copy_tree(&store, &place)?;
        Ok(Self { dir, database: None, copy: place, _lock: lock })
    }

    /// Verifies all records as a start does, and more; what is wrong is put to the problems. The store, if nothing is.
    ///
    /// Fails if nothing can be said, for instance with [`StoreError::NewerFormat`].
    pub fn examine(&mut self, problems: &mut Problems) -> Result<Examined, StoreError> {
        let examined = self.guard(|database| codec::examine(database.scan().map(as_damage), problems));
        let (counts, contents) = match examined {
            Err(StoreError::Corrupt(what)) => {
                problems.note(what);
                (Counts::default(), None)
            }
            examined => examined?,
        };
        Ok(Examined::new(counts, contents))
    }

    /// Looks at all around the records of this store: what can be repaired, and, among the problems, what can't. Gives
    /// how many files the store has, too.
    pub fn look_around(
        &self,
        whole: Option<&Whole>,
        problems: &mut Problems,
    ) -> Result<(Vec<Defect>, u64), StoreError> {
        let mut defects = Vec::new();
        let files = tidy::look(&self.dir, &mut defects)?;
        if let Some(Whole { state, .. }) = whole
            && let Some(fault) = Anchor::judge(&self.dir.join("store"), state)?
        {
            match Vouching::of(fault) {
                Some(vouching) => defects.push(Defect::Anchor(vouching)),
                None => problems.note(fault.to_string()),
            }
        }
        Ok((defects, files))
    }

    /// Puts a defect of this store right. Only for one that was opened to be repaired, and has no problems.
    pub fn mend(&self, defect: &Defect, whole: &Whole) -> Result<(), StoreError> {
        let store = self.dir.join("store");
        if let Defect::Anchor(_) = defect {
            // What it vouches for must survive a power loss before it does.
            let db = store.join("db");
            File::open(&db).and_then(|db| db.sync_all()).map_err(failed("sync", &db))?;
            sync_dir(&store)?;
            Anchor::mend(&store, &whole.state)?;
        }
        defect.mend()?;
        sync_dir(&store)?;
        sync_dir(&self.dir)
    }

    /// Reads one change set.
    pub fn change_set(&mut self, revision: u64) -> Result<ChangeSet, StoreError> {
        self.guard(|database| codec::change_set(database, revision))
    }

    /// A backup of what is there, if it is whole and the last commit of all.
    pub fn backup(&mut self) -> Result<Backup, StoreError> {
        let (state, copied) = self.guard(|database| {
            let state = codec::read_state(database)?;
            let copied = Copied::of(&state, now_ms(), database.scan().map(as_damage))?;
            Ok((state, copied))
        })?;
        match Anchor::judge(&self.dir.join("store"), &state)? {
            Some(fault) if Vouching::of(fault).is_none() => Err(StoreError::Corrupt(fault.to_string())),
            _ => copied.verify(),
        }
    }

    /// Does what may panic. What has panicked isn't used again.
    fn guard<T>(&mut self, work: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let opened = self.database.take();
        let done = catch_unwind(AssertUnwindSafe(|| {
            let database = match opened {
                Some(database) => database,
                None => Database::open(&self.copy)?,
            };
            let done = work(&database);
            Ok((database, done))
        }));
        match done {
            Ok(Ok((database, done))) => {
                self.database = Some(database);
                done
            }
            Ok(Err(error)) => Err(in_damage(error)),
            Err(panic) => Err(panicked(&*panic)),
        }
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        let database = self.database.take();
        // Closing flushes, and a damaged store can panic then, too.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

/// Of a private copy, which can be read: what sled can't read there is damaged.
fn as_damage<T>(part: Result<T, StoreError>) -> Result<T, StoreError> {
    part.map_err(in_damage)
}

fn in_damage(error: StoreError) -> StoreError {
    match error {
        StoreError::Io { what, source, .. } if source.raw_os_error().is_none() => {
            StoreError::Corrupt(format!("sled can't {what} it: {source}"))
        }
        other => other,
    }
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), StoreError> {
    DirBuilder::new().mode(0o700).create(to).map_err(failed("create", to))?;
    for entry in fs::read_dir(from).map_err(failed("look into", from))? {
        let entry = entry.map_err(failed("look into", from))?;
        let (path, name) = (entry.path(), entry.file_name());
        // Links are not sled's, and lead who knows where.
        let found = fs::symlink_metadata(&path).map_err(failed("look at", &path))?;
        if found.is_dir() {
            copy_tree(&path, &to.join(name))?;
        } else if found.is_file() && !is_unfinished(&name.to_string_lossy()) {
            let to = to.join(name);
            let mut new = File::options();
            new.write(true).create_new(true).mode(0o600);
            let copied = File::open(&path).and_then(|mut file| std::io::copy(&mut file, &mut new.open(&to)?));
            copied.map_err(failed("make a copy of", &path))?;
        }
    }
    Ok(())
}
