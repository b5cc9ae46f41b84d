//! Changes that are acknowledged, one after the other, next to what sled alone takes to keep as much.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Lines, Write as _},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use feedgate::{
    model::{
        Effect, Name,
        edit::{Edit, GrantSpec, PrincipalName, PrincipalRef, ScopeRef, Spec, Step},
    },
    policy::{self, Retention, WriteRequest, Writer},
    store::{Archive, Problems, SledStore},
};
use tokio::runtime::Runtime;

use crate::{
    backup,
    world::{self, FIRST, Random, Size},
};

/// How this program is told to be bare sled.
pub const BARE: &str = "bare-sled";
/// Of each, in turns.
const CHANGES: usize = 1_000;
/// As much as a change set of one grant writes, roughly: itself, the grant, the state.
const RECORDS: [usize; 3] = [120, 60, 160];

pub fn run(size: Size) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(compare(folder.path(), size));
}

async fn compare(folder: &Path, size: Size) {
    let data = folder.join("data");
    let mut bare = Bare::start(&folder.join("bare"));
    let file = backup::of_the_world(size).await;
    let archive = Archive::read(file.as_slice()).expect("it is a backup");
    let whole = archive.examine(&mut Problems::default()).expect("it can be read").whole.expect("whole");
    backup::restored(&archive, &whole, &data);
    let store = SledStore::open(&data).expect("opened");
    let opened = policy::open(Arc::new(store), Retention::default()).await.expect("loaded");
    let mut random = Random(43);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        // In turns, too, who goes first.
        if number % 2 == 0 {
            theirs.push(bare.write());
        }
        let request = request(&mut random, size);
        let start = Instant::now();
        opened.writer.write(request).await.expect("it is durable");
        ours.push(start.elapsed().as_secs_f64() * 1e3);
        if number % 2 == 1 {
            theirs.push(bare.write());
        }
    }
    bare.end();
    let [ours_half, ours_most] = quantiles(&mut ours);
    let [theirs_half, theirs_most] = quantiles(&mut theirs);
    println!(
        "durable: bare sled's transaction, flush and sync, of a store without policy: p50 {theirs_half:.2} ms, p99 {theirs_most:.2} ms"
    );
    println!("durable: a change acknowledged: p50 {ours_half:.2} ms, p99 {ours_most:.2} ms");
    println!("durable: ratio of the medians: {:.2}", ours_half / theirs_half);
    end(opened.writer, opened.thread).await;
}

/// A grant to a group on a feed, most often a new one.
fn request(random: &mut Random, size: Size) -> WriteRequest {
    let name = |name: String| Name::new(&name).expect("it is a name");
    let group = name(world::group_name(FIRST + random.below(size.groups)));
    let grant = GrantSpec {
        id: None,
        effect: Effect::Permit,
        principal: PrincipalRef::Group(PrincipalName::built_in(group)),
        task: name(world::task_name(FIRST + random.below(world::TASKS))),
        scope: ScopeRef::Feed(name(world::feed_name(FIRST + random.below(size.feeds)))),
        comment: None,
    };
    let step = Step { edit: Edit::Put(Spec::Grant(grant)), expected_revision: None };
    WriteRequest {
        steps: vec![step],
        expected: None,
        idempotency: None,
        dry_run: false,
        actor: "bench".into(),
    }
}

/// sled as it comes, in a process of its own: what feedgate's store sees to for sled counts for a whole process.
struct Bare {
    process: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Bare {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .arg(BARE)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let answers = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { process, answers }
    }

    /// How many milliseconds a change took.
    fn write(&mut self) -> f64 {
        let questions = self.process.stdin.as_mut().expect("piped");
        writeln!(questions).expect("it listens");
        let answer = self.answers.next().expect("it goes on").expect("it answers");
        answer.parse().expect("a number")
    }

    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().expect("it ends").success());
    }
}

/// The process: a change for every line that comes in.
pub fn bare(folder: &Path) {
    let db = sled::Config::new().path(folder).flush_every_ms(None).open().expect("opened");
    let file = File::options().read(true).write(true).open(folder.join("db")).expect("its file");
    for (number, line) in io::stdin().lines().enumerate() {
        line.expect("a line");
        let start = Instant::now();
        let written: sled::transaction::TransactionResult<()> = db.transaction(|tree| {
            for (record, len) in RECORDS.iter().enumerate() {
                tree.insert(format!("{record} {number:08}").as_bytes(), vec![b'x'; *len])?;
            }
            Ok(())
        });
        written.expect("written");
        db.flush().expect("flushed");
        file.sync_data().expect("synced");
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
    }
}

fn quantiles(taken: &mut [f64]) -> [f64; 2] {
    taken.sort_unstable_by(f64::total_cmp);
    [taken.len() / 2, taken.len() * 99 / 100].map(|at| taken[at])
}

async fn end(writer: Writer, thread: std::thread::JoinHandle<()>) {
    drop(writer);
    tokio::task::spawn_blocking(|| thread.join().expect("it ended well")).await.expect("it ran");
}
