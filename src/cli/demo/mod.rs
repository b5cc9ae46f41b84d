//! `demo`: a server of its own in a temporary folder, a policy, and what that decides.
//!
//! Nothing is pretended: the policy is applied and the questions are asked over gRPC, as any client would.

mod questions;

use std::{net::SocketAddr, path::Path};

use anyhow::Context as _;

use self::questions::QUESTIONS;
use super::{
    address::Address,
    args::server::Demo,
    client::Client,
    explain,
    failure::{Exit, Failure},
    output::{self, BOLD, DIM, indent, paint},
    policy::apply,
    token,
};
use crate::{
    app::{Config, Running, Signals},
    interchange::{PolicyEdits, PolicyFile},
};

/// Restricted feeds: packages are tried out in one feed and approved into another.
const POLICY: &str = include_str!("../../../deploy/examples/approval-workflow.yaml");

pub(super) async fn run(demo: Demo) -> Result<Exit, Failure> {
    // From here on nothing ends the program before its folder is deleted.
    let mut end = Signals::listen().context("can't wait for signals")?;
    let folder = tempfile::Builder::new()
        .prefix("feedgate-demo-")
        .tempdir()
        .context("can't make a temporary folder")?;
    let config = Config { listen: demo.listen, ..Config::new(folder.path().join("data")) };
    let server = tokio::select! {
        started = Running::start(config) => started?,
        _ = end.next() => {
            folder.close().context("can't delete the temporary folder")?;
            return Ok(Exit::Done);
        }
    };
    let served = async {
        show(&server).await?;
        if demo.once {
            return output::print("\nWithout `--once` it goes on serving, for questions of your own.");
        }
        output::print(next_steps(server.grpc_addr(), server.token_file()))?;
        end.next().await;
        Ok(())
    }
    .await;
    server.stop().await;
    folder.close().context("can't delete the temporary folder")?;
    // Whoever has read enough of it (`| head`) isn't told of a failure.
    match served {
        Ok(()) | Err(Failure::ReaderGone) => Ok(Exit::Done),
        Err(failure) => Err(failure),
    }
}

/// Applies the policy and asks the questions.
async fn show(server: &Running) -> Result<(), Failure> {
    let address = Address::Tcp(server.grpc_addr().to_string());
    let mut client = Client::to(address, Some(token::bearer(server.token())?)).await?;

    let policy = PolicyFile::parse("approval-workflow.yaml", POLICY.as_bytes()).map_err(apply::mistakes)?;
    let (answer, _) = apply::settle(&mut client, false, |existing| {
        let PolicyEdits { edits, notes } = policy.edits(existing, false).map_err(apply::mistakes)?;
        Ok((edits, notes))
    })
    .await?;
    output::print(introduction(answer.revision.unwrap_or_default().number))?;
    for asked in &QUESTIONS {
        let question = asked.question();
        let explanation = explain::ask(&mut client, &question).await?;
        let explained = indent(&explain::render(&question, &explanation), 2);
        output::print(format!(
            "\n{}\n{}\n{explained}",
            paint(BOLD, asked.shows),
            paint(DIM, format!("$ {}", asked.command()))
        ))?;
    }
    Ok(())
}

fn introduction(revision: u64) -> String {
    format!(
        "{}\nPackages from nuget.org come into unapproved-nuget, where senior developers try them out. What \
         they\npromote is in approved-nuget, for everybody. The policy file (revision {revision}):\n\n{}",
        paint(BOLD, "feedgate decides who may do what on which feed."),
        indent(POLICY.trim_end(), 2)
    )
}

fn next_steps(listens: SocketAddr, token_file: &Path) -> String {
    let token = token_file.display();
    let commands = [
        format!("export FEEDGATE_SERVER={listens} FEEDGATE_TOKEN_FILE={token}"),
        "feedgate status".to_owned(),
        "feedgate list grants".to_owned(),
        "feedgate check jDoe Feeds_DownloadPackage --feed unapproved-nuget; echo $?".to_owned(),
        "feedgate effective cWu --feed approved-nuget".to_owned(),
        "feedgate export --to policy.yaml && $EDITOR policy.yaml && feedgate apply -f policy.yaml --dry-run"
            .to_owned(),
        format!("grpcurl -plaintext -H \"authorization: Bearer $(cat {token})\" {listens} list"),
        format!(
            "grpcurl -plaintext -d '{{\"subject\": {{\"user\": {{\"name\": \"jDoe\"}}}}, \"attribute\": \
             \"Feeds_ViewFeed\", \"target\": {{\"feed\": \"approved-nuget\"}}}}' -H \"authorization: Bearer \
             $(cat {token})\" {listens} feedgate.v1.DecisionService/Check"
        ),
    ];
    format!(
        "\n{} {listens}, and the administrator's token is in {token}\nTry in another terminal; Ctrl-C here ends \
         it and deletes everything:\n\n{}",
        paint(BOLD, "It listens on"),
        indent(&commands.join("\n"), 2)
    )
}

#[cfg(test)]
mod tests;
