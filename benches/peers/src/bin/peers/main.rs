//! What feedgate is measured against, and what measures: `peers --help`.

mod about;
mod model;
mod report;

use clap::{Parser, Subcommand};
use feedgate_peers::{ceiling, load};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures decision servers on this machine
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve feedgate's checks without deciding them
    Ceiling(ceiling::Options),
    /// Drive a server and print a row of results
    Load(load::Options),
    /// Write a synthetic policy for a server
    Model(model::Options),
    /// Print what this machine is and which versions are measured, as the first line of a file of results
    About(about::Options),
    /// Make a table and charts of the results in a folder
    Report(report::Options),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Ceiling(options) => ceiling::run(&options),
        Command::Load(options) => {
            println!("{}", serde_json::to_string(&load::run(&options)?)?);
            Ok(())
        }
        Command::Model(options) => model::run(&options),
        Command::About(options) => {
            println!("{}", serde_json::to_string(&about::About::new(&options)?)?);
            Ok(())
        }
        Command::Report(options) => report::run(&options),
    }
}
