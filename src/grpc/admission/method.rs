//! The slot pool that a method uses, and the shape of its messages.

use crate::grpc::access::Access;

/// A kind of call, with slots of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    /// `grpc.health.v1.Health/Check`: a server under load is not an unhealthy one.
    Health,
    /// `grpc.health.v1.Health/Watch`, until the stream ends.
    HealthWatch,
    /// Server reflection, until the stream ends.
    Reflection,
    Decisions,
    SignIns,
    Administration,
    /// `PolicyService/WriteStream`, which holds everything that it receives in memory.
    WriteStreams,
}

impl Pool {
    pub(super) const COUNT: usize = 7;

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// The shape of a method's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One request; the slot is held until the whole response has been sent.
    Collected,
    /// One request, and a response that may last for as long as the client wishes. `WatchService` counts its streams
    /// itself.
    Watch,
    /// A stream of requests.
    Streamed,
}

/// A method, as far as admission is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) pool: Pool,
    pub(super) shape: Shape,
    /// Whether the caller needs no token. Its calls must be answered within a time limit.
    pub(super) anonymous: bool,
    /// Whether a request is a batch, whose items take far more memory than their bytes.
    pub(super) batch: bool,
}

impl Method {
    /// The method at this path.
    pub(super) fn of(path: &str) -> Self {
        let access = Access::of(path);
        let (pool, shape) = match access {
            Access::Decide => (Pool::Decisions, Shape::Collected),
            Access::SignIn => (Pool::SignIns, Shape::Collected),
            Access::Open => match path {
                "/grpc.health.v1.Health/Watch" => (Pool::HealthWatch, Shape::Collected),
                _ if path.starts_with("/grpc.health.v1.Health/") => (Pool::Health, Shape::Collected),
                _ => (Pool::Reflection, Shape::Streamed),
            },
            Access::Inspect | Access::Administer => match path {
                "/feedgate.v1.PolicyService/WriteStream" => (Pool::WriteStreams, Shape::Streamed),
                "/feedgate.v1.WatchService/Watch" => (Pool::Administration, Shape::Watch),
                _ => (Pool::Administration, Shape::Collected),
            },
        };
        let anonymous = match access {
            Access::Open | Access::Decide | Access::SignIn => true,
            Access::Inspect | Access::Administer => false,
        };
        let batch = path == "/feedgate.v1.DecisionService/BatchCheck";
        Self { pool, shape, anonymous, batch }
    }
}
