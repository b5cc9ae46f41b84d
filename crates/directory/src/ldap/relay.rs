//! Messages between a server and the LDAP client, each checked before the client sees it.
//!
//! The client reads from one end of a socket pair. This end passes on what the server sends, message by message, once
//! [`ber::check`] has accepted it, if it answers the last request, and as long as the answer stays within what that
//! request allows. Anything else ends the connection, and [`Inbound`] says why.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use tokio::{
    io::{self, AsyncRead, AsyncReadExt, AsyncWriteExt as _, BufReader},
    net::UnixStream,
};

use super::{
    ber::{self, Fault, Header, MAX_HEADER, MAX_MESSAGE},
    transport::Transport,
};

/// How much a server may send while nothing is asked of it.
const UNASKED: usize = 16 << 10;
/// How much of the buffer for messages is kept between them.
const KEPT: usize = 64 << 10;

/// What comes from a server: how much of it is still allowed, and what was wrong with it.
#[derive(Debug)]
pub(super) struct Inbound {
    /// In the memory that it takes, see [`ber::check`].
    left: AtomicUsize,
    /// What was allowed, for the error.
    allowed: AtomicUsize,
    /// The number of the last request; 0 before the first one.
    request: AtomicU32,
    ended: Mutex<Option<Ended>>,
}

/// Why a connection has ended.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    Fault(Fault),
    /// In words.
    Broke(Box<str>),
}

impl Default for Inbound {
    fn default() -> Self {
        Self {
            left: AtomicUsize::new(UNASKED),
            allowed: AtomicUsize::new(0),
            request: AtomicU32::new(0),
            ended: Mutex::new(None),
        }
    }
}

impl Inbound {
    /// Allows the answer to a question so much. `whole` is what the error names if it is more.
    pub(super) fn allow(&self, left: usize, whole: usize) {
        self.allowed.store(whole, Ordering::Relaxed);
        self.left.store(left, Ordering::Relaxed);
    }

    /// Ends that. Gives what is left.
    pub(super) fn allow_nothing(&self) -> usize {
        self.allowed.store(0, Ordering::Relaxed);
        self.left.swap(UNASKED, Ordering::Relaxed)
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn end(&self, ended: Ended) {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(ended);
    }

    fn charge(&self, cost: usize) -> Result<(), Fault> {
        let charged =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(cost));
        match self.allowed.load(Ordering::Relaxed) {
            _ if charged.is_ok() => Ok(()),
            0 => Err(Fault::Unasked),
            allowed => Err(Fault::TooMuch(allowed)),
        }
    }

    /// Whether a message so long is allowed at all, before it is read.
    fn admits(&self, length: usize) -> Result<(), Fault> {
        if length > MAX_MESSAGE {
            return Err(Fault::TooLong { length, limit: MAX_MESSAGE });
        }
        if length > self.left.load(Ordering::Relaxed) { self.charge(length) } else { Ok(()) }
    }
}

/// Passes messages on until either side ends.
pub(super) async fn relay(server: Transport, client: UnixStream, inbound: &Inbound) {
    let (from_server, mut to_server) = io::split(server);
    let (from_client, to_client) = client.into_split();
    let ended = tokio::select! {
        ended = inward(from_server, to_client, inbound) => ended,
        ended = outward(from_client, &mut to_server, inbound) => ended,
    };
    if let Some(ended) = ended {
        tracing::debug!(?ended, "an LDAP connection ended");
        inbound.end(ended);
    }
}

/// Passes on what the server sends. None when it hangs up between two messages.
async fn inward(
    server: impl AsyncRead + Unpin,
    mut client: impl io::AsyncWrite + Unpin,
    inbound: &Inbound,
) -> Option<Ended> {
    let mut server = BufReader::new(server);
    let mut message = Vec::new();
    loop {
        match read(&mut server, &mut message, |length| inbound.admits(length)).await {
            Ok(true) => {}
            Ok(false) => return None,
            Err(ended) => return Some(ended),
        }
        match ber::check(&message).and_then(|cost| inbound.charge(cost)).and_then(|()| ber::number(&message))
        {
            // The only one that answers nothing is the notice that the server hangs up (RFC 4511, section 4.4).
            Ok(0) => return Some(Ended::Broke("the server has hung up".into())),
            Ok(number) if number == inbound.request.load(Ordering::Relaxed) => {}
            Ok(_) => return Some(Ended::Fault(Fault::Unasked)),
            Err(fault) => return Some(Ended::Fault(fault)),
        }
        // The client has gone.
        client.write_all(&message).await.ok()?;
        message.clear();
        message.shrink_to(KEPT);
    }
}

/// Passes on what the client asks, and notes which request it is.
async fn outward(
    client: impl AsyncRead + Unpin,
    server: &mut (impl io::AsyncWrite + Unpin),
    inbound: &Inbound,
) -> Option<Ended> {
    let mut client = BufReader::new(client);
    let mut message = Vec::new();
    // The client has gone when there is no more.
    while read(&mut client, &mut message, |_| Ok(())).await.ok()? {
        match ber::number(&message) {
            Ok(number) => inbound.request.store(number, Ordering::Relaxed),
            Err(fault) => return Some(Ended::Fault(fault)),
        }
        let sent = async {
            server.write_all(&message).await?;
            server.flush().await
        };
        if let Err(error) = sent.await {
            return Some(broke(&error));
        }
        message.clear();
        message.shrink_to(KEPT);
    }
    None
}

/// Reads one message of a length that is admitted, and nothing behind it. False at the end of the stream.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    message: &mut Vec<u8>,
    admits: impl FnOnce(usize) -> Result<(), Fault>,
) -> Result<bool, Ended> {
    let header = loop {
        if let Some(header) = Header::read(message).map_err(Ended::Fault)? {
            break header;
        }
        debug_assert!(message.len() < MAX_HEADER, "that is a whole header");
        let mut byte = [0];
        match stream.read(&mut byte).await {
            Ok(0) if message.is_empty() => return Ok(false),
            Ok(0) => return Err(Ended::Broke("the connection broke within a message".into())),
            Ok(_) => message.extend(byte),
            Err(error) => return Err(broke(&error)),
        }
    };
    admits(header.size + header.length).map_err(Ended::Fault)?;
    // What arrives takes memory, not what is announced.
    let read = AsyncReadExt::take(&mut *stream, header.length as u64).read_to_end(message).await;
    let read = read.map_err(|error| broke(&error))?;
    if read < header.length {
        return Err(Ended::Broke("the connection broke within a message".into()));
    }
    Ok(true)
}

fn broke(error: &io::Error) -> Ended {
    Ended::Broke(format!("the connection broke: {error}").into())
}
