//! Promotions: may packages go from one feed to another?

use super::{
    DecisionPoint,
    error::{CheckError, ServiceError},
    query::{Freshness, Promotion, Who},
};
use crate::{analysis::promotion, engine::Standing, model::NameKey};

impl DecisionPoint {
    /// Every requirement of promoting from one feed to another. Feeds that aren't there are requirements that aren't
    /// met.
    pub async fn promotion(
        &self,
        who: Who<'_>,
        source: &str,
        target: &str,
        freshness: Freshness,
    ) -> Result<Promotion, ServiceError> {
        self.fresh(freshness).await?;
        let (index, subject) = self.subject(who).await?;
        let feed = |name| {
            let key = NameKey::new(name).map_err(CheckError::InvalidTarget)?;
            Ok::<_, CheckError>(index.feed_named(&key).map(AsRef::as_ref))
        };
        Ok(Promotion {
            outcomes: promotion(&index, &subject.principals, feed(source)?, feed(target)?),
            subject_unknown: subject.principals.standing() == Standing::Unknown,
            subject: subject.echo(&index),
            basis: subject.basis,
            revision: index.revision(),
        })
    }
}
