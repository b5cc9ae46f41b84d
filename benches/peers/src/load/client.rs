//! gRPC as far as one call needs it, right on HTTP/2: what more a client library does would be measured, too.

use std::future::poll_fn;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{HeaderMap, Request, StatusCode};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};

use crate::target::Target;

/// A connection; clones of it share that.
#[derive(Clone)]
pub struct Client {
    sender: SendRequest<Bytes>,
    /// What every call begins with.
    head: Request<()>,
}

const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;

impl Client {
    /// Connects, for calls of one method.
    pub async fn connect(target: &Target, method: &str) -> anyhow::Result<Self> {
        match target {
            Target::Tcp(address) => {
                let connection = TcpStream::connect(address).await.context("nobody listens")?;
                connection.set_nodelay(true)?;
                Self::over(connection, method).await
            }
            Target::Unix(path) => {
                Self::over(UnixStream::connect(path).await.context("nobody listens")?, method).await
            }
        }
    }

    async fn over<IO>(io: IO, method: &str) -> anyhow::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(io)
            .await?;
        // How it ends, its calls are told.
        tokio::spawn(connection);
        let head = Request::post(format!("http://localhost{method}"))
            .header("te", "trailers")
            .header("content-type", "application/grpc")
            .body(())?;
        Ok(Self { sender, head })
    }

    /// Sends a message with its prefix, and gives what comes back, piece by piece. Everything but an answer is an
    /// error, as in gRPC itself: HTTP says 200 even then.
    pub async fn call(&mut self, body: Bytes, mut take: impl FnMut(Bytes)) -> anyhow::Result<()> {
        poll_fn(|context| self.sender.poll_ready(context)).await?;
        let (response, mut stream) = self.sender.send_request(self.head.clone(), false)?;
        stream.send_data(body, true)?;
        let response = response.await?;
        ensure!(response.status() == StatusCode::OK, "HTTP says {}", response.status());
        if response.headers().contains_key("grpc-status") {
            succeeded(response.headers())?;
        }
        let mut body = response.into_body();
        let mut came = false;
        while let Some(chunk) = body.data().await {
            let chunk = chunk?;
            came = true;
            body.flow_control().release_capacity(chunk.len())?;
            take(chunk);
        }
        let trailers = body.trailers().await?.context("the answer has no trailers")?;
        succeeded(&trailers)?;
        ensure!(came, "an answer without a message");
        Ok(())
    }
}

fn succeeded(trailers: &HeaderMap) -> anyhow::Result<()> {
    let status = trailers.get("grpc-status").context("the answer has no gRPC status")?;
    if status != "0" {
        let message = trailers.get("grpc-message").map(|message| String::from_utf8_lossy(message.as_bytes()));
        bail!("gRPC says {}: {}", status.to_str()?, message.unwrap_or_default());
    }
    Ok(())
}
