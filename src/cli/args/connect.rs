//! Which server is asked, as whom, and how answers look: the flags that all client commands share.

use std::path::PathBuf;

use clap::{
    Args, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser as _},
};

use crate::cli::address::Address;

const HEADING: &str = "Server and output";

/// The flags by their ids, for whoever has to say that one is out of place.
pub(super) const FLAGS: [(&str, &str); 3] =
    [("server", "--server"), ("token_file", "--token-file"), ("output", "--output")];

#[derive(Debug, Args)]
pub struct Connect {
    /// The server: HOST:PORT, http://HOST:PORT or unix:PATH
    #[arg(
        long,
        global = true,
        value_name = "ADDR",
        env = "FEEDGATE_SERVER",
        default_value = "127.0.0.1:7420",
        help_heading = HEADING
    )]
    pub server: Address,

    /// The file with the token; the environment's FEEDGATE_TOKEN may hold the token itself instead
    ///
    /// `check`, `batch` and `effective` need none on a server that listens on loopback or a Unix socket. The
    /// server writes the administrator's to `admin-token` in its data folder.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "FEEDGATE_TOKEN_FILE",
        // An empty variable is one that isn't set; clap's own parser would refuse it.
        value_parser = OsStringValueParser::new().map(PathBuf::from),
        help_heading = HEADING
    )]
    pub token_file: Option<PathBuf>,

    /// Answers for people, or proto JSON for programs
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t, help_heading = HEADING)]
    pub output: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
}
