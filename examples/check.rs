//! Asks a running feedgate one question: `cargo run --example check -- USER ATTRIBUTE FEED`.

use std::io::Write as _;

use feedgate::grpc::pb::{
    CheckRequest, Subject, Target, decision_service_client::DecisionServiceClient, subject, target,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let mut word = |default: &str| words.next().unwrap_or_else(|| default.into());
    let (user, attribute, feed) = (word("jdoe"), word("Feeds_DownloadPackage"), word("unapproved-nuget"));

    let mut decisions = DecisionServiceClient::connect("http://127.0.0.1:7420").await?;
    let user =
        subject::User { directory: String::new(), identity: Some(subject::user::Identity::Name(user)) };
    let request = CheckRequest {
        subject: Some(Subject { kind: Some(subject::Kind::User(user)) }),
        attribute,
        target: Some(Target { kind: Some(target::Kind::Feed(feed)) }),
        consistency: None,
    };
    let answer = decisions.check(request).await?.into_inner();
    let verdict = if answer.allowed { "allowed" } else { "denied" };
    writeln!(std::io::stdout(), "{verdict}: {:?}, grant {}", answer.reason(), answer.grant_id)?;
    Ok(())
}
