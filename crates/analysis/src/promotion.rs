//! Whether packages may go from one feed to another (access model, section 8).

use super::well_known::{ACCEPT, DOWNLOAD, VIEW};
use feedgate_engine::{Decision, Demand, Index, Principals, Target, decide};
use feedgate_model::{AttributeId, Feed};

/// What a promotion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    SourceRegistered,
    TargetRegistered,
    /// Both have a type, and it is the same.
    SameType,
    /// The source names no feed to promote to, or names the target.
    PromoteTo,
    ViewSource,
    DownloadSource,
    AcceptOnTarget,
}

/// Whether it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub requirement: Requirement,
    pub met: bool,
    /// Of the requirements that are about an attribute.
    pub decision: Option<Decision>,
    /// One sentence, for people.
    pub detail: String,
}

/// Every requirement of a promotion, in their order. It is allowed when all are met.
pub fn promotion(
    index: &Index,
    who: &Principals,
    source: Option<&Feed>,
    target: Option<&Feed>,
) -> Vec<Outcome> {
    let plain =
        |requirement, met, detail: &str| Outcome { requirement, met, decision: None, detail: detail.into() };
    let registered = |requirement, feed: Option<&Feed>, role: &str| {
        let met = feed.is_some();
        let detail = if met {
            "is registered"
        } else {
            "is not registered: `feedgate list feeds` shows those that are"
        };
        plain(requirement, met, &format!("the {role} feed {detail}"))
    };
    let attribute = |requirement, attribute: AttributeId, feed: Option<&Feed>, role: &str| {
        let target = feed.map_or(Target::UnknownFeed, |feed| Target::Feed(feed.id));
        let decision = decide(index, who, Demand { attribute, target });
        let name = index.attribute(attribute).map_or("", |it| it.name.as_str());
        let met = decision.allowed();
        let detail = format!("{name} on the {role} feed is {}", if met { "allowed" } else { "denied" });
        Outcome { requirement, met, decision: Some(decision), detail }
    };
    let (same_type, types) = same_type(source, target);
    let (promote_to, place) = promote_to(index, source, target);
    vec![
        registered(Requirement::SourceRegistered, source, "source"),
        registered(Requirement::TargetRegistered, target, "target"),
        plain(Requirement::SameType, same_type, &types),
        plain(Requirement::PromoteTo, promote_to, &place),
        attribute(Requirement::ViewSource, VIEW, source, "source"),
        attribute(Requirement::DownloadSource, DOWNLOAD, source, "source"),
        attribute(Requirement::AcceptOnTarget, ACCEPT, target, "target"),
    ]
}

const NOT_BOTH: &str = "this can't be told as long as both feeds aren't registered";

/// A feed whose type nobody said could be of any.
fn same_type(source: Option<&Feed>, target: Option<&Feed>) -> (bool, String) {
    let (Some(source), Some(target)) = (source, target) else { return (false, NOT_BOTH.into()) };
    match (&*source.feed_type, &*target.feed_type) {
        ("", _) => (false, format!("{} has no type, so that it can't be the same", source.name)),
        (_, "") => (false, format!("{} has no type, so that it can't be the same", target.name)),
        (one, other) if one == other => (true, format!("both are of the type {one}")),
        (one, other) => (false, format!("{} is of the type {one}, {} of {other}", source.name, target.name)),
    }
}

fn promote_to(index: &Index, source: Option<&Feed>, target: Option<&Feed>) -> (bool, String) {
    let (Some(source), Some(target)) = (source, target) else { return (false, NOT_BOTH.into()) };
    match source.promote_to {
        None => (true, format!("{} promotes to any feed of its type", source.name)),
        Some(id) if id == target.id => (true, format!("{} promotes to {}", source.name, target.name)),
        Some(id) => {
            let named = index.feed(id).map_or("", |feed| feed.name.as_str());
            (false, format!("{} promotes to {named} only", source.name))
        }
    }
}
