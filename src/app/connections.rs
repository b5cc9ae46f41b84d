//! Connections as they come in, a limited number at a time for each listener.
//!
//! A listener that can't accept for a moment (no file descriptors left, say) waits a little and goes on:
//! tonic's own would ask again at once, and burn a core until the trouble is over.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tonic::transport::server::Connected;

/// How many a listener has open; the next one waits until another is closed. Feed servers have few each.
const MAX_CONNECTIONS: usize = 1024;

/// How long a listener rests when it can't accept.
const REST: Duration = Duration::from_millis(100);

/// A connection and its place among those that may be open.
#[derive(Debug)]
pub struct Connection<IO> {
    io: IO,
    _place: OwnedSemaphorePermit,
}

/// Without Nagle's delay: answers are small and somebody waits for them.
pub fn tcp(listener: TcpListener) -> impl Stream<Item = io::Result<Connection<TcpStream>>> {
    let accept = move |context: &mut Context<'_>| {
        listener.poll_accept(context).map_ok(|(connection, _)| {
            // Fails only for one that is closed already.
            let _ = connection.set_nodelay(true);
            connection
        })
    };
    connections(accept, MAX_CONNECTIONS)
}

/// The same from a Unix socket.
pub fn unix(listener: UnixListener) -> impl Stream<Item = io::Result<Connection<UnixStream>>> {
    let accept =
        move |context: &mut Context<'_>| listener.poll_accept(context).map_ok(|(connection, _)| connection);
    connections(accept, MAX_CONNECTIONS)
}

fn connections<IO>(
    accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<IO>>,
    limit: usize,
) -> impl Stream<Item = io::Result<Connection<IO>>> {
    let places = Arc::new(Semaphore::new(limit));
    stream::unfold((accept, places), |(mut accept, places)| async move {
        // Never closed.
        let _place = Arc::clone(&places).acquire_owned().await.ok()?;
        loop {
            match poll_fn(&mut accept).await {
                Ok(io) => return Some((Ok(Connection { io, _place }), (accept, places))),
                Err(error) => {
                    tracing::warn!("can't accept a connection: {error}");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    })
}

impl<IO: Connected> Connected for Connection<IO> {
    type ConnectInfo = IO::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.io.connect_info()
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Connection<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Connection<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn the_next_one_waits_for_a_place() {
        let mut accepted = 0;
        let accept = move |_: &mut Context<'_>| {
            accepted += 1;
            Poll::Ready(Ok(accepted))
        };
        let mut open = pin!(connections(accept, 2));
        let first = open.next().await.unwrap().unwrap();
        let second = open.next().await.unwrap().unwrap();
        assert_eq!((first.io, second.io), (1, 2));
        assert!(open.next().now_or_never().is_none());
        drop(first);
        assert_eq!(open.next().await.unwrap().unwrap().io, 3);
    }
}
