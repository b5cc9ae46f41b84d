//! How connections are answered, whoever answers them: all with the same services and limits.
//!
//! How many connections there are is limited in `connections`, how many calls they may have under way in `grpc::admission`.

use std::{io, time::Duration};

use futures_util::Stream;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tonic::transport::{self, Server, server::Connected};

use crate::grpc::Surface;

/// Calls at a time on one connection; a client queues what is more.
const MAX_STREAMS: u32 = 200;
/// A token, a deadline and tracing headers fit many times.
const MAX_HEADER_BYTES: u32 = 16 << 10;
/// A large batch arrives without waiting for windows to open.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// A peer that is gone is noticed within a minute.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Answers connections until told to stop and the last one is closed.
pub async fn serve<IO>(
    surface: Surface,
    connections: impl Stream<Item = io::Result<IO>>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), transport::Error>
where
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let stopped = async move {
        // Whoever could say so being gone means stop, too.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let Surface { services, guard, admission } = surface;
    Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .layer(crate::grpc::explain_layer())
        .layer(guard)
        .layer(admission)
        .serve_with_incoming_shutdown(services, connections, stopped)
        .await
}
