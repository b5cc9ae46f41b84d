//! How much is done at a time, and how long a caller without a token may take.
//!
//! A call counts from when something is done for it until its answer begins, so what counts is what waits:
//! for the rest of a request, for a revision, for the writer. Those who have shown the token have places of
//! their own, which nobody else can take, and all the time they need. So has health: a server with much to
//! do is not an ill one.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
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

use super::{access::Access, error::Failure};

const MAX_OPEN: usize = 64;
const MAX_DECIDING: usize = 512;
const MAX_ADMINISTERING: usize = 128;
const MAX_SIGNING_IN: usize = 128;

/// From a call's headers to the beginning of its answer, without a token.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Puts the limits in front of every service. A clone shares its places.
#[derive(Clone, Debug)]
pub struct LoadLayer(Arc<Places>);

#[derive(Debug)]
struct Places {
    open: Room,
    deciding: Room,
    administering: Room,
    signing_in: Room,
    time: Duration,
}

/// So many places. Counted and not queued for: a call that finds none is refused.
#[derive(Debug)]
struct Room {
    taken: AtomicUsize,
    places: usize,
}

impl Room {
    const fn of(places: usize) -> Self {
        Self { taken: AtomicUsize::new(0), places }
    }

    fn enter(&self) -> bool {
        let one_more = |taken| (taken < self.places).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    fn leave(&self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Places {
    const fn room(&self, access: Access) -> &Room {
        match access {
            Access::Open => &self.open,
            Access::Decide => &self.deciding,
            Access::SignIn => &self.signing_in,
            Access::Inspect | Access::Administer => &self.administering,
        }
    }

    const fn time(&self, access: Access) -> Option<Duration> {
        match access {
            Access::Open | Access::Decide | Access::SignIn => Some(self.time),
            Access::Inspect | Access::Administer => None,
        }
    }
}

impl Default for LoadLayer {
    fn default() -> Self {
        Self(Arc::new(Places {
            open: Room::of(MAX_OPEN),
            deciding: Room::of(MAX_DECIDING),
            administering: Room::of(MAX_ADMINISTERING),
            signing_in: Room::of(MAX_SIGNING_IN),
            time: MAX_TIME,
        }))
    }
}

impl<S> Layer<S> for LoadLayer {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, places: Arc::clone(&self.0) }
    }
}

/// Does what there is a place for, and answers the rest with what to do.
#[derive(Clone, Debug)]
pub struct Limited<S> {
    inner: S,
    places: Arc<Places>,
}

impl<S, B> Service<Request<B>> for Limited<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Placed<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let access = Access::of(request.uri().path());
        let ticket = Ticket { places: Arc::clone(&self.places), access, entered: false };
        Placed { answer: self.inner.call(request), ticket, late: None }
    }
}

pin_project! {
    /// A call under way, or one that finds no place.
    ///
    /// Most calls are answered the first time that they are looked at: the clock is asked only for those that wait.
    #[derive(Debug)]
    pub struct Placed<F> {
        #[pin]
        answer: F,
        ticket: Ticket,
        #[pin]
        late: Option<Sleep>,
    }
}

/// A place, from when something is done for a call until it is answered or given up.
#[derive(Debug)]
struct Ticket {
    places: Arc<Places>,
    access: Access,
    entered: bool,
}

impl Ticket {
    fn enter(&mut self) -> bool {
        self.entered = self.entered || self.places.room(self.access).enter();
        self.entered
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.entered {
            self.places.room(self.access).leave();
        }
    }
}

impl<F, E> Future for Placed<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if !this.ticket.enter() {
            return Poll::Ready(Ok(refused("too many calls are under way: try again later")));
        }
        if let Poll::Ready(answer) = this.answer.poll(context) {
            return Poll::Ready(answer);
        }
        let Some(time) = this.ticket.places.time(this.ticket.access) else { return Poll::Pending };
        if this.late.is_none() {
            this.late.set(Some(sleep(time)));
        }
        if let Some(late) = this.late.as_pin_mut() {
            ready!(late.poll(context));
        }
        Poll::Ready(Ok(refused(&format!("the call took longer than {} s", time.as_secs()))))
    }
}

fn refused(why: &str) -> Response<Body> {
    Status::from(Failure::overloaded(why)).into_http()
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, pending, ready};

    use futures_util::{FutureExt as _, future::Either};
    use tokio::time::timeout;
    use tonic::Code;
    use tower::service_fn;

    use super::*;

    const CHECK: &str = "/feedgate.v1.DecisionService/Check";
    const WRITE: &str = "/feedgate.v1.PolicyService/WriteStream";

    type Answer = Result<Response<Body>, std::convert::Infallible>;

    /// Never answers what has no body.
    fn answer(request: Request<bool>) -> Either<Ready<Answer>, std::future::Pending<Answer>> {
        if *request.body() { Either::Left(ready(Ok(Response::default()))) } else { Either::Right(pending()) }
    }

    fn request(path: &str, complete: bool) -> Request<bool> {
        Request::builder().uri(path).body(complete).unwrap()
    }

    fn code(answer: &Response<Body>) -> Code {
        Status::from_header_map(answer.headers()).map_or(Code::Ok, |status| status.code())
    }

    fn limits(deciding: usize, time: Duration) -> LoadLayer {
        LoadLayer(Arc::new(Places {
            open: Room::of(1),
            deciding: Room::of(deciding),
            administering: Room::of(1),
            signing_in: Room::of(1),
            time,
        }))
    }

    #[tokio::test]
    async fn what_has_no_place_is_refused_at_once() {
        let mut service = limits(1, MAX_TIME).layer(service_fn(answer));
        let not_begun = Box::pin(service.call(request(CHECK, false)));
        assert_eq!(code(&service.call(request(CHECK, true)).await.unwrap()), Code::Ok);
        let mut waits = not_begun;
        assert!((&mut waits).now_or_never().is_none());
        assert_eq!(code(&service.call(request(CHECK, true)).await.unwrap()), Code::ResourceExhausted);
        assert_eq!(code(&service.call(request(WRITE, true)).await.unwrap()), Code::Ok);
        drop(waits);
        assert_eq!(code(&service.call(request(CHECK, true)).await.unwrap()), Code::Ok);
    }

    #[tokio::test]
    async fn only_those_without_a_token_have_to_hurry() {
        let mut service = limits(1, Duration::from_millis(1)).layer(service_fn(answer));
        assert_eq!(code(&service.call(request(CHECK, false)).await.unwrap()), Code::ResourceExhausted);
        let write = timeout(Duration::from_millis(50), service.call(request(WRITE, false)));
        write.await.unwrap_err();
    }
}
