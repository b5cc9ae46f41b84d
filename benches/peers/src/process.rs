//! What a process and the machine used, from `/proc`.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;

/// Linux tells user space one hundredth of a second a tick, on every machine that this runs on.
const TICK: Duration = Duration::from_millis(10);

/// CPU time that a process has used, all its threads together.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("is the server running?")?;
    // The name, in round brackets, can contain anything.
    let (_, fields) = stat.rsplit_once(')').context("no process's `stat`")?;
    let field = |number: usize| fields.split_whitespace().nth(number).and_then(|it| it.parse::<u32>().ok());
    let (user, system) = field(11).zip(field(12)).context("no times in `stat`")?;
    Ok(TICK * (user + system))
}

/// What a process has in memory, in KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("is the server running?")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no `VmRSS`")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// What all processors together have worked: everything but idling and waiting for disks.
pub fn machine() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("`/proc/stat` is empty")?;
    let times: Vec<u32> =
        line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
    let worked: u32 =
        times.iter().enumerate().filter(|(n, _)| !matches!(n, 3 | 4)).map(|(_, time)| time).sum();
    Ok(TICK * worked)
}

/// A moment's readings.
#[derive(Clone, Copy)]
pub struct Reading {
    server: Duration,
    client: Duration,
    machine: Duration,
}

/// CPU time between two readings.
pub struct Used {
    pub server: Duration,
    pub client: Duration,
    /// By everybody else.
    pub others: Duration,
}

impl Reading {
    /// Of a server's process, this one and the machine. Without a server its share reads as nothing.
    pub fn take(server: Option<u32>) -> anyhow::Result<Self> {
        let server = server.map_or(Ok(Duration::ZERO), cpu)?;
        Ok(Self { server, client: cpu(std::process::id())?, machine: machine()? })
    }

    /// What was used since another reading.
    pub fn since(self, before: Self) -> Used {
        let server = self.server.saturating_sub(before.server);
        let client = self.client.saturating_sub(before.client);
        let machine = self.machine.saturating_sub(before.machine);
        Used { server, client, others: machine.saturating_sub(server + client) }
    }
}

/// Waits until the machine has next to nothing to do, or for so long.
pub fn wait_for_quiet(patience: Duration) -> anyhow::Result<()> {
    const LOOK: Duration = Duration::from_millis(500);
    const QUIET: Duration = Duration::from_millis(50);
    let start = Instant::now();
    while start.elapsed() < patience {
        let before = machine()?;
        thread::sleep(LOOK);
        if machine()?.saturating_sub(before) <= QUIET {
            break;
        }
    }
    Ok(())
}
