//! `watch` and `history`: the policy as it changes, and as it has changed.
//!
//! | File | Holds |
//! |---|---|
//! | `source` | where messages come from: a server, or a test |
//! | `whole` | messages put together until something is whole |
//! | `reader` | everything once and in order, across connections that break |
//! | `show`, `affects` | how it looks |
//! | `outlet` | where it is written, by a thread that may be kept waiting |
//! | `history` | what has been |

mod affects;
pub(super) mod history;
mod outlet;
mod reader;
mod show;
mod source;
mod whole;

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::sleep;

use self::{
    outlet::Outlet,
    reader::{News, Reader, Start, Wish},
    show::{Show, spelled},
    source::Server,
    whole::Whole,
};
use super::{
    args::{
        connect::{Connect, Format},
        watch::Watch,
    },
    client::Client,
    failure::{Exit, Failure},
    output,
};
use crate::{app::Signals, grpc::pb};

/// How long what is being written has to be read when a signal comes: what has been read counts as shown.
const LAST_WORDS: Duration = Duration::from_millis(250);

pub(super) async fn run(connect: &Connect, typed: Watch, format: Format) -> Result<Exit, Failure> {
    let Watch { after, snapshot, kinds, heartbeat, until_current, no_resume, show_checkpoints } = typed;
    let mut signals = Signals::listen().context("can't wait for signals")?;
    let client = Client::connect(connect).await?;
    let start = match after {
        Some(after) => Start::After(after.on(status(&client).await?.store_id)),
        None if snapshot => Start::Snapshot,
        None => Start::Now,
    };
    let wish = Wish { start, kinds: kinds.into_iter().map(Into::into).collect(), heartbeat };
    let server = client.server().to_owned();
    let mut following = Following {
        reader: Reader::new(Server::new(connect, client), wish, !no_resume),
        outlet: Outlet::open()?,
        show: Show { format, checkpoints: show_checkpoints },
        server,
        shown: if let Start::After(after) = start { Some(after) } else { None },
    };
    let outcome = following.go_on(until_current, &mut signals).await;
    match (&outcome, following.shown) {
        // Whoever has read enough of it (`| head`) isn't told.
        (Err(Failure::ReaderGone), _) => {}
        // Whether something goes on there, the error says.
        (Err(failure), Some(shown)) if !reader::mends(failure) => {
            output::remark(format!("stopped behind revision {}: {}", shown.number, spelled(shown)));
        }
        (_, Some(shown)) => output::remark(format!(
            "stopped behind revision {}: `--after {}` goes on there",
            shown.number,
            spelled(shown)
        )),
        (_, None) => {}
    }
    outcome.map(|()| Exit::Done)
}

/// What the server has.
async fn status(client: &Client) -> Result<pb::GetStatusResponse, Failure> {
    let request = client.ask(pb::GetStatusRequest {});
    let answer = client.policy.clone().get_status(request).await;
    Ok(answer.map_err(|status| client.failure(status))?.into_inner())
}

/// A watch that is under way.
struct Following<'a> {
    reader: Reader<Server<'a>>,
    outlet: Outlet,
    show: Show,
    /// What it is called.
    server: String,
    /// The last revision up to which everything has been written.
    shown: Option<pb::Revision>,
}

impl Following<'_> {
    /// Shows what comes: until it can't, a signal says to end, or there is nothing more for now and that is all that
    /// is wanted.
    async fn go_on(&mut self, until_current: bool, signals: &mut Signals) -> Result<(), Failure> {
        loop {
            let whole = tokio::select! {
                news = self.reader.next() => match news? {
                    News::Whole(whole) => whole,
                    News::Lost(failure) => {
                        output::remark(lost(&self.server, &failure));
                        continue;
                    }
                    News::Found => {
                        output::remark(format!("found {} again", self.server));
                        continue;
                    }
                },
                gone = self.outlet.gone() => return Err(gone),
                _ = signals.next() => return Ok(()),
            };
            let mut ending = false;
            let out_of_time = async {
                signals.next().await;
                ending = true;
                sleep(LAST_WORDS).await;
            };
            tokio::select! {
                biased;
                written = write(&self.outlet, &self.show, &whole) => written?,
                () = out_of_time => return Ok(()),
            }
            self.shown = Some(whole.revision());
            if ending || until_current && matches!(whole, Whole::Checkpoint(_)) {
                return Ok(());
            }
        }
    }
}

async fn write(outlet: &Outlet, show: &Show, whole: &Whole) -> Result<(), Failure> {
    for text in show.texts(whole) {
        outlet.write(text?).await?;
    }
    Ok(())
}

fn lost(server: &str, failure: &Failure) -> String {
    let why = match failure {
        Failure::Call(error) => error.why(),
        other => other.to_string(),
    };
    format!("lost {server}: {}; looking for it", output::plain(&why))
}
