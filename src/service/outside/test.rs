//! Going through all that a directory is asked, for an administrator to read.

use super::super::{DecisionPoint, ServiceError};
use crate::{
    directory::{Probe, trace::Trace},
    model::Name,
};

impl DecisionPoint {
    /// Tests the connection to a directory, whether the policy has it enabled or not.
    pub async fn test_directory(&self, directory: &str, probe: Probe<'_>) -> Result<Trace, ServiceError> {
        let name = Name::new(directory)
            .map_err(|source| ServiceError::InvalidName { field: "directory", source })?;
        let connection = self.connections().get(&name);
        let connection = connection.ok_or_else(|| ServiceError::NoConnection(name.to_string()))?;
        let mut trace = Trace::default();
        connection.people().directory().test(&probe, &mut trace).await;
        Ok(trace)
    }
}
