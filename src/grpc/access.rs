//! Who may call what, decided before any handler runs.
//!
//! One table says what a method is for. Loopback is shared by every container of a pod, so it is no boundary:
//! beyond decisions everything needs the token. A method that isn't in the table counts as administration, so
//! that forgetting one closes it.
//!
//! A token that comes with a call that needs none is not looked at: a caller may send one with everything.

use std::{
    fmt,
    task::{Context, Poll},
};

use futures_util::future::{Either, Ready, ready};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tonic::{
    Status,
    body::Body,
    codegen::http::{HeaderMap, Request, Response, header},
};
use tower::{Layer, Service};

/// What a method is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Health and reflection: anybody's. Whether there is reflection is configured.
    Open,
    /// Questions that feed servers ask: open on loopback and Unix sockets, the only listeners there are.
    Decide,
    /// Shows the policy.
    Inspect,
    /// Tries passwords.
    SignIn,
    /// Changes it.
    Administer,
}

const METHODS: [(&str, Access); 40] = [
    ("/feedgate.v1.DecisionService/Check", Access::Decide),
    ("/feedgate.v1.DecisionService/BatchCheck", Access::Decide),
    ("/feedgate.v1.DecisionService/ListEffectiveAttributes", Access::Decide),
    ("/feedgate.v1.DecisionService/CheckPromotion", Access::Decide),
    ("/feedgate.v1.DecisionService/Explain", Access::Inspect),
    ("/feedgate.v1.DecisionService/LookupFeeds", Access::Inspect),
    ("/feedgate.v1.DecisionService/LookupPrincipals", Access::Inspect),
    ("/feedgate.v1.AnalysisService/Lint", Access::Inspect),
    ("/feedgate.v1.AnalysisService/Preview", Access::Inspect),
    ("/feedgate.v1.AnalysisService/Compare", Access::Inspect),
    ("/feedgate.v1.WatchService/Watch", Access::Inspect),
    ("/feedgate.v1.DirectoryService/SearchPrincipals", Access::Inspect),
    ("/feedgate.v1.DirectoryService/VerifyLogin", Access::SignIn),
    ("/feedgate.v1.DirectoryService/TestDirectory", Access::Administer),
    ("/feedgate.v1.DirectoryService/RefreshMembership", Access::Administer),
    ("/feedgate.v1.PolicyService/Write", Access::Administer),
    ("/feedgate.v1.PolicyService/WriteStream", Access::Administer),
    ("/feedgate.v1.PolicyService/Export", Access::Inspect),
    // There are password hashes in it.
    ("/feedgate.v1.PolicyService/Backup", Access::Administer),
    ("/feedgate.v1.PolicyService/GetStatus", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetAttribute", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetTask", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetDirectory", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetUser", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetGroup", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetFeedGroup", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetFeed", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetConnector", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetGrant", Access::Inspect),
    ("/feedgate.v1.PolicyService/GetSettings", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListAttributes", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListTasks", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListDirectories", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListUsers", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListGroups", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListMembers", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListFeedGroups", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListFeeds", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListConnectors", Access::Inspect),
    ("/feedgate.v1.PolicyService/ListGrants", Access::Inspect),
];

/// Services that are anybody's.
const OPEN: [&str; 3] = [
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1.ServerReflection/",
    "/grpc.reflection.v1alpha.ServerReflection/",
];

impl Access {
    /// What the method at this path is for.
    pub fn of(path: &str) -> Self {
        match METHODS.iter().find(|(method, _)| *method == path) {
            Some((_, access)) => *access,
            None if OPEN.iter().any(|service| path.starts_with(service)) => Self::Open,
            None => Self::Administer,
        }
    }
}

/// Why a call was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error(
        "this call needs the token: send `authorization: Bearer TOKEN` with the content of the server's `admin-token` file"
    )]
    TokenMissing,
    #[error("the token is not the one in the server's `admin-token` file")]
    TokenInvalid,
}

/// The token that opens everything, as a hash: comparing hashes says nothing about a token's length.
#[derive(Clone, Copy)]
pub struct AdminToken([u8; 32]);

impl AdminToken {
    pub fn new(token: &SecretString) -> Self {
        Self(blake3::hash(token.expose_secret().as_bytes()).into())
    }

    fn matches(&self, presented: &str) -> bool {
        let presented: [u8; 32] = blake3::hash(presented.as_bytes()).into();
        self.0.ct_eq(&presented).into()
    }

    /// A key for hashes of requests that may have passwords in them: without it such a hash, which is kept
    /// in the history, would let a password be guessed at leisure.
    pub fn request_key(&self) -> [u8; 32] {
        blake3::derive_key("feedgate v1 hashes of requests with an idempotency key", &self.0)
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// Who a call comes from, put beside the request when its token was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// What the history calls them.
    pub actor: &'static str,
}

impl Caller {
    const ADMIN: Self = Self { actor: "admin-token" };

    /// Whom a change is to be put down to. Fails if no token was accepted, however the call got here.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Refused> {
        request.extensions().get().copied().ok_or(Refused::TokenMissing)
    }
}

fn admit(path: &str, headers: &HeaderMap, token: &AdminToken) -> Result<Option<Caller>, Refused> {
    match Access::of(path) {
        Access::Open | Access::Decide => Ok(None),
        Access::Inspect | Access::SignIn | Access::Administer => {
            let presented = headers.get(header::AUTHORIZATION).ok_or(Refused::TokenMissing)?;
            let presented = presented.to_str().map_err(|_| Refused::TokenInvalid)?;
            let (scheme, presented) = presented.split_once(' ').ok_or(Refused::TokenInvalid)?;
            if scheme.eq_ignore_ascii_case("bearer") && token.matches(presented.trim_start()) {
                Ok(Some(Caller::ADMIN))
            } else {
                Err(Refused::TokenInvalid)
            }
        }
    }
}

/// Puts the guard in front of every service.
#[derive(Clone, Copy, Debug)]
pub struct GuardLayer(pub AdminToken);

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, token: self.0 }
    }
}

/// Lets a call through or answers it with what it lacks.
#[derive(Clone, Debug)]
pub struct Guard<S> {
    inner: S,
    token: AdminToken,
}

impl<S, B> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Self::Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match admit(request.uri().path(), request.headers(), &self.token) {
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                Either::Left(self.inner.call(request))
            }
            Err(refused) => Either::Right(ready(Ok(Status::from(refused).into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::grpc::pb;

    #[test]
    fn every_method_has_a_class() {
        let pool = DescriptorPool::decode(pb::FILE_DESCRIPTOR_SET).unwrap();
        let mut methods: Vec<_> = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
            .collect();
        let mut table = METHODS.map(|(method, _)| method.to_owned());
        methods.sort();
        table.sort();
        assert_eq!(methods, table);
    }

    #[test]
    fn what_is_not_in_the_table_is_closed() {
        for (path, access) in [
            ("/feedgate.v1.DecisionService/Check", Access::Decide),
            ("/feedgate.v1.DecisionService/Explain", Access::Inspect),
            ("/feedgate.v1.DecisionService/check", Access::Administer),
            ("/feedgate.v1.DecisionService/Check/", Access::Administer),
            ("/feedgate.v1.FutureService/Peek", Access::Administer),
            ("/", Access::Administer),
            ("/grpc.health.v1.Health/Check", Access::Open),
            ("/grpc.health.v1.HealthX/Check", Access::Administer),
            ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Access::Open),
        ] {
            assert_eq!(Access::of(path), access, "{path}");
        }
    }

    #[test]
    fn only_the_token_opens() {
        const WRITE: &str = "/feedgate.v1.PolicyService/Write";
        let token = AdminToken::new(&SecretString::from("secret"));
        for (header, outcome) in [
            (None, Err(Refused::TokenMissing)),
            (Some(""), Err(Refused::TokenInvalid)),
            (Some("secret"), Err(Refused::TokenInvalid)),
            (Some("Basic secret"), Err(Refused::TokenInvalid)),
            (Some("Bearer "), Err(Refused::TokenInvalid)),
            (Some("Bearer secre"), Err(Refused::TokenInvalid)),
            (Some("Bearer secrets"), Err(Refused::TokenInvalid)),
            (Some("Bearer secret"), Ok(Some(Caller::ADMIN))),
            (Some("bearer  secret"), Ok(Some(Caller::ADMIN))),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(header.map(|value| (header::AUTHORIZATION, value.parse().unwrap())));
            assert_eq!(admit(WRITE, &headers, &token), outcome, "{header:?}");
            assert_eq!(admit("/feedgate.v1.DecisionService/Check", &headers, &token), Ok(None));
        }
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
    }
}
