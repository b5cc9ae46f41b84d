//! `watch` and `history`: from where on, and which change sets.

use std::{str::FromStr, time::Duration};

use clap::{Args, ValueEnum, value_parser};

use crate::grpc::pb;

pub(super) const WATCH: &str = "\
When the connection breaks it looks for the server, again and again, and goes
on where it was: every change set is printed once, in order, and whole. What
it says about itself goes to standard error. It ends on Ctrl-C or SIGTERM, and
says which --after goes on from there.

With --output json each line is a WatchResponse, with checkpoints and
heartbeats. A large change set or snapshot is several lines that come one
after the other, the last of which has `last`: true.

Examples:
  feedgate watch
  feedgate watch --kind grants --kind groups
  feedgate watch --after 17 --until-current
  feedgate watch --after 5ac2a1d0bd76f7f1:17 --output json >> changes.jsonl

Exit codes: 0 ended by a signal, or current (--until-current); 2 wrong use;
3 failed: the server can't be reached at the start, or refuses.";

pub(super) const HISTORY: &str = "\
Oldest first, as `feedgate watch` prints them: the newest stand at the end,
and `feedgate watch --after` goes on behind them. A server keeps its history
for some time only; `feedgate status` says how far it goes back. Passwords
are no part of it, nor when they were set.

With --output json each line is a WatchResponse, as in `feedgate watch`.

Examples:
  feedgate history
  feedgate history --limit 5 --kind grants
  feedgate history --actor admin-token --after 17
  feedgate history --output json | jq -r .change_set.actor

Exit codes: 0 shown, even when there is nothing; 2 wrong use; 3 failed.";

/// The server's bounds; it takes 15 s by itself.
const HEARTBEATS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

#[derive(Debug, Args)]
pub struct Watch {
    /// Begin behind this revision: a number, or STORE:NUMBER, which is of that store only [default: the newest]
    #[arg(long, value_name = "REVISION", conflicts_with = "snapshot")]
    pub after: Option<After>,
    /// Begin with the whole policy
    #[arg(long)]
    pub snapshot: bool,
    /// Only changes of objects of this kind; can be given several times. Memberships are changes of users and
    /// groups
    #[arg(long = "kind", value_name = "KIND", value_enum)]
    pub kinds: Vec<Kind>,
    /// How long the server may have nothing to say, 1s to 1h: a few seconds later it counts as lost
    #[arg(long, value_name = "DURATION", value_parser = heartbeat, default_value = "15s")]
    pub heartbeat: Duration,
    /// End when there is nothing more for now
    #[arg(long)]
    pub until_current: bool,
    /// End when the connection breaks, instead of looking for the server
    #[arg(long)]
    pub no_resume: bool,
    /// Show checkpoints and heartbeats, too; JSON always has them
    #[arg(long)]
    pub show_checkpoints: bool,
}

#[derive(Debug, Args)]
pub struct History {
    /// How many change sets at most: the newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Only those behind this revision: a number, or STORE:NUMBER, which is of that store only
    #[arg(long, value_name = "REVISION")]
    pub after: Option<After>,
    /// Only changes of objects of this kind; can be given several times. Memberships are changes of users and
    /// groups
    #[arg(long = "kind", value_name = "KIND", value_enum)]
    pub kinds: Vec<Kind>,
    /// Only change sets that this one asked for
    #[arg(long)]
    pub actor: Option<String>,
}

/// The kinds of objects, as `list` spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Attributes,
    Tasks,
    Directories,
    Users,
    Groups,
    FeedGroups,
    Feeds,
    Connectors,
    Grants,
    Settings,
}

impl From<Kind> for pb::ObjectKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Attributes => Self::Attribute,
            Kind::Tasks => Self::Task,
            Kind::Directories => Self::Directory,
            Kind::Users => Self::User,
            Kind::Groups => Self::Group,
            Kind::FeedGroups => Self::FeedGroup,
            Kind::Feeds => Self::Feed,
            Kind::Connectors => Self::Connector,
            Kind::Grants => Self::Grant,
            Kind::Settings => Self::Settings,
        }
    }
}

/// A revision to go on behind, as it is typed: a number of whichever store the server has, or one of a certain store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// What the store may be called: texts have 16 hexadecimal digits, JSON has a decimal number, and some digits
    /// can be both. None: any.
    stores: Vec<u64>,
    number: u64,
}

impl After {
    /// The revision that is meant on a server with this store.
    pub fn on(&self, own: u64) -> pb::Revision {
        let store = match self.stores.as_slice() {
            [] => own,
            stores if stores.contains(&own) => own,
            [first, ..] => *first,
        };
        pb::Revision { store, number: self.number }
    }
}

impl FromStr for After {
    type Err = &'static str;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let why = "a revision is a number, or STORE:NUMBER: `feedgate status` says what the newest is";
        let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit());
        let (stores, number) = match typed.split_once(':') {
            None => (Vec::new(), typed),
            Some((store, number)) if digits(store) => {
                let hexadecimal = Some(store).filter(|store| store.len() == 16);
                let hexadecimal = hexadecimal.and_then(|store| u64::from_str_radix(store, 16).ok());
                let stores: Vec<u64> = hexadecimal.into_iter().chain(store.parse().ok()).collect();
                if stores.is_empty() {
                    return Err(why);
                }
                (stores, number)
            }
            Some(_) => return Err(why),
        };
        let number = Some(number).filter(|number| digits(number)).and_then(|number| number.parse().ok());
        Ok(Self { stores, number: number.ok_or(why)? })
    }
}

fn heartbeat(typed: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(typed).map_err(|error| error.to_string())?;
    if HEARTBEATS.contains(&duration) { Ok(duration) } else { Err("it takes 1s to 1h".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions() {
        let on = |store, number| pb::Revision { store, number };
        for (typed, own, expected) in [
            ("17", 7, on(7, 17)),
            ("000000000000feed:17", 0xfeed, on(0xfeed, 17)),
            ("000000000000feed:17", 7, on(0xfeed, 17)),
            ("65261:17", 0xfeed, on(0xfeed, 17)),
            // Sixteen digits of either base.
            ("1234567890123456:1", 1_234_567_890_123_456, on(1_234_567_890_123_456, 1)),
            ("1234567890123456:1", 0x1234_5678_9012_3456, on(0x1234_5678_9012_3456, 1)),
            ("1234567890123456:1", 7, on(0x1234_5678_9012_3456, 1)),
        ] {
            assert_eq!(typed.parse::<After>().expect(typed).on(own), expected, "{typed}");
        }
        for typed in
            ["", "x", "-1", "+1", "1.5", ":", ":1", "feed:1", "1:", "1:x", "1:2:3", "g000000000000000:1"]
        {
            assert!(typed.parse::<After>().is_err(), "{typed}");
        }
    }

    #[test]
    fn heartbeats() {
        for (typed, expected) in [("1s", 1), ("30s", 30), ("1min", 60), ("1m 30s", 90), ("1h", 3_600)] {
            assert_eq!(heartbeat(typed), Ok(Duration::from_secs(expected)), "{typed}");
        }
        for typed in ["", "30", "999ms", "2h", "soon"] {
            assert!(heartbeat(typed).is_err(), "{typed}");
        }
    }
}
