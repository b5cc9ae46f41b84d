//! `import`: the policy of another product, written as a policy file would be.

use super::apply;
use crate::cli::{
    args::{connect::Format, policy::Proget},
    client::Client,
    failure::{Exit, Failure},
};

pub(in crate::cli) async fn run(
    client: &mut Client,
    proget: Proget,
    format: Format,
) -> Result<Exit, Failure> {
    let how = proget.how;
    apply::agree(client, how, format, |_| Err(Failure::usage("not yet"))).await
}
