//! Why a decision is what it is, in sentences.

use crate::{
    cli::{
        args::question::{Place, Question, Who},
        demand,
        output::plain,
        words,
    },
    grpc::pb,
    model::attribute,
};

/// A sentence that gives the reason, then what else should be known.
pub(super) fn why(question: &Question, explanation: &pb::ExplainResponse) -> Vec<String> {
    let place = demand::place(&question.place);
    let mut lines = match explanation.reason() {
        pb::Reason::Permitted | pb::Reason::Restricted => decided(question, explanation),
        pb::Reason::NotGranted => not_granted(question, explanation),
        pb::Reason::FeedUnknown => vec![
            format!("no {place} is registered, under this name or as an alternate name"),
            "`feedgate list feeds` shows those that are".to_owned(),
        ],
        pb::Reason::FeedGroupUnknown => vec![
            format!("there is no {place}"),
            "`feedgate list feed-groups` shows those that there are".to_owned(),
        ],
        pb::Reason::SubjectDisabled => {
            let who = demand::who(&question.who, explanation.subject.as_ref());
            vec![format!("the user {who} is disabled, which denies everything")]
        }
        pb::Reason::Unspecified => vec!["the server gives a reason that this client doesn't know".to_owned()],
    };
    if explanation.subject_unknown {
        let who = demand::who(&question.who, None);
        lines.push(format!(
            "no directory knows {who}: permissions count for Everyone only, restrictions for Everyone, \
             Authenticated and Anonymous"
        ));
    }
    if explanation.feed_unknown && explanation.reason() != pb::Reason::FeedUnknown {
        lines.push(format!(
            "{place} isn't registered; the setting `unknown_feed` lets grants on all feeds decide"
        ));
    }
    lines
}

/// The grant that decided, and why it won over the best one of the other effect.
fn decided(question: &Question, explanation: &pb::ExplainResponse) -> Vec<String> {
    let Some((winner, grant)) = candidates(explanation).find(|(candidate, _)| candidate.decides) else {
        return vec![format!("grant {} decides", explanation.grant_id)];
    };
    let mut line = format!("grant {} {}", grant.id, does(question, winner, grant));
    line.push_str(&won(question, explanation, winner));
    let mut lines = vec![line];
    if !grant.comment.is_empty() {
        lines.push(format!("comment on grant {}: {}", grant.id, plain(&grant.comment)));
    }
    lines
}

/// Nothing permits it, and what would.
fn not_granted(question: &Question, explanation: &pb::ExplainResponse) -> Vec<String> {
    let who = demand::who(&question.who, explanation.subject.as_ref());
    let attribute = plain(&question.attribute);
    let place = demand::place(&question.place);
    let to = match (&question.who, explanation.subject_unknown) {
        (_, true) => "Everyone".to_owned(),
        (Who::Anonymous, false) => "Everyone or Anonymous".to_owned(),
        (Who::User { .. }, false) => {
            format!("{who}, to a group that {who} is in, to Authenticated or to Everyone")
        }
    };
    // Only of the catalogue's own attributes it is known here; of others the server would say.
    let system_only =
        attribute::built_in().any(|a| a.name.as_str() == question.attribute && !a.feed_scopable);
    let on = match &question.place {
        Place::System => "all feeds",
        _ if system_only => "all feeds",
        Place::Feed(_) => "this feed, its feed group or all feeds",
        Place::FeedGroup(_) => "this feed group or all feeds",
    };
    let mut lines = vec![
        format!("nothing permits it: no permission with {attribute} on {place} is for {who}"),
        format!("it would take a permission to {to}, on {on}, for a task that has {attribute}"),
    ];
    if system_only && question.place != Place::System {
        lines.push(format!(
            "{attribute} is for the whole system: a grant on a feed or feed group never gives it"
        ));
    }
    lines
}

/// `restricts group Developers ("View Packages") on this feed`.
fn does(question: &Question, candidate: &pb::Candidate, grant: &pb::Grant) -> String {
    let to = words::principal(grant.principal.as_ref());
    let task = plain(&grant.task);
    let on = match (candidate.scope_rank(), &question.place) {
        (pb::ScopeRank::Feed, _) => "this feed".to_owned(),
        (pb::ScopeRank::FeedGroup, Place::FeedGroup(_)) => "this feed group".to_owned(),
        (pb::ScopeRank::FeedGroup, _) => format!("its {}", words::scope(grant.scope.as_ref())),
        _ => words::scope(grant.scope.as_ref()),
    };
    match grant.effect() {
        pb::Effect::Restrict => format!("restricts {to} (\"{task}\") on {on}"),
        _ => format!("permits \"{task}\" to {to} on {on}"),
    }
}

/// Over which grant the deciding one won, and by which rule (access model, section 5).
fn won(question: &Question, explanation: &pb::ExplainResponse, winner: &pb::Candidate) -> String {
    let rival = candidates(explanation).find(|(_, grant)| grant.id == explanation.over_grant_id);
    let Some((loser, other)) = rival else { return String::new() };
    let over = format!("grant {}, which {}", other.id, does(question, loser, other));
    match explanation.rule() {
        pb::Rule::Principal => {
            format!("; a grant to the user itself wins over one to a group or to everyone: over {over}")
        }
        pb::Rule::Scope => format!(
            "; a grant on {} wins over one on {}: over {over}",
            rank(winner.scope_rank()),
            rank(loser.scope_rank())
        ),
        pb::Rule::Effect if winner.scope_rank == loser.scope_rank => {
            format!("; a restriction wins over {over}, at the same rank")
        }
        pb::Rule::Effect => format!(
            "; a restriction wins over {over}, at the same rank (the setting `scope_precedence` weighs feeds \
             and feed groups equally)"
        ),
        pb::Rule::Unopposed => String::new(),
        pb::Rule::Unspecified => format!("; it wins over {over}"),
    }
}

fn rank(rank: pb::ScopeRank) -> &'static str {
    match rank {
        pb::ScopeRank::Feed => "the feed",
        pb::ScopeRank::FeedGroup => "its feed group",
        pb::ScopeRank::AllFeeds | pb::ScopeRank::Unspecified => "all feeds",
    }
}

fn candidates(explanation: &pb::ExplainResponse) -> impl Iterator<Item = (&pb::Candidate, &pb::Grant)> {
    explanation.candidates.iter().filter_map(|c| Some((c, c.grant.as_ref()?)))
}
