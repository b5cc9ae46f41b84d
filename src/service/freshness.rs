//! Waiting for a policy that is as new as a question wants it.

use super::{
    DecisionPoint,
    error::FreshnessError,
    query::{Freshness, Patience},
};
use crate::policy::WriteError;

impl DecisionPoint {
    /// Returns when the published policy is fresh enough.
    pub(super) async fn fresh(&self, freshness: Freshness) -> Result<(), FreshnessError> {
        match freshness {
            Freshness::MinimizeLatency => Ok(()),
            Freshness::AtLeast(asked, patience) => {
                let head = self.live().peek().revision();
                if asked.store != head.store {
                    return Err(FreshnessError::OtherStore { asked: asked.store, own: head.store });
                }
                if asked.number <= head.number {
                    return Ok(());
                }
                // One above the published head may be on its way: the writer's barrier is behind it.
                self.caught_up(patience).await?;
                let head = self.live().peek().revision().number;
                if asked.number > head {
                    return Err(FreshnessError::NotReached { asked: asked.number, head });
                }
                Ok(())
            }
            Freshness::FullyConsistent(patience) => self.caught_up(patience).await,
        }
    }

    async fn caught_up(&self, Patience(limit): Patience) -> Result<(), FreshnessError> {
        let writer = self.writer().map_err(|_| FreshnessError::Closed)?;
        match tokio::time::timeout(limit, writer.barrier()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(WriteError::Store(error))) => Err(FreshnessError::Unknown { why: error.to_string() }),
            Ok(Err(_)) => Err(FreshnessError::Closed),
            Err(_) => {
                let head = self.live().peek().revision().number;
                Err(FreshnessError::Late { head })
            }
        }
    }
}
