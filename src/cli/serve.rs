//! `serve`: the decision point itself.

use super::{
    args::server::Serve,
    failure::{Exit, Failure},
};
use crate::app::{self, Config, Flags};

pub(super) async fn run(typed: Serve) -> Result<Exit, Failure> {
    let Serve { data, listen, uds, config } = typed;
    let flags = Flags { data, listen, uds };
    let config = Config::load(config.as_deref(), flags).map_err(|error| Failure::Usage(error.into()))?;
    app::serve(config).await?;
    Ok(Exit::Done)
}
