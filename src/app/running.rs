//! A decision point that serves: from a configuration to open ports, and back.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use futures_util::{FutureExt as _, future::BoxFuture};
use secrecy::SecretString;
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tracing::{error, info, warn};

use super::{
    config::Config,
    connections, directories,
    listeners::{self, SocketFile},
    one_time, room, token,
    workers::Workers,
};
use crate::{
    directory::Connections,
    grpc::{AdminToken, Health, Surface},
    service::{DecisionPoint, Retention},
    store::{self, SledStore},
};

/// How long calls under way may take once it ends.
const DRAIN: Duration = Duration::from_secs(10);
/// How long of it watchers of the health are kept, who would never go by themselves.
const WATCHED: Duration = Duration::from_secs(1);

/// A decision point with its servers. Dropping it ends them at once; [`stop`](Self::stop) is the good way.
#[derive(Debug)]
pub struct Running {
    grpc_addr: SocketAddr,
    socket: Option<SocketFile>,
    token: SecretString,
    token_file: PathBuf,
    /// Shown once.
    first_password: Option<SecretString>,
    point: DecisionPoint,
    health: Health,
    stop: watch::Sender<bool>,
    servers: JoinSet<anyhow::Result<()>>,
}

impl Running {
    /// Binds, loads, and serves. Ports come before the policy: one that is taken is found before a large one
    /// is read, and a client that comes early waits instead of being refused. The data folder's lock comes
    /// before the Unix socket: of two starts at a time only one may take a socket for left behind.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let Config { data, listen, uds, threads, reflection, history, store: disk, log: _, directories } =
            config;
        room::for_server(threads.number())?;
        uds.as_deref().map(listeners::check_path).transpose()?;
        let connections = directories::connections(directories)?;
        let volume = data;
        let data = store::data_folder(&volume)?;
        if data != volume {
            info!("`{}` belongs to root: the store is in `{}`", volume.display(), data.display());
        }
        let tcp = listeners::tcp(listen).await?;
        let grpc_addr = tcp.local_addr()?;
        let store = open(&data, disk.spare_bytes()).await?;
        let unix = uds.as_deref().map(listeners::unix).transpose()?;

        let point = load(store, &data, history.retention(), connections).await?;
        let token = token::load_or_create(&data)?;
        let first_password = one_time::look_after(&point, &data).await.unwrap_or_else(|error| {
            // What a server is for it can do all the same.
            error!(
                error = format!("{error:#}"),
                "the user Admin has no password yet, and can't be given one"
            );
            None
        });
        one_time::guard(&point, &data).await?;
        let (surface, health) = Surface::new(point.clone(), AdminToken::new(&token), reflection)?;

        let (stop, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        let (workers, ends) = Workers::start(threads.number(), &surface, &stopped)?;
        for end in ends {
            servers.spawn(end);
        }
        let until_stopped = |accepting| until(stopped.clone(), accepting);
        servers.spawn(until_stopped(connections::accept_tcp(tcp, workers.clone()).boxed()));
        let socket = unix.map(|(unix, socket)| {
            servers.spawn(until_stopped(connections::accept_unix(unix, workers).boxed()));
            socket
        });
        health.serving().await;
        tell_trouble(&point, &health);
        let revision = point.index().revision();
        info!(version = env!("CARGO_PKG_VERSION"), store = %revision.store, %revision, "serving");
        let token_file = data.join(token::FILE);
        Ok(Self { grpc_addr, socket, token, token_file, first_password, point, health, stop, servers })
    }

    /// Where it listens for gRPC.
    pub fn grpc_addr(&self) -> SocketAddr {
        self.grpc_addr
    }

    /// The Unix socket that it listens on, too.
    pub fn uds(&self) -> Option<&Path> {
        self.socket.as_ref().map(SocketFile::path)
    }

    /// The administrator's token.
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// Where the token is kept.
    pub fn token_file(&self) -> &Path {
        &self.token_file
    }

    /// The one-time password that this start has made for the administrator, if it has; given only once.
    pub fn first_password(&mut self) -> Option<SecretString> {
        self.first_password.take()
    }

    /// Returns only if a server ends that nobody told to.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.servers.join_next().await {
            Some(Ok(Err(error))) => error.context("a server failed"),
            Some(Err(error)) => anyhow!(error).context("a server failed"),
            Some(Ok(Ok(()))) | None => anyhow!("a server ended that nobody told to"),
        }
    }

    /// Takes no more connections, lets calls under way finish, then closes the store. What has been
    /// acknowledged is on disk either way.
    pub async fn stop(mut self) {
        self.health.not_serving().await;
        self.point.end_watches();
        self.socket = None;
        self.stop.send_replace(true);
        if timeout(WATCHED, drained(&mut self.servers)).await.is_err() {
            self.health.gone().await;
            let rest = DRAIN.saturating_sub(WATCHED);
            if timeout(rest, drained(&mut self.servers)).await.is_err() {
                warn!("calls under way were cut off after {} s", DRAIN.as_secs());
                self.servers.shutdown().await;
            }
        }
        self.point.close().await;
        info!("stopped");
    }
}

/// Says of the administration that it isn't served once changes aren't taken any more. Checks go on.
fn tell_trouble(point: &DecisionPoint, health: &Health) {
    let (broken, health) = (point.broken(), health.clone());
    tokio::spawn(async move {
        if let Some(error) = broken.await {
            error!(%error, "read-only: checks are answered, changes aren't taken until a restart");
        }
        health.read_only().await;
    });
}

/// Accepts connections until told to stop.
async fn until(mut stop: watch::Receiver<bool>, accepting: BoxFuture<'static, ()>) -> anyhow::Result<()> {
    tokio::select! {
        () = accepting => {}
        // Whoever could say so being gone means stop, too.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    Ok(())
}

async fn drained<T: 'static>(servers: &mut JoinSet<T>) {
    while servers.join_next().await.is_some() {}
}

/// Opens the store of a data folder, which locks it.
async fn open(data: &Path, spare: u64) -> anyhow::Result<SledStore> {
    let folder = data.to_owned();
    Ok(tokio::task::spawn_blocking(move || SledStore::open_sparing(&folder, spare)).await??)
}

/// Loads a store's policy.
async fn load(
    store: SledStore,
    data: &Path,
    retention: Retention,
    connections: Connections,
) -> anyhow::Result<DecisionPoint> {
    let opened = DecisionPoint::open_among(Arc::new(store), retention, connections).await;
    opened.with_context(|| format!("the policy in `{}` can't be loaded", data.display()))
}
