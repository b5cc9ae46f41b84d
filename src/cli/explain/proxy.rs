//! Ways around a denial: what somebody holds that amounts to what was denied.

use crate::{
    cli::{args::question::Question, demand, words},
    grpc::pb::{self, ProxyKind, target},
};

/// `but jDoe can delete and add packages there, which amounts to overwriting`.
pub(super) fn sentence(question: &Question, explanation: &pb::ExplainResponse, proxy: &pb::Proxy) -> String {
    let who = demand::who(&question.who, explanation.subject.as_ref());
    let asked = pb::Target::from(&question.place);
    let there = proxy.target.as_ref() == Some(&asked);
    let on = match proxy.target.as_ref() {
        _ if there => "there".to_owned(),
        place => format!("on {}", words::target(place)),
    };
    let through = match words::list(&proxy.connectors) {
        names if proxy.connectors.is_empty() => names,
        names if proxy.connectors.len() == 1 => format!("the connector {names}"),
        names => format!("the connectors {names}"),
    };
    match proxy.kind() {
        ProxyKind::ConfigureSystem => {
            format!("but {who} can configure the system, which amounts to everything")
        }
        ProxyKind::ManageFeed => {
            let feed = match proxy.target.as_ref().and_then(|target| target.kind.as_ref()) {
                Some(target::Kind::Feed(_) | target::Kind::FeedGroup(_)) => {
                    words::target(proxy.target.as_ref())
                }
                _ => "the feed".to_owned(),
            };
            format!("but {who} can manage {feed}, which amounts to everything on it")
        }
        ProxyKind::DeleteAndAdd => {
            format!("but {who} can delete and add packages {on}, which amounts to overwriting")
        }
        ProxyKind::Overwrite => {
            format!("but {who} can overwrite packages {on}, which amounts to deleting")
        }
        ProxyKind::ManageCredentials => {
            format!("but {who} can manage credentials, which amounts to seeing their passwords")
        }
        ProxyKind::SharedConnector => {
            let through = if through.is_empty() { "a connector" } else { &through };
            format!("but {who} can manage connectors {on}, where {through} is shared with this feed")
        }
        ProxyKind::ConnectedFeed => {
            let through = if through.is_empty() { "a connector" } else { &through };
            let does = words::deeds(&proxy.attributes);
            format!("but {who} can {does} {on}, which reads this feed through {through}")
        }
        ProxyKind::Unspecified => {
            let does = words::deeds(&proxy.attributes);
            format!("but {who} can {does} {on}, which amounts to the same")
        }
    }
}
