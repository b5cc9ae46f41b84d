//! What was acknowledged survives a power loss, at whatever moment it comes.
//!
//! A process commits to a store while everything it does to files is recorded, in order, and so is what the store
//! acknowledges. The record is played to a model of a file system that forgets: what was not made durable by
//! `fsync` or `fdatasync` is there or isn't, in any mixture. At many moments such mixtures are made real, and the
//! store is opened: it must hold all that was acknowledged by then, and nothing that wasn't begun.
//!
//! | File | Holds |
//! |---|---|
//! | `record.c`, `record` | what a process does to files |
//! | `disk`, `file` | the file system that forgets |
//! | `script` | what is committed, and what a store holds then |
//! | `child` | the process that is recorded |
//! | `verdict` | whether a store that was left over is what it must be |

mod child;
mod disk;
mod file;
mod record;
mod script;
mod verdict;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use feedgate::store::SledStore;
use tempfile::TempDir;

use self::{
    child::{NOTES, Note},
    disk::{Disk, Loss},
    record::{End, Event, Recorder},
    script::{COMMITS, State},
    verdict::Known,
};
use crate::support::{campaign, random::Random};

/// Names the folder to the process that is recorded.
const FOLDER: &str = "POWER_LOSS_FOLDER";

/// How many events a start has, about.
const STARTING: usize = 40;

#[tokio::test]
async fn what_was_acknowledged_survives_a_power_loss() {
    if let Some(root) = recorded() {
        return child::commit_all(&root, COMMITS).await;
    }
    let (cuts, losses) = if campaign() { (300, 8) } else { (20, 3) };
    let setting = Setting::new(COMMITS, cuts, losses).await;
    let mut world = World::new(&setting, 20_261_124);
    assert_eq!(world.live("what_was_acknowledged_survives_a_power_loss", None).await, End::Done);
    world.figures.finish("one life");
}

/// Processes are killed, at any moment from the making of the store on, and so is the power for some of them. The
/// next one goes on with what it finds: with what was never synced as long as the power stays on.
#[tokio::test]
async fn what_was_acknowledged_survives_power_losses_after_crashes() {
    if let Some(root) = recorded() {
        return child::commit_all(&root, COMMITS).await;
    }
    let (worlds, lives, cuts, losses) = if campaign() { (16, 8, 6, 4) } else { (3, 5, 4, 3) };
    let setting = Setting::new(COMMITS, cuts, losses).await;
    let mut figures = Figures::default();
    for number in 0..worlds {
        let mut world = World::new(&setting, number);
        for _ in 0..lives {
            let soon = *world.random.pick(&[25, 60, 400]);
            let kill_behind = 1 + world.random.below(soon);
            let test = "what_was_acknowledged_survives_power_losses_after_crashes";
            if world.live(test, Some(kill_behind)).await == End::Done {
                break;
            }
            if world.random.one_in(2) {
                world.lose_power();
            }
        }
        figures.add(world.figures);
    }
    figures.finish("killed and gone on");
}

/// A process is killed behind each step of its life, or each third in a usual run, in which it makes a store and
/// commits to it once. What it left undone, the next one must do.
#[tokio::test]
async fn every_step_of_a_first_life_may_be_the_last() {
    if let Some(root) = recorded() {
        return child::commit_all(&root, 1).await;
    }
    let setting = Setting::new(1, 2, 2).await;
    let mut figures = Figures::default();
    for steps in (1..).step_by(if campaign() { 1 } else { 3 }) {
        let mut world = World::new(&setting, steps);
        let test = "every_step_of_a_first_life_may_be_the_last";
        let end = world.live(test, Some(steps as usize)).await;
        assert_eq!(world.live(test, None).await, End::Done);
        figures.add(world.figures);
        if end == End::Done {
            break;
        }
    }
    figures.finish("every step");
}

/// The folder, in a process that is recorded: a test that runs itself again.
fn recorded() -> Option<PathBuf> {
    let folder = std::env::var_os(FOLDER)?;
    assert!(std::env::var_os("LD_PRELOAD").is_some(), "`{FOLDER}` is set, and nobody records");
    Some(folder.into())
}

/// What is the same in all worlds.
struct Setting {
    recorder: Recorder,
    states: Vec<State>,
    /// How many moments of a life are looked at, besides those right behind an acknowledgement.
    cuts: usize,
    /// How many mixtures of what may be left are tried at each of them.
    losses: usize,
}

impl Setting {
    async fn new(commits: usize, cuts: usize, losses: usize) -> Self {
        let (recorder, states) = (Recorder::compile(), script::states(commits).await);
        Self { recorder, states, cuts, losses }
    }
}

/// A folder, and all that is known about it.
struct World<'a> {
    setting: &'a Setting,
    seed: u64,
    random: Random,
    folder: TempDir,
    disk: Disk,
    known: Known,
    /// What was durable at an earlier acknowledgement.
    earlier: Option<(usize, Disk)>,
    figures: Figures,
}

#[derive(Default)]
struct Figures {
    events: usize,
    cuts: usize,
    stores: usize,
    failures: Vec<String>,
}

impl<'a> World<'a> {
    fn new(setting: &'a Setting, seed: u64) -> Self {
        Self {
            setting,
            seed,
            random: Random::new(seed),
            folder: tempfile::tempdir().unwrap(),
            disk: Disk::new(),
            known: Known::default(),
            earlier: None,
            figures: Figures::default(),
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// A process runs until it is done or killed; the power is lost at many moments of its life, each time in
    /// another world.
    async fn live(&mut self, test: &str, kill_behind: Option<usize>) -> End {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &format!("power_loss::{test}"), "--nocapture"]);
        let (events, end) = self.setting.recorder.run(&mut command, &self.root(), kill_behind);
        // Starting is where most is written that nobody has asked for.
        let ends = [events.len(), events.len().min(STARTING)];
        let moments: BTreeSet<_> =
            (0..self.setting.cuts).map(|number| self.random.below(ends[number % 2])).collect();
        for (number, event) in events.iter().enumerate() {
            self.disk.apply(event);
            let acknowledged = self.take_note(event);
            let moment = format!("seed {}, event {number}", self.seed);
            if acknowledged || moments.contains(&number) {
                self.cut(&moment).await;
            }
            if acknowledged {
                self.go_back(&moment);
            }
        }
        self.disk.assert_is(&self.root());
        self.figures.events += events.len();
        end
    }

    /// Whether something was acknowledged.
    fn take_note(&mut self, event: &Event) -> bool {
        match event {
            Event::Write { path, data, .. } if path == Path::new(NOTES) => self.known.take(Note::parse(data)),
            _ => false,
        }
    }

    async fn cut(&mut self, moment: &str) {
        for number in 0..self.setting.losses {
            let any = [Loss::TheEnd, Loss::Some, Loss::Some, Loss::Nothing];
            let loss = if number == 0 { Loss::All } else { *self.random.pick(&any) };
            let left = self.disk.after(loss, &mut self.random);
            let folder = tempfile::tempdir().unwrap();
            left.make_in(folder.path());
            let go_on = self.random.one_in(4);
            if let Err(why) = verdict::of(folder.path(), &self.known, &self.setting.states, go_on).await {
                self.figures.failures.push(format!("{moment}, {loss:?}: {why}"));
            }
            self.figures.stores += 1;
        }
        self.figures.cuts += 1;
    }

    /// A store that went back to an earlier acknowledgement must be refused, or else what was acknowledged since
    /// could be lost unseen: the anchor that knows better has to be durable, too.
    fn go_back(&mut self, moment: &str) {
        let now = self.disk.after(Loss::All, &mut self.random);
        let newest = self.known.least();
        if let Some((before, earlier)) = &self.earlier
            && *before < newest
        {
            let (folder, newer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            earlier.make_in(folder.path());
            now.make_in(newer.path());
            let anchor = |root: &TempDir| child::data(root.path()).join("store/anchor");
            // Before a store is durable there is none to go back from, which `cut` has complained about.
            let mixed = std::fs::copy(anchor(&newer), anchor(&folder));
            if mixed.is_err() || SledStore::open(&child::data(folder.path())).is_ok() {
                self.figures.failures.push(format!("{moment}: commit {newest} can be lost without a trace"));
            }
            self.figures.stores += 1;
        }
        self.earlier = Some((newest, now));
    }

    /// Goes on with what is left of the folder.
    fn lose_power(&mut self) {
        let loss = *self.random.pick(&[Loss::All, Loss::TheEnd, Loss::Some]);
        self.disk = self.disk.after(loss, &mut self.random);
        self.folder = tempfile::tempdir().unwrap();
        self.disk.make_in(self.folder.path());
    }
}

impl Figures {
    fn add(&mut self, more: Self) {
        self.events += more.events;
        self.cuts += more.cuts;
        self.stores += more.stores;
        self.failures.extend(more.failures);
    }

    fn finish(self, what: &str) {
        let Self { events, cuts, stores, failures } = self;
        let failed = failures.len();
        println!("{what}: {events} events, {cuts} cuts, {stores} stores left over, {failed} failures");
        let shown: Vec<_> = failures.iter().take(8).map(String::as_str).collect();
        assert!(failures.is_empty(), "{failed} of {stores} stores:\n{}", shown.join("\n"));
        assert!(cuts > 0, "nothing was tried");
    }
}
