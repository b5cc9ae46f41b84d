//! Responses on their way out: a response keeps the slot of its call until it has been sent.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body::{Body as _, Frame};
use tonic::{
    Status,
    body::Body,
    codegen::{Bytes, http::Response},
};

use super::{
    connection::{ConnectionState, Unread, Watching},
    memory::Reservation,
    slots::Slot,
};
use crate::grpc::error::Failure;

/// Responses up to this size are bounded by the slots alone.
const SMALL: usize = 16 << 10;

/// The body of a response, and everything that its call holds.
#[derive(Debug)]
struct AdmittedBody {
    body: Body,
    /// The first frame. It is made at once, so that its message doesn't wait in memory for the client.
    first: Option<Result<Frame<Bytes>, Status>>,
    unread: Unread,
    _memory: Reservation,
    _slot: Slot,
}

/// Sends a response; the slot is free when it has been sent.
pub(super) fn respond(
    response: Response<Body>,
    slot: Slot,
    connection: &Arc<ConnectionState>,
    context: &mut Context<'_>,
) -> Response<Body> {
    let (head, mut body) = response.into_parts();
    // An error is all in the head.
    if body.is_end_stream() {
        return Response::from_parts(head, body);
    }
    let mut unread = Unread::nothing(Arc::clone(connection));
    let mut memory = connection.limits().response_bytes();
    let first = match Pin::new(&mut body).poll_frame(context) {
        Poll::Ready(first) => first,
        Poll::Pending => None,
    };
    if let Some(Ok(frame)) = &first {
        let size = frame.data_ref().map_or(0, Bytes::len);
        if size > SMALL && !memory.grow_to(size) {
            let why = "clients of this listener haven't read other large responses: try again later";
            return Status::from(Failure::overloaded(why)).into_http();
        }
        unread.begin();
    }
    let admitted = AdmittedBody { body, first, unread, _memory: memory, _slot: slot };
    Response::from_parts(head, Body::new(admitted))
}

impl http_body::Body for AdmittedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = match this.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut this.body).poll_frame(context),
        };
        match &polled {
            Poll::Ready(Some(_)) => this.unread.begin(),
            Poll::Ready(None) | Poll::Pending => this.unread.end(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }
}

/// The body of a response that the client watches.
#[derive(Debug)]
struct WatchedBody {
    body: Body,
    _watching: Watching,
}

/// Sends a response that may last for as long as the client wishes.
pub(super) fn watch(response: Response<Body>, connection: &Arc<ConnectionState>) -> Response<Body> {
    let watching = Watching::count(connection);
    response.map(|body| Body::new(WatchedBody { body, _watching: watching }))
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
