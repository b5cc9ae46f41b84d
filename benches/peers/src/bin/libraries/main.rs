//! Libraries that decide, and feedgate's engine, each in a process of its own: `libraries --help`.

mod casbin;
mod cedar;
mod feedgate;
mod regorus;

use std::time::Duration;

use clap::{Parser, ValueEnum};
use feedgate_peers::{
    decisions::{Bench, Row},
    model::{Size, World},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Times the decisions of a library in this process and prints a row of results for each way to use it
#[derive(Parser)]
struct Arguments {
    #[arg(value_enum)]
    library: Library,
    #[arg(long, value_enum, default_value_t = Size::Small)]
    size: Size,
    /// How long each way is measured
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Library {
    Feedgate,
    Cedar,
    Casbin,
    Regorus,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let world = World::new(arguments.size);
    let bench = Bench::new(&world, Duration::from_secs_f64(arguments.seconds))?;
    let rows: Vec<Row> = match arguments.library {
        Library::Feedgate => feedgate::run(&world, &bench)?,
        Library::Cedar => cedar::run(&world, &bench)?,
        Library::Casbin => casbin::run(&world, &bench)?,
        Library::Regorus => regorus::run(&world, &bench)?,
    };
    for row in rows {
        println!("{}", serde_json::to_string(&row)?);
    }
    Ok(())
}
