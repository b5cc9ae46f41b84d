//! Where a watch is written: by a thread of its own, because whoever reads it may let it wait for hours
//! (`feedgate watch | less`), and must not keep it from ending.

use std::{
    io,
    sync::mpsc::{self, SyncSender},
    thread,
};

use anyhow::Context as _;
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::sync::oneshot;

use crate::cli::{failure::Failure, output};

pub(super) struct Outlet {
    texts: SyncSender<(String, oneshot::Sender<Result<(), Failure>>)>,
    gone: Option<oneshot::Receiver<()>>,
}

impl Outlet {
    pub(super) fn open() -> Result<Self, Failure> {
        // Room for one, which is all that there ever is: a text is written before the next one comes.
        let (texts, queue) = mpsc::sync_channel::<(String, oneshot::Sender<_>)>(1);
        let write = move || {
            for (text, written) in queue {
                // Whoever waits for it may have ended.
                let _ = written.send(output::print(text));
            }
        };
        let (left, gone) = oneshot::channel();
        let look = move || {
            if reader_left() {
                let _ = left.send(());
            }
        };
        thread::Builder::new().name("output".into()).spawn(write).context("can't start a thread")?;
        thread::Builder::new().name("reader".into()).spawn(look).context("can't start a thread")?;
        Ok(Self { texts, gone: Some(gone) })
    }

    /// Writes a text and a line break; done when it has left this program.
    pub(super) async fn write(&self, text: String) -> Result<(), Failure> {
        let (written, done) = oneshot::channel();
        self.texts.send((text, written)).map_err(|_| Failure::ReaderGone)?;
        done.await.unwrap_or(Err(Failure::ReaderGone))
    }

    /// Comes when nobody reads any more; never if that can't be known.
    pub(super) async fn gone(&mut self) -> Failure {
        if let Some(gone) = &mut self.gone
            && gone.await.is_ok()
        {
            return Failure::ReaderGone;
        }
        self.gone = None;
        std::future::pending().await
    }
}

/// Waits until the other end of the pipe is closed, if it is one. Nothing else wakes whoever asks for no event.
fn reader_left() -> bool {
    let stdout = io::stdout();
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    loop {
        match poll(&mut descriptors, None) {
            Err(Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => {
                let [stdout] = &descriptors;
                return stdout.revents().intersects(PollFlags::ERR | PollFlags::HUP);
            }
        }
    }
}
