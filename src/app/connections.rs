//! Connections as they come in, a limited number at a time for each listener.
//!
//! A listener that can't accept for a moment (no file descriptors left, say) waits a little and goes on:
//! tonic's own would ask again at once, and burn a core until the trouble is over.

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
};
use tonic::transport::server::Connected;

use super::workers::{Seat, Workers};

/// How many a listener has open; the next one waits until another is closed. Feed servers have few each.
const MAX_CONNECTIONS: usize = 1024;

/// How long a listener rests when it can't accept.
const REST: Duration = Duration::from_millis(100);

/// A connection on its way from a listener to the thread that answers it.
#[derive(Debug)]
pub struct Accepted {
    socket: Detached,
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
        Poll::Ready(accepted.and_then(|(connection, _)| {
            // No delay: answers are small and somebody waits. Fails only for one that is closed already.
            let _ = connection.set_nodelay(true);
            connection.into_std().map(Detached::Tcp)
        }))
    };
    accept_all(accept, MAX_CONNECTIONS, |socket, place| workers.give(Accepted { socket, place })).await;
}

/// The same from a Unix socket.
pub async fn accept_unix(listener: UnixListener, workers: Workers) {
    let accept = move |context: &mut Context<'_>| {
        let accepted = ready!(listener.poll_accept(context));
        Poll::Ready(accepted.and_then(|(connection, _)| connection.into_std().map(Detached::Unix)))
    };
    accept_all(accept, MAX_CONNECTIONS, |socket, place| workers.give(Accepted { socket, place })).await;
}

async fn accept_all<T>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
    limit: usize,
    mut give: impl FnMut(T, OwnedSemaphorePermit),
) {
    let places = Arc::new(Semaphore::new(limit));
    // Never closed.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match poll_fn(&mut accept).await {
            Ok(accepted) => give(accepted, place),
            Err(error) => {
                tracing::warn!("can't accept a connection: {error}");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// A connection that is answered, and its places among those that may be open and those of its thread.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
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
    pub fn open(Accepted { socket, place }: Accepted, seat: Seat) -> io::Result<Self> {
        let socket = match socket {
            Detached::Tcp(socket) => Socket::Tcp(TcpStream::from_std(socket)?),
            Detached::Unix(socket) => Socket::Unix(UnixStream::from_std(socket)?),
        };
        Ok(Self { socket, _place: place, _seat: seat })
    }
}

/// Nothing that is served asks where it comes from.
impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        }
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

    #[tokio::test]
    async fn the_next_one_waits_for_a_place() {
        let (gives, mut given) = mpsc::unbounded_channel();
        let mut accepted = 0;
        let accept = |_: &mut Context<'_>| {
            accepted += 1;
            Poll::Ready(Ok(accepted))
        };
        let give = |number, place| gives.send((number, place)).unwrap();
        let mut accepting = pin!(accept_all(accept, 2, give));
        let mut look = || {
            assert!((&mut accepting).now_or_never().is_none());
            std::iter::from_fn(|| given.try_recv().ok()).collect::<Vec<_>>()
        };
        let both = look();
        assert_eq!(both.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
        assert!(look().is_empty());
        drop(both);
        assert_eq!(look().len(), 2);
    }
}
