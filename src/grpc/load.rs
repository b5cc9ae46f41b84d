//! How much is done at a time, and how long a caller without a token may take.
//!
//! A call counts from when something is done for it until its answer begins, so what counts is what waits:
//! for the rest of a request, for a revision, for the writer. Those who have shown the token have places of
//! their own, which nobody else can take, and all the time they need. So has health: a server with much to
//! do is not an ill one.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{sync::Semaphore, time::timeout};
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
    open: Semaphore,
    deciding: Semaphore,
    administering: Semaphore,
    signing_in: Semaphore,
    time: Duration,
}

impl Places {
    fn of(&self, access: Access) -> (&Semaphore, Option<Duration>) {
        match access {
            Access::Open => (&self.open, Some(self.time)),
            Access::Decide => (&self.deciding, Some(self.time)),
            Access::SignIn => (&self.signing_in, Some(self.time)),
            Access::Inspect | Access::Administer => (&self.administering, None),
        }
    }
}

impl Default for LoadLayer {
    fn default() -> Self {
        Self(Arc::new(Places {
            open: Semaphore::new(MAX_OPEN),
            deciding: Semaphore::new(MAX_DECIDING),
            administering: Semaphore::new(MAX_ADMINISTERING),
            signing_in: Semaphore::new(MAX_SIGNING_IN),
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
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let access = Access::of(request.uri().path());
        let places = Arc::clone(&self.places);
        let answer = self.inner.call(request);
        Box::pin(async move {
            let (free, time) = places.of(access);
            let Ok(_place) = free.try_acquire() else {
                return Ok(refused("too many calls are under way: try again later"));
            };
            let Some(time) = time else { return answer.await };
            let late = |_| Ok(refused(&format!("the call took longer than {} s", time.as_secs())));
            timeout(time, answer).await.unwrap_or_else(late)
        })
    }
}

fn refused(why: &str) -> Response<Body> {
    Status::from(Failure::overloaded(why)).into_http()
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, pending, ready};

    use futures_util::{FutureExt as _, future::Either};
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
            open: Semaphore::new(1),
            deciding: Semaphore::new(deciding),
            administering: Semaphore::new(1),
            signing_in: Semaphore::new(1),
            time,
        }))
    }

    #[tokio::test]
    async fn what_has_no_place_is_refused_at_once() {
        let mut service = limits(1, MAX_TIME).layer(service_fn(answer));
        let not_begun = service.call(request(CHECK, false));
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
