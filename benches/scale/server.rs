//! The whole program: import over the wire, disk, start-up, memory.

use std::{
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use feedgate::model::{Effect, Policy, Principal, Scope};
use serde_json::{Value, json};

use crate::{
    beside, memory,
    world::{self, FIRST, Size, TASKS},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_feedgate");

pub fn run(size: Size) {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let files = temporary.path().join("files");
    std::fs::create_dir(&files).expect("a folder for the files");
    write_files(&files, size);

    let data = temporary.path().join("data");
    let (server, address, _) = serve(&data);
    println!("server: resident with an empty store: {} MiB", memory::resident_of(&server.0.id().to_string()));
    let start = Instant::now();
    let mut import = Command::new(PROGRAM);
    import
        .args(["--server", &address, "--token-file"])
        .arg(data.join("admin-token"))
        .args(["import", "proget"]);
    for kind in ["tasks", "users", "groups", "permissions", "feeds"] {
        import.arg(format!("--{kind}")).arg(files.join(format!("{kind}.json")));
    }
    let done = import.stdout(Stdio::null()).status().expect("the import runs");
    assert!(done.success(), "the import failed");
    let taken = start.elapsed();
    let per_second = f64::from(size.grants) / taken.as_secs_f64();
    println!("server: import in one revision: {:.1} s, {per_second:.0} grants/s", taken.as_secs_f64());
    println!("server: resident after the import: {} MiB", memory::resident_of(&server.0.id().to_string()));
    println!("server: {}", status(&address, &data));
    drop(server);
    println!("server: on disk: {} MiB", size_of(&data) >> 20);

    let (server, address, taken) = serve(&data);
    println!("server: from start to listening: {:.2} s", taken.as_secs_f64());
    println!("server: resident: {} MiB", memory::resident_of(&server.0.id().to_string()));
    println!("server: {}", status(&address, &data));
    let token = std::fs::read_to_string(data.join("admin-token")).expect("the server has made it");
    beside::run(&address, token.trim(), size);
}

/// A server that is told to end when it is dropped.
pub struct Server(Child);

impl Server {
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

pub fn serve(data: &Path) -> (Server, String, Duration) {
    let start = Instant::now();
    let mut serve = Command::new(PROGRAM);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).stdout(Stdio::piped());
    let mut server = Server(serve.spawn().expect("the server starts"));
    let mut lines = BufReader::new(server.0.stdout.take().expect("it has a standard output")).lines();
    let line = lines.next().expect("it says where it listens").expect("in UTF-8");
    let address = line.strip_prefix("listening grpc ").expect("in these words").to_owned();
    (server, address, start.elapsed())
}

fn status(address: &str, data: &Path) -> String {
    let mut status = Command::new(PROGRAM);
    status
        .args(["--server", address, "--output", "json", "--token-file"])
        .arg(data.join("admin-token"))
        .arg("status");
    let status: Value =
        serde_json::from_slice(&status.output().expect("it runs").stdout).expect("it is JSON");
    let [revision, grants, users, groups, feeds] =
        ["revision", "grants", "users", "groups", "feeds"].map(|what| status[what].clone());
    format!("revision {revision}: {grants} grants, {users} users, {groups} groups, {feeds} feeds")
}

fn size_of(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).expect("the folder is there").flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                size_of(&entry.path())
            } else {
                entry.metadata().map_or(0, |m| m.len())
            }
        })
        .sum()
}

/// The world as arrays of ProGet's API objects.
fn write_files(folder: &Path, size: Size) {
    let policy = world::policy(size);
    let write = |kind: &str, rows: &mut dyn Iterator<Item = Value>| {
        let file = std::fs::File::create(folder.join(format!("{kind}.json"))).expect("the file can be made");
        let mut file = BufWriter::new(file);
        for (n, row) in rows.enumerate() {
            let before = if n == 0 { "[" } else { ",\n" };
            write!(file, "{before}{row}").expect("it can be written");
        }
        file.write_all(b"]").and_then(|()| file.flush()).expect("it can be written");
    };
    write("tasks", &mut (FIRST..FIRST + TASKS).map(|id| task(&policy, id)));
    write(
        "users",
        &mut policy.users.iter().skip(1).map(|user| {
            let groups: Vec<_> = user.groups.iter().map(|group| world::group_name(group.0)).collect();
            json!({"name": user.name.as_str(), "displayName": user.display_name, "groups": groups})
        }),
    );
    write("groups", &mut policy.groups.iter().skip(1).map(|group| json!({"name": group.name.as_str()})));
    write(
        "feeds",
        &mut policy.feeds.iter().map(|feed| {
            let group = feed.group.map(|group| world::feed_group_name(group.0));
            json!({"name": feed.name.as_str(), "feedType": "nuget", "feedGroup": group})
        }),
    );
    write(
        "permissions",
        &mut policy.grants.iter().skip(1).map(|grant| {
            let mut row =
                json!({"task": world::task_name(grant.task.0), "deny": grant.effect == Effect::Restrict});
            match grant.principal {
                Principal::User(id) => row["user"] = world::user_name(id.0).into(),
                Principal::Group(id) => row["group"] = world::group_name(id.0).into(),
                _ => {}
            }
            match grant.scope {
                Scope::Feed(id) => row["feed"] = world::feed_name(id.0).into(),
                Scope::FeedGroup(id) => row["feedGroup"] = world::feed_group_name(id.0).into(),
                Scope::AllFeeds => {}
            }
            row
        }),
    );
}

fn task(policy: &Policy, id: u32) -> Value {
    let task = policy.tasks.iter().find(|task| task.id.0 == id).expect("it is there");
    let names: Vec<_> = policy
        .attributes
        .iter()
        .filter(|attribute| task.attributes.names(attribute.id))
        .map(|attribute| attribute.name.as_str().to_owned())
        .collect();
    json!({"name": task.name.as_str(), "feedScoped": true, "attributes": names})
}
