//! A server that takes feedgate's requests and answers without deciding: what tonic, HTTP/2 and the kernel
//! cost on this machine, and nobody can be cheaper who is built of them.
//!
//! HTTP/2 settings and the layouts of its threads are the product's; its allocator is mimalloc, which the product doesn't
//! have.

mod answers;
mod connection;
mod threads;

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

use clap::{Args, ValueEnum};

pub use answers::Answers;
use threads::Threads;

use crate::target::Target;

/// How a server is laid out.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Where to listen: `tcp:127.0.0.1:0` or `unix:PATH`
    pub listen: Target,
    /// Which threads serve the connections
    #[arg(long, value_enum, default_value_t = Layout::PerCore)]
    pub layout: Layout,
    /// How many of them
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// Answer checks without telling whom the name meant
    #[arg(long)]
    pub lean: bool,
}

/// What a connection is served by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// Any of the threads: one runtime that shares the work
    Shared,
    /// One thread, that with the fewest connections when it came: a runtime each
    PerCore,
}

/// Serves until the process is ended.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let answers = Answers::new(options.lean);
    match &options.listen {
        Target::Tcp(address) => {
            let listener = TcpListener::bind(address)?;
            println!("listening grpc {}", listener.local_addr()?);
            let mut threads = Threads::<TcpStream>::start(options, &answers)?;
            loop {
                let (connection, _) = listener.accept()?;
                connection.set_nodelay(true)?;
                connection.set_nonblocking(true)?;
                threads.hand_over(connection)?;
            }
        }
        Target::Unix(path) => {
            if path.exists() {
                std::fs::remove_file(path)?;
            }
            let listener = UnixListener::bind(path)?;
            println!("listening unix {}", path.display());
            let mut threads = Threads::<UnixStream>::start(options, &answers)?;
            loop {
                let (connection, _) = listener.accept()?;
                connection.set_nonblocking(true)?;
                threads.hand_over(connection)?;
            }
        }
    }
}
