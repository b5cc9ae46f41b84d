//! Which service a call goes to.
//!
//! Decisions go straight to theirs: they are nearly all calls, and tonic's router, which takes apart every path and
//! boxes every answer once more, would be in every one's way. The others go by the router.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures_util::future::Either;
use tonic::{
    body::Body,
    codegen::http::{Request, Response},
    server::NamedService,
    service::Routes,
};
use tower::Service;

use super::{Decisions, pb::decision_service_server::DecisionServiceServer};

type Deciding = DecisionServiceServer<Decisions>;

/// Every service.
#[derive(Clone, Debug)]
pub struct Services {
    decisions: Deciding,
    others: Routes,
}

impl Services {
    pub(super) fn new(decisions: Deciding, others: Routes) -> Self {
        Self { decisions, others: others.prepare() }
    }
}

/// Whether a path is one of the decisions' service; which method it is, and whether there is such a one, that
/// service finds out.
fn is_decision(path: &str) -> bool {
    let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(Deciding::NAME));
    method.is_some_and(|method| method.starts_with('/'))
}

impl Service<Request<Body>> for Services {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        Either<<Deciding as Service<Request<Body>>>::Future, <Routes as Service<Request<Body>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Neither is ever busy: how much is done at a time is the load layer's business.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_decision(request.uri().path()) {
            Either::Left(self.decisions.call(request))
        } else {
            Either::Right(self.others.call(request))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_told_by_their_whole_service() {
        for (path, expected) in [
            ("/feedgate.v1.DecisionService/Check", true),
            ("/feedgate.v1.DecisionService/Nothing", true),
            ("/feedgate.v1.DecisionServiceX/Check", false),
            ("/feedgate.v1.DecisionService", false),
            ("/feedgate.v1.PolicyService/Write", false),
            ("feedgate.v1.DecisionService/Check", false),
            ("", false),
        ] {
            assert_eq!(is_decision(path), expected, "{path}");
        }
    }
}
