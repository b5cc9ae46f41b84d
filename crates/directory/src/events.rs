//! What directories turn out to have changed, for whoever keeps answers.

use std::{sync::Arc, time::SystemTime};

use tokio::sync::broadcast::{self, error::RecvError};

use super::people::Known;
use feedgate_model::Name;

/// How many a follower may be behind.
const BEHIND: usize = 1_024;

/// Somebody is in other groups than before, enabled or disabled, called something else, or gone.
#[derive(Clone, Debug)]
pub struct MembershipChange {
    /// Where they live.
    pub directory: Name,
    pub before: Arc<Known>,
    /// None: the directory doesn't have them any more.
    pub after: Option<Arc<Known>>,
    /// When the directory was asked.
    pub as_of: SystemTime,
}

/// Where changes are told. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<Arc<MembershipChange>>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Events {
    pub(super) fn tell(&self, change: MembershipChange) {
        // Nobody may be listening.
        let _ = self.0.send(Arc::new(change));
    }

    /// Hears of each change from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// Hears of changes.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Arc<MembershipChange>>);

/// What there is to hear.
#[derive(Clone, Debug)]
pub enum News {
    Changed(Arc<MembershipChange>),
    /// Some were missed: it took too long to come back for them.
    Missed,
}

impl Listener {
    /// The next one. Never, if nobody can tell any more. A call that is dropped loses nothing.
    pub async fn next(&mut self) -> News {
        match self.0.recv().await {
            Ok(change) => News::Changed(change),
            Err(RecvError::Lagged(_)) => News::Missed,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
