//! `history`: the change sets that have been.
//!
//! It is a watch that ends when it is current. The server knows nothing of who asked for a change set, and doesn't
//! say in advance which have objects of a kind: with a filter everything that it has is looked through.

use std::{collections::VecDeque, time::Duration};

use super::{
    reader::{News, Reader, Start, Wish},
    show::Show,
    source::{Server, Source},
    status,
    whole::Whole,
};
use crate::{
    cli::{
        args::{
            connect::{Connect, Format},
            watch::History,
        },
        client::Client,
        failure::{Exit, Failure},
        output,
    },
    grpc::pb,
};

/// A server that reads its history says so in between.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is begun anew when the oldest change sets go while they are read.
const TRIES: usize = 5;

pub(in crate::cli) async fn run(connect: &Connect, typed: History, format: Format) -> Result<Exit, Failure> {
    let mut tries = 1..TRIES;
    let found = loop {
        match find(connect, &typed).await {
            Err(failure) if not_retained(&failure) && tries.next().is_some() => {}
            found => break found?,
        }
    };
    let Found { sets, from } = found;
    let show = Show { format, checkpoints: false };
    let all = sets.len() < typed.limit as usize;
    for whole in &sets {
        for text in show.texts(whole) {
            output::print(text?)?;
        }
    }
    let wished = typed.after.as_ref().map_or(0, |after| after.on(0).number);
    if all && from > wished {
        output::remark(format!("note: the history goes no further back than revision {from}"));
    } else if sets.is_empty() {
        output::remark("note: there is no such change set");
    }
    Ok(Exit::Done)
}

struct Found {
    /// The newest that were asked for, the newest last.
    sets: VecDeque<Whole>,
    /// The revision that it was looked for behind.
    from: u64,
}

async fn find(connect: &Connect, typed: &History) -> Result<Found, Failure> {
    let client = Client::connect(connect).await?;
    let status = status(&client).await?;
    let filtered = !typed.kinds.is_empty() || typed.actor.is_some();
    let start = start(typed, filtered, &status);
    let kinds = typed.kinds.iter().map(|kind| (*kind).into()).collect();
    let wish = Wish { start: Start::After(start), kinds, heartbeat: HEARTBEAT };
    let reader = Reader::new(Server::new(connect, client), wish, false);
    let wanted = |set: &[pb::ChangeSetPart]| {
        typed.actor.as_ref().is_none_or(|actor| set.iter().all(|part| part.actor == *actor))
    };
    let sets = newest(reader, typed.limit as usize, status.revision, wanted).await?;
    Ok(Found { sets, from: start.number })
}

/// As far back as it has to be looked, or can be.
fn start(typed: &History, filtered: bool, status: &pb::GetStatusResponse) -> pb::Revision {
    let far = if filtered { 0 } else { status.revision.saturating_sub(typed.limit.into()) };
    let far = far.max(status.history_after);
    match &typed.after {
        None => pb::Revision { store: status.store_id, number: far },
        Some(after) => {
            let after = after.on(status.store_id);
            // Of another store every number is wrong, and the server says so.
            pb::Revision { number: after.number.max(far), ..after }
        }
    }
}

/// The newest so many change sets that are wanted, up to a revision at least.
async fn newest(
    mut reader: Reader<impl Source>,
    limit: usize,
    head: u64,
    wanted: impl Fn(&[pb::ChangeSetPart]) -> bool,
) -> Result<VecDeque<Whole>, Failure> {
    let mut sets = VecDeque::new();
    loop {
        let News::Whole(whole) = reader.next().await? else { continue };
        match &whole {
            Whole::ChangeSet(parts) if wanted(parts) => {
                if sets.len() == limit {
                    sets.pop_front();
                }
                sets.push_back(whole);
            }
            Whole::Checkpoint(_) if whole.revision().number >= head => return Ok(sets),
            _ => {}
        }
    }
}

fn not_retained(failure: &Failure) -> bool {
    matches!(failure, Failure::Call(error) if error.reason().as_deref() == Some("REVISION_NOT_RETAINED"))
}
