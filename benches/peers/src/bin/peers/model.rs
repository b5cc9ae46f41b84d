//! The model, written out.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use feedgate_peers::model::{Size, World, cerbos, feedgate};

#[derive(Args)]
pub struct Options {
    #[arg(value_enum)]
    size: Size,
    /// For whom
    #[arg(value_enum)]
    peer: Peer,
    /// The folder that files are written into
    folder: PathBuf,
    /// The port that Cerbos's configuration has for gRPC; the next one is for HTTP
    #[arg(long, default_value_t = 3593)]
    port: u16,
}

#[derive(Clone, Copy, ValueEnum)]
enum Peer {
    /// The files that `feedgate import proget` takes
    Feedgate,
    /// A configuration and policies
    Cerbos,
}

pub fn run(options: &Options) -> anyhow::Result<()> {
    let world = World::new(options.size);
    match options.peer {
        Peer::Feedgate => feedgate::write_files(&world, &options.folder)?,
        Peer::Cerbos => cerbos::write_files(&world, &options.folder, options.port)?,
    }
    Ok(())
}
