//! Requests that are streams: their bytes, the gaps between their messages and their duration are limited.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body, codegen::Bytes};

use super::{listener::Limits, memory::Reservation};
use crate::grpc::error::Failure;

/// The messages of a stream, as long as they keep to the limits.
#[derive(Debug)]
pub(super) struct StreamedBody {
    body: Body,
    received: usize,
    memory: Reservation,
    end: Instant,
    /// Runs while the next message is awaited.
    late: Option<Pin<Box<Sleep>>>,
}

impl StreamedBody {
    /// `memory` is for all that the stream brings, until the call ends.
    pub(super) fn new(body: Body, memory: Reservation) -> Self {
        let end = Instant::now() + Duration::from_secs(Limits::STREAM_SECONDS);
        Self { body, received: 0, memory, end, late: None }
    }
}

impl http_body::Body for StreamedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) else {
            let end = this.end;
            let late = this.late.get_or_insert_with(|| {
                let gap = Instant::now() + Duration::from_secs(Limits::STREAM_GAP_SECONDS);
                Box::pin(sleep_until(gap.min(end)))
            });
            ready!(late.as_mut().poll(context));
            let why = format!(
                "the stream paused for {} s, or wasn't complete within {} s",
                Limits::STREAM_GAP_SECONDS,
                Limits::STREAM_SECONDS
            );
            return Poll::Ready(Some(Err(Failure::overloaded(&why).into())));
        };
        this.late = None;
        if let Some(Ok(frame)) = &frame {
            this.received += frame.data_ref().map_or(0, Bytes::len);
            if !this.memory.grow_to(this.received) {
                let why = format!(
                    "the write streams under way have more than {} bytes: send this one later, or in parts",
                    Limits::WRITE_STREAM_BYTES
                );
                return Poll::Ready(Some(Err(Failure::overloaded(&why).into())));
            }
            if Instant::now() > this.end {
                let why = format!("the stream wasn't complete within {} s", Limits::STREAM_SECONDS);
                return Poll::Ready(Some(Err(Failure::overloaded(&why).into())));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
