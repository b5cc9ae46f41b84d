//! What goes on in the background: people are asked about again, and names are bound.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{task::JoinSet, time::sleep};
use tracing::warn;

use super::super::{DecisionPoint, Inner};

/// How long names wait for the next attempt to bind them, at the least.
const BINDING: Duration = Duration::from_secs(5);

/// The tasks that keep what is known fresh. They end with what they belong to.
#[derive(Debug, Default)]
pub(in crate::service) struct Keepers(Mutex<JoinSet<()>>);

impl Keepers {
    /// Ends all of them.
    pub(in crate::service) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl DecisionPoint {
    /// Begins to keep what is known of directories fresh.
    pub(in crate::service) fn keep_fresh(&self) {
        let mut tasks = self.0.keepers.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shortest: Option<Duration> = None;
        for connection in self.connections().iter() {
            let refresh = connection.people().ages().refresh;
            shortest = Some(shortest.map_or(refresh, |shortest| shortest.min(refresh)));
            let connection = Arc::clone(connection);
            tasks.spawn(async move { connection.keep_fresh().await });
        }
        if let Some(refresh) = shortest {
            tasks.spawn(bind_now_and_then(Arc::downgrade(&self.0), refresh.max(BINDING)));
        }
    }
}

/// Until the decision point is gone, which nothing here holds on to.
async fn bind_now_and_then(point: Weak<Inner>, pause: Duration) {
    while let Some(inner) = point.upgrade() {
        let point = DecisionPoint(inner);
        let directories: Vec<_> = point.index().directories().map(|directory| directory.id).collect();
        for directory in directories {
            let Some(connection) = point.connection_to(directory) else { continue };
            if let Err(why) = point.look_up_shared(&connection, directory, pause).await {
                warn!(directory = %connection.name(), %why, "names of the policy are not bound to ids yet");
            }
        }
        drop(point);
        sleep(pause).await;
    }
}
