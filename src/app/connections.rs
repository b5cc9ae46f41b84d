//! Connections of a listener: how they are accepted, and which of them are closed.
//!
//! A listener has a limited number of connections. When it has them all, the one that has been idle longest gives way
//! to the next client; one that exceeds a time limit, by sending no request for example, is closed anyway.
//!
//! A listener that can't accept for a moment (no file descriptors left, say) waits a little and goes on: tonic's own
//! would try again at once, and keep a processor busy until the trouble is over.

use std::{
    future::poll_fn,
    io,
    net::TcpStream as StdTcpStream,
    os::unix::net::UnixStream as StdUnixStream,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{MissedTickBehavior, interval},
};
use tonic::transport::server::Connected;

use super::workers::{Seat, Workers};
use crate::grpc::admission::{ConnectionState, Limits, ListenerLimits, Peer};

/// The pause of a listener that can't accept.
const REST: Duration = Duration::from_millis(100);

/// The time for which a connection has to be idle before it gives way to another, in seconds.
const IDLE_SECONDS: u64 = 5;

/// A connection on its way from a listener to the thread that answers it.
#[derive(Debug)]
pub struct Accepted {
    socket: Detached,
    state: Arc<ConnectionState>,
    place: OwnedSemaphorePermit,
}

/// A socket that no runtime looks after.
#[derive(Debug)]
enum Detached {
    Tcp(StdTcpStream),
    Unix(StdUnixStream),
}

/// Accepts until it is dropped.
pub async fn accept_tcp(listener: TcpListener, workers: Workers) {
    let accept = move |context: &mut Context<'_>| {
        let accepted = ready!(listener.poll_accept(context));
        Poll::Ready(accepted.and_then(|(connection, address)| {
            // No delay: answers are small and somebody waits. Fails only for one that is closed already.
            let _ = connection.set_nodelay(true);
            let socket = connection.into_std().map(Detached::Tcp)?;
            Ok((socket, Peer::Address(address.ip().to_canonical())))
        }))
    };
    let give = |socket, state, place| workers.give(Accepted { socket, state, place });
    Acceptor::new(Limits::CONNECTIONS).run(accept, give).await;
}

/// The same from a Unix socket.
pub async fn accept_unix(listener: UnixListener, workers: Workers) {
    let accept = move |context: &mut Context<'_>| {
        let accepted = ready!(listener.poll_accept(context));
        Poll::Ready(accepted.and_then(|(connection, _)| {
            let user = connection.peer_cred()?.uid();
            Ok((connection.into_std().map(Detached::Unix)?, Peer::User(user)))
        }))
    };
    let give = |socket, state, place| workers.give(Accepted { socket, state, place });
    Acceptor::new(Limits::CONNECTIONS).run(accept, give).await;
}

/// The connections of one listener.
struct Acceptor {
    limits: Arc<ListenerLimits>,
    places: Arc<Semaphore>,
    /// An entry whose state has no other owner belongs to a connection that has ended.
    open: Vec<Arc<ConnectionState>>,
}

impl Acceptor {
    fn new(connections: usize) -> Self {
        let places = Arc::new(Semaphore::new(connections));
        Self { limits: Arc::default(), places, open: Vec::new() }
    }

    async fn run<T>(
        mut self,
        mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<(T, Peer)>>,
        mut give: impl FnMut(T, Arc<ConnectionState>, OwnedSemaphorePermit),
    ) {
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // A client that is accepted and has no place yet.
        let mut client = None;
        loop {
            tokio::select! {
                biased;
                _ = seconds.tick() => {
                    self.limits.tick();
                    self.close_overdue();
                }
                // Never closed.
                Ok(place) = Arc::clone(&self.places).acquire_owned(), if client.is_some() => {
                    if let Some((socket, peer)) = client.take() {
                        let state = Arc::new(ConnectionState::new(Arc::clone(&self.limits), peer));
                        self.open.push(Arc::clone(&state));
                        give(socket, state, place);
                    }
                }
                accepted = poll_fn(&mut accept), if client.is_none() => match accepted {
                    Ok((socket, peer)) if self.has_its_share(peer) => {
                        tracing::debug!(?peer, "a client has all its connections: one more is closed");
                        drop(socket);
                    }
                    Ok(accepted) => client = Some(accepted),
                    Err(error) => {
                        tracing::warn!("can't accept a connection: {error}");
                        tokio::time::sleep(REST).await;
                    }
                },
            }
            if client.is_some() && self.places.available_permits() == 0 {
                self.close_idle();
            }
        }
    }

    /// Closes the connections that have exceeded a time limit, and forgets those that have ended.
    fn close_overdue(&mut self) {
        self.open.retain(|state| Arc::strong_count(state) > 1);
        for state in &self.open {
            if let Some(reason) = state.overdue() {
                tracing::debug!(peer = ?state.peer(), "a connection is closed: {reason}");
                state.close();
            }
        }
    }

    /// Closes the connection that has been idle longest, if one has been idle for long enough.
    fn close_idle(&mut self) {
        self.open.retain(|state| Arc::strong_count(state) > 1);
        let idle = self.open.iter().filter_map(|state| Some((state.idle()?, state)));
        let longest =
            idle.filter(|(seconds, _)| *seconds >= IDLE_SECONDS).max_by_key(|(seconds, _)| *seconds);
        if let Some((_, state)) = longest {
            tracing::debug!(peer = ?state.peer(), "an idle connection is closed: the listener has no other place");
            state.close();
        }
    }

    /// Whether a client has as many connections as one may have. Clients on loopback can't be told apart.
    fn has_its_share(&self, peer: Peer) -> bool {
        match peer {
            Peer::Address(address) if address.is_loopback() => false,
            Peer::InProcess => false,
            Peer::Address(_) | Peer::User(_) => {
                let open =
                    self.open.iter().filter(|state| state.peer() == peer && Arc::strong_count(state) > 1);
                open.count() >= Limits::CONNECTIONS_OF_A_PEER
            }
        }
    }
}

/// A connection that is answered, and its places among those that may be open and those of its thread.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    state: Arc<ConnectionState>,
    _place: OwnedSemaphorePermit,
    _seat: Seat,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Connection {
    /// Puts a connection under the care of this thread's runtime.
    pub fn open(Accepted { socket, state, place }: Accepted, seat: Seat) -> io::Result<Self> {
        let socket = match socket {
            Detached::Tcp(socket) => Socket::Tcp(TcpStream::from_std(socket)?),
            Detached::Unix(socket) => Socket::Unix(UnixStream::from_std(socket)?),
        };
        Ok(Self { socket, state, _place: place, _seat: seat })
    }
}

/// Every request brings the state of its connection.
impl Connected for Connection {
    type ConnectInfo = Arc<ConnectionState>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(&self.state)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        };
        if read.is_pending() && self.state.is_closed(context.waker()) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.state.received(buffer.filled().len().saturating_sub(before));
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write_vectored(context, parts),
            Socket::Unix(socket) => Pin::new(socket).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Tcp(socket) => socket.is_write_vectored(),
            Socket::Unix(socket) => socket.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(context),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::sync::mpsc;

    use super::*;

    const HERE: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const THERE: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

    type Given = (u32, Arc<ConnectionState>, OwnedSemaphorePermit);

    /// Offers 1,100 connections of a client.
    fn offer(peer: Peer, places: usize) -> (impl Future<Output = ()>, mpsc::UnboundedReceiver<Given>) {
        let (gives, given) = mpsc::unbounded_channel();
        let mut offered = 0..1_100;
        let accept = move |_: &mut Context<'_>| match offered.next() {
            Some(number) => Poll::Ready(Ok((number, peer))),
            None => Poll::Pending,
        };
        let give = move |number, state, place| gives.send((number, state, place)).unwrap();
        (Acceptor::new(places).run(accept, give), given)
    }

    fn all(given: &mut mpsc::UnboundedReceiver<Given>) -> Vec<Given> {
        std::iter::from_fn(|| given.try_recv().ok()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_connection_waits_for_a_place() {
        let (accepting, mut given) = offer(HERE, 2);
        let mut accepting = pin!(accepting);
        let mut look = || {
            assert!((&mut accepting).now_or_never().is_none());
            all(&mut given)
        };
        let both = look();
        assert_eq!(both.iter().map(|(number, ..)| *number).collect::<Vec<_>>(), [0, 1]);
        assert!(look().is_empty());
        drop(both);
        assert_eq!(look().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_is_idle_longest_gives_way() {
        let (accepting, mut given) = offer(HERE, 2);
        let accepting = tokio::spawn(accepting);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let both = all(&mut given);
        let closed = |state: &ConnectionState| state.is_closed(std::task::Waker::noop());
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(both.iter().filter(|(_, state, _)| closed(state)).count(), 0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(both.iter().any(|(_, state, _)| closed(state)));
        accepting.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_beyond_loopback_gets_its_share() {
        for (peer, expected) in [
            (THERE, Limits::CONNECTIONS_OF_A_PEER),
            (Peer::User(7), Limits::CONNECTIONS_OF_A_PEER),
            (HERE, 1000),
        ] {
            let (accepting, mut given) = offer(peer, 1000);
            assert!(tokio::time::timeout(Duration::from_millis(1), accepting).await.is_err());
            assert_eq!(all(&mut given).len(), expected, "{peer:?}");
        }
    }
}
