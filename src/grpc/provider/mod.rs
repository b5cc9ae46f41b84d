//! The client of a directory that somebody wrote themselves: a `DirectoryProvider`, over TCP, TLS or a Unix socket.
//!
//! A provider is trusted with who its own people are, and with nothing else. What it says is looked through before
//! anybody believes it: an answer that leaves something open is an error.
//!
//! | File | Holds |
//! |---|---|
//! | `settings` | where a provider is, and how it is reached |
//! | `channel` | the connection |
//! | `answer` | what it says, looked through |
//! | `probe` | a test of it, for an administrator to read |

mod answer;
mod channel;
mod probe;
mod settings;

use std::{fmt, future::Future};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

pub use self::settings::{MAX_SOCKET_PATH, ProviderSettings, SettingsError};
use super::pb::{self, directory_provider_client::DirectoryProviderClient};
use crate::directory::{
    Claims, DirectoryError, ExternalGroup, Found, Key, Person, Probe, SignIn, UserDirectory, trace::Trace,
};

/// How large an answer may be. A person in 10,000 groups fits.
const MAX_ANSWER: usize = 8 << 20;

/// A directory that answers over gRPC.
pub struct Provider {
    settings: ProviderSettings,
    client: DirectoryProviderClient<Channel>,
}

impl Provider {
    /// Connects when it is first asked, and again whenever the connection is gone. Must be called within a runtime.
    pub fn new(settings: ProviderSettings) -> Result<Self, SettingsError> {
        let channel = channel::to(&settings)?;
        let client = DirectoryProviderClient::new(channel).max_decoding_message_size(MAX_ANSWER);
        Ok(Self { settings, client })
    }

    /// One call: with the token, a deadline, and failures in words.
    async fn call<Q, A, F>(
        &self,
        message: Q,
        call: impl FnOnce(DirectoryProviderClient<Channel>, Request<Q>) -> F,
    ) -> Result<A, DirectoryError>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let limit = self.settings.timeout();
        let mut request = Request::new(message);
        request.set_timeout(limit);
        if let Some(bearer) = self.bearer()? {
            request.metadata_mut().insert("authorization", bearer);
        }
        let late = || DirectoryError::TimedOut(limit.as_millis().try_into().unwrap_or(u64::MAX));
        match tokio::time::timeout(limit, call(self.client.clone(), request)).await {
            Err(_) => Err(late()),
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) if status.code() == Code::DeadlineExceeded => Err(late()),
            Ok(Err(status)) => Err(in_words(&status)),
        }
    }

    /// Read each time: who rotates it need not restart anything.
    fn bearer(&self) -> Result<Option<MetadataValue<Ascii>>, DirectoryError> {
        let refused = |why: String| DirectoryError::BindRefused(why.into());
        let Some(token) = self.settings.token().map_err(refused)? else { return Ok(None) };
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut bearer: MetadataValue<Ascii> =
            bearer.parse().map_err(|_| refused("the token can't be sent in a header".to_owned()))?;
        bearer.set_sensitive(true);
        Ok(Some(bearer))
    }
}

fn in_words(status: &Status) -> DirectoryError {
    let code = status.code();
    let said: String = status.message().chars().flat_map(char::escape_debug).take(256).collect();
    let text = match std::error::Error::source(status) {
        Some(source) => innermost(source),
        None if said.is_empty() => format!("it answered {code:?}"),
        None => format!("it answered {code:?}: {said}"),
    };
    match code {
        Code::FailedPrecondition => DirectoryError::NotUnique(said.into()),
        Code::Unauthenticated | Code::PermissionDenied => DirectoryError::BindRefused(text.into()),
        Code::OutOfRange | Code::ResourceExhausted => DirectoryError::Incomplete(text.into()),
        _ => DirectoryError::Unreachable(text.into()),
    }
}

/// What has gone wrong at the bottom: `connection refused`, not `transport error`.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let last = std::iter::successors(Some(error), |error| error.source()).last();
    last.unwrap_or(error).to_string()
}

fn key(key: Key<'_>) -> pb::ProviderKey {
    use pb::provider_key::{Kind, Qualified};
    let kind = match key {
        Key::Name(name) => Kind::Name(name.into()),
        Key::Id(id) => Kind::Id(id.into()),
        Key::Qualified(it) => Kind::Qualified(Qualified {
            whole: it.whole.into(),
            name: it.name.into(),
            domain: it.domain.into(),
        }),
    };
    pb::ProviderKey { kind: Some(kind) }
}

#[async_trait]
impl UserDirectory for Provider {
    async fn claims(&self) -> Result<Claims, DirectoryError> {
        let described =
            self.call(pb::DescribeRequest {}, async |mut client, request| client.describe(request).await);
        answer::claims(described.await?)
    }

    async fn find_user(&self, who: Key<'_>) -> Result<Option<Person>, DirectoryError> {
        let request = pb::FindUserRequest { user: Some(key(who)) };
        let found = self.call(request, async |mut client, request| client.find_user(request).await).await?;
        let pb::FindUserResponse { user } = found;
        user.map(answer::person).transpose()
    }

    async fn find_group(&self, which: Key<'_>) -> Result<Option<ExternalGroup>, DirectoryError> {
        let request = pb::FindGroupRequest { group: Some(key(which)) };
        let found = self.call(request, async |mut client, request| client.find_group(request).await).await?;
        let pb::FindGroupResponse { group } = found;
        group.map(answer::group).transpose()
    }

    async fn search(&self, prefix: &str, limit: usize) -> Result<Vec<Found>, DirectoryError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let request = pb::SearchRequest { prefix: prefix.into(), limit };
        let found = self.call(request, async |mut client, request| client.search(request).await).await?;
        answer::entries(found, limit)
    }

    async fn sign_in(&self, who: Key<'_>, password: &SecretString) -> Result<SignIn, DirectoryError> {
        let password = password.expose_secret().to_owned();
        let request = pb::VerifyPasswordRequest { user: Some(key(who)), password };
        let verdict =
            self.call(request, async |mut client, request| client.verify_password(request).await).await?;
        answer::sign_in(verdict)
    }

    async fn test(&self, probe: &Probe<'_>, trace: &mut Trace) {
        self.go_through(probe, trace).await;
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}
