//! What is added to a row.

use tonic_types::RpcStatusExt as _;

use crate::{
    cli::{failure, words},
    grpc::pb::{self, batch_check_result::Outcome},
};

/// The names of what is added, in their order.
pub(super) const COLUMNS: [&str; 3] = ["allowed", "reason", "revision"];

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// None: the row couldn't be answered.
    pub allowed: Option<bool>,
    /// Why: `NOT_GRANTED`, or an error's `UNKNOWN_ATTRIBUTE`.
    pub reason: String,
    pub revision: u64,
}

impl Answer {
    pub(super) fn new(result: pb::BatchCheckResult, revision: u64) -> Self {
        let (allowed, reason) = match result.outcome {
            Some(Outcome::Decision(decision)) => {
                (Some(decision.allowed), words::reason(decision.reason()).to_owned())
            }
            Some(Outcome::Error(status)) => {
                // It goes into the answer as it is.
                let is_word =
                    |reason: &String| reason.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                let own = status.get_details_error_info().map(|info| info.reason).filter(is_word);
                let code = || failure::code_name(status.code.into()).to_owned();
                (None, own.filter(|reason| !reason.is_empty()).unwrap_or_else(code))
            }
            None => (None, "UNKNOWN".to_owned()),
        };
        Self { allowed, reason, revision }
    }
}
