//! The herald: tells followers what is new, a row at a time, so that neither the writer nor a check waits for ten
//! thousand of them to be woken.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::watch, task::yield_now, time::timeout};

use super::{lock, recent::Recent};

/// How long a change set that is too large to be kept stays for those who are reading it. Whoever takes longer over
/// one message is ended anyway.
const LINGER: Duration = Duration::from_secs(30);

/// How many turns of the runtime those who were woken have before the next row is. A message to a reader takes several
/// tasks, each of which wakes the next: with one turn for all of them thousands of readers would be half served at a
/// time, and a write or a check that comes meanwhile would wait behind them.
const TURNS: usize = 8;

/// Works until the hub is closed, and with it go the bells: whoever waits is told that nothing comes any more.
pub(super) async fn run(
    mut news: watch::Receiver<u64>,
    bells: Vec<watch::Sender<u64>>,
    recent: Arc<Mutex<Recent>>,
) {
    loop {
        let swollen = lock(&recent).is_swollen();
        let told = *news.borrow();
        match if swollen { timeout(LINGER, news.changed()).await } else { Ok(news.changed().await) } {
            Err(_) => lock(&recent).shed(told),
            Ok(Err(_)) => return,
            Ok(Ok(())) => {
                let head = *news.borrow_and_update();
                for bell in &bells {
                    bell.send_replace(head);
                    // The hub has one receiver of each itself.
                    if bell.receiver_count() > 1 {
                        for _ in 0..TURNS {
                            yield_now().await;
                        }
                    }
                }
            }
        }
    }
}
