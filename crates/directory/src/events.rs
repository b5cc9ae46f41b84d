//! What directories turn out to have changed, for whoever keeps answers.

use std::{sync::Arc, time::SystemTime};

use tokio::sync::broadcast::{self, error::RecvError};

use super::people::Known;
use feedgate_model::Name;

/// How many a follower may be behind.
const BEHIND: usize = 1_024;

/// A change of what a directory says about a user, or of the user that a name means.
#[derive(Clone, Debug)]
pub struct MembershipChange {
    /// Where they live.
    pub directory: Name,
    /// The name whose meaning changed, as it was asked about: it had no user, or another one. None: the change is one
    /// of the user.
    pub asked: Option<Box<str>>,
    /// None: the directory had no such user.
    pub before: Option<Arc<Known>>,
    /// None: the directory doesn't have them any more.
    pub after: Option<Arc<Known>>,
    /// When the directory was asked.
    pub as_of: SystemTime,
}

/// Where changes are told. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Events(broadcast::Sender<News>);

impl Default for Events {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Events {
    pub(super) fn tell(&self, news: News) {
        // Nobody may be listening.
        let _ = self.0.send(news);
    }

    /// Hears of each change from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

/// Hears of changes.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<News>);

/// What there is to hear.
#[derive(Clone, Debug)]
pub enum News {
    Changed(Arc<MembershipChange>),
    /// Some were missed: it took too long to come back for them.
    Missed,
    /// The domains that this directory answers for changed: a name with a domain can mean another user now.
    Domains(Name),
    /// Names of the policy that aren't bound to an id in this directory mean other users or groups now.
    Names(Name),
}

impl Listener {
    /// The next one. Never, if nobody can tell any more. A call that is dropped loses nothing.
    pub async fn next(&mut self) -> News {
        match self.0.recv().await {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => News::Missed,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
