//! Requests on their way in: a request is collected until it is complete, within limits of size, number and time.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body::Body as _;
use http_body_util::Full;
use tokio::time::{Sleep, sleep};
use tonic::{
    Status,
    body::Body,
    codegen::{
        Bytes,
        http::{Request, request::Parts},
    },
};

use super::{
    connection::{ConnectionState, Incomplete},
    listener::Limits,
    memory::Reservation,
    method::{Method, Pool},
};
use crate::{
    grpc::{
        element_limits,
        error::Failure,
        pb::ErrorReason,
        surface::{MAX_OPEN_REQUEST, MAX_REQUEST},
    },
    service::MAX_BATCH,
};

/// The flag and the length in front of a gRPC message.
const PREFIX: usize = 5;
/// The memory for an item of a batch, from its request to its response.
const ITEM: usize = 512;
/// Requests up to this size are bounded by their number alone.
const SMALL: usize = 16 << 10;

/// A request that is being collected.
#[derive(Debug)]
pub(super) struct Collector {
    head: Option<Parts>,
    body: Body,
    received: Received,
    limit: usize,
    batch: bool,
    memory: Reservation,
    connection: Arc<ConnectionState>,
    /// Counted from the first time that the request keeps us waiting.
    waiting: Option<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    _incomplete: Incomplete,
    late: Pin<Box<Sleep>>,
}

/// The bytes so far. Most requests come in one piece, which isn't copied; many small pieces would each keep a buffer of
/// the connection, so they are.
#[derive(Debug)]
enum Received {
    Piece(Bytes),
    Pieces(Vec<u8>),
}

impl Received {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Piece(bytes) => bytes,
            Self::Pieces(bytes) => bytes,
        }
    }

    fn add(&mut self, piece: Bytes) {
        match self {
            Self::Piece(first) if first.is_empty() => *self = Self::Piece(piece),
            Self::Piece(first) => *self = Self::Pieces([&first[..], &piece[..]].concat()),
            Self::Pieces(bytes) => bytes.extend_from_slice(&piece),
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::Piece(Bytes::new())) {
            Self::Piece(bytes) => bytes,
            Self::Pieces(bytes) => bytes.into(),
        }
    }
}

impl Collector {
    /// Begins with the head of a request.
    pub(super) fn new(request: Request<Body>, connection: Arc<ConnectionState>, method: Method) -> Self {
        let (head, body) = request.into_parts();
        let limit = match method.pool {
            Pool::Health | Pool::HealthWatch | Pool::Reflection => MAX_OPEN_REQUEST,
            _ => MAX_REQUEST,
        };
        Self {
            head: Some(head),
            body,
            received: Received::Piece(Bytes::new()),
            limit,
            batch: method.batch,
            memory: connection.limits().request_bytes(),
            connection,
            waiting: None,
        }
    }

    /// The complete request.
    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(Request<Body>, Reservation), Status>> {
        loop {
            if self.body.is_end_stream() {
                return Poll::Ready(self.complete());
            }
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(None) => return Poll::Ready(self.complete()),
                // The client, or its connection, has gone.
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(piece) = frame.into_data() {
                        self.received.add(piece);
                    }
                    if let Err(failure) = self.within_limits() {
                        return Poll::Ready(Err(failure.into()));
                    }
                }
                Poll::Pending => return self.poll_late(context).map(Err),
            }
        }
    }

    fn complete(&mut self) -> Result<(Request<Body>, Reservation), Status> {
        let Some(head) = self.head.take() else {
            return Err(Failure::internal("a request was collected twice").into());
        };
        self.connection.request_completed();
        self.waiting = None;
        if self.batch {
            let bytes = self.received.bytes();
            let items = element_limits::batch_items(bytes.get(PREFIX..).unwrap_or_default());
            // More items than a batch may have are refused without decoding them.
            let decoded = items.min(MAX_BATCH) * ITEM;
            let size = if bytes.len() > SMALL { bytes.len() } else { 0 };
            if !self.memory.grow_to(size + decoded) {
                let why = "other large batches are under way on this listener: try again later";
                return Err(Failure::overloaded(why).into());
            }
        }
        let memory = std::mem::replace(&mut self.memory, self.connection.limits().request_bytes());
        Ok((Request::from_parts(head, Body::new(Full::new(self.received.take()))), memory))
    }

    fn within_limits(&mut self) -> Result<(), Failure> {
        let bytes = self.received.bytes();
        let announced = match bytes {
            [_, a, b, c, d, ..] => {
                usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX)
            }
            _ => 0,
        };
        let size = announced.max(bytes.len().saturating_sub(PREFIX));
        if size > self.limit {
            let why = format!("the request has {size} bytes or more; the limit is {}", self.limit);
            return Err(Failure::malformed(ErrorReason::LimitExceeded, &why));
        }
        if bytes.len() > SMALL && !self.memory.grow_to(bytes.len()) {
            return Err(Failure::overloaded(
                "other large requests are under way on this listener: try again later",
            ));
        }
        Ok(())
    }

    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            none => {
                let Some(incomplete) = Incomplete::count(&self.connection) else {
                    let why = "too many requests on this connection are incomplete: send each in one go";
                    return Poll::Ready(Failure::overloaded(why).into());
                };
                let late = Box::pin(sleep(Duration::from_secs(Limits::REQUEST_SECONDS)));
                none.insert(Waiting { _incomplete: incomplete, late })
            }
        };
        waiting.late.as_mut().poll(context).map(|()| {
            let why = format!("the request wasn't complete within {} s", Limits::REQUEST_SECONDS);
            Failure::overloaded(&why).into()
        })
    }
}
