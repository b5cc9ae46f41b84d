//! What goes wrong before a handler runs: a message that is too large, or none at all. The framework answers
//! these with codes of its own and without a reason; here they get the ones of the table.

use tonic::{Code, Status, body::Body, codegen::http::Response};
use tower::util::MapResponseLayer;

use super::{error::Failure, pb::ErrorReason};

/// Gives the framework's own errors their codes and reasons.
pub fn explain_layer() -> MapResponseLayer<fn(Response<Body>) -> Response<Body>> {
    MapResponseLayer::new(explained)
}

fn explained(response: Response<Body>) -> Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) => match failure(&status) {
            Some(failure) => Status::from(failure).into_http(),
            None => response,
        },
        // The answer is under way; its status comes behind it.
        None => response,
    }
}

fn failure(status: &Status) -> Option<Failure> {
    if !status.details().is_empty() {
        return None;
    }
    match status.code() {
        // Only messages over the limit; revisions that are out of range have details.
        Code::OutOfRange => Some(Failure::malformed(ErrorReason::LimitExceeded, status.message())),
        Code::Internal => Some(Failure::malformed(ErrorReason::InvalidField, status.message())),
        _ => None,
    }
}
