//! The tower layer that collects, admits, handles and answers calls.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
};
use tower::{Layer, Service};

use super::{
    collect::Collector,
    connection::{ConnectionState, Peer},
    listener::{Limits, ListenerLimits},
    memory::Reservation,
    method::{Method, Pool, Shape},
    respond,
    slots::Slot,
    stream::StreamedBody,
};
use crate::{directory::on_behalf_of, grpc::error::Failure};

/// Puts admission in front of every service.
///
/// A request brings the state of its connection in its extensions. One without belongs to a client in this process, and
/// shares the state of a connection with all of these.
#[derive(Clone, Debug)]
pub struct AdmissionLayer {
    in_process: Arc<ConnectionState>,
}

impl Default for AdmissionLayer {
    fn default() -> Self {
        let limits = Arc::new(ListenerLimits::default());
        Self { in_process: Arc::new(ConnectionState::new(limits, Peer::InProcess)) }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, service: S) -> Admission<S> {
        Admission { service, in_process: Arc::clone(&self.in_process) }
    }
}

/// Handles the calls that are admitted, and answers the others with the reason and the remedy.
#[derive(Clone, Debug)]
pub struct Admission<S> {
    service: S,
    in_process: Arc<ConnectionState>,
}

impl<S> Service<Request<Body>> for Admission<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Admitted<S, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = Method::of(request.uri().path());
        let connection = request.extensions().get().unwrap_or(&self.in_process);
        let connection: Arc<ConnectionState> = Arc::clone(connection);
        // A clone hasn't been asked whether it is ready.
        let next = self.service.clone();
        let service = std::mem::replace(&mut self.service, next);
        let stage = match method.shape {
            Shape::Collected | Shape::Watch => {
                Stage::Collecting { collector: Collector::new(request, Arc::clone(&connection), method) }
            }
            Shape::Streamed => Stage::Streaming { request: Some(request) },
        };
        Admitted { service, method, connection, stage }
    }
}

pin_project! {
    /// A call, from its head to the head of its response.
    #[derive(Debug)]
    pub struct Admitted<S, F> {
        service: S,
        method: Method,
        connection: Arc<ConnectionState>,
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StageProjection]
    enum Stage<F> {
        Collecting { collector: Collector },
        Streaming { request: Option<Request<Body>> },
        Handling {
            #[pin]
            response: F,
            slot: Option<Slot>,
            // The request's bytes are held as what they were decoded to.
            memory: Option<Reservation>,
            #[pin]
            late: Option<Sleep>,
        },
    }
}

impl<S> Future for Admitted<S, S::Future>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Output = Result<Response<Body>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let (request, memory) = match this.stage.as_mut().project() {
                StageProjection::Collecting { collector } => match ready!(collector.poll(context)) {
                    Ok((request, memory)) => (request, Some(memory)),
                    Err(status) => return Poll::Ready(Ok(status.into_http())),
                },
                StageProjection::Streaming { request } => {
                    let Some(request) = request.take() else {
                        return Poll::Ready(Ok(refused("a stream was begun twice")));
                    };
                    let memory = match this.method.pool {
                        Pool::WriteStreams => this.connection.limits().write_stream_bytes(),
                        _ => this.connection.limits().request_bytes(),
                    };
                    this.connection.request_completed();
                    (request.map(|body| Body::new(StreamedBody::new(body, memory))), None)
                }
                StageProjection::Handling { response, slot, memory, mut late } => {
                    let poll = || response.poll(context);
                    if let Poll::Ready(response) = on_behalf_of(this.connection.caller(), poll) {
                        drop(memory.take());
                        let response = match (response, slot.take()) {
                            (Ok(response), Some(slot)) if this.method.shape != Shape::Watch => {
                                respond::respond(response, slot, this.connection, context)
                            }
                            (Ok(response), _) => respond::watch(response, this.connection),
                            (Err(error), _) => return Poll::Ready(Err(error)),
                        };
                        return Poll::Ready(Ok(response));
                    }
                    if !this.method.anonymous {
                        return Poll::Pending;
                    }
                    if late.is_none() {
                        late.set(Some(sleep(Duration::from_secs(Limits::ANONYMOUS_SECONDS))));
                    }
                    if let Some(late) = late.as_pin_mut() {
                        ready!(late.poll(context));
                    }
                    let why = format!("the call took longer than {} s", Limits::ANONYMOUS_SECONDS);
                    return Poll::Ready(Ok(refused(&why)));
                }
            };
            let Some(slot) = Slot::take(this.connection, this.method.pool) else {
                return Poll::Ready(Ok(refused("too many calls are under way: try again later")));
            };
            let response = this.service.call(request);
            this.stage.set(Stage::Handling { response, slot: Some(slot), memory, late: None });
        }
    }
}

fn refused(why: &str) -> Response<Body> {
    Status::from(Failure::overloaded(why)).into_http()
}
