//! Answers: decisions and what they were made from.

use prost::Message as _;

use super::{Invalid, grant, names::Names};
use crate::{
    analysis::{Outcome, Proxy, ProxyKind, Requirement},
    engine::{Candidate, Decision, Lack, NearMiss, PrincipalRank, Reason, Rule, ScopeRank},
    grpc::{error::Failure, pb},
    model::GrantId,
    service::query::{Answer, Basis, BatchAnswer, EffectiveAttributes, Explanation, Promotion, ResolvedUser},
};

impl From<Reason> for pb::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Permitted(_) => Self::Permitted,
            Reason::Restricted(_) => Self::Restricted,
            Reason::NotGranted => Self::NotGranted,
            Reason::FeedUnknown => Self::FeedUnknown,
            Reason::FeedGroupUnknown => Self::FeedGroupUnknown,
            Reason::SubjectDisabled => Self::SubjectDisabled,
        }
    }
}

impl From<ResolvedUser> for pb::ResolvedUser {
    fn from(user: ResolvedUser) -> Self {
        let ResolvedUser { directory, id, name } = user;
        Self { directory: directory.into(), id: id.into(), name: name.into() }
    }
}

impl From<Answer> for pb::CheckResponse {
    fn from(answer: Answer) -> Self {
        let Answer { decision, subject, basis, revision } = answer;
        let Decision { reason, subject_unknown, feed_unknown } = decision;
        Self {
            allowed: decision.allowed(),
            reason: pb::Reason::from(reason).into(),
            grant_id: grant_id(&decision),
            subject_unknown,
            feed_unknown,
            subject: subject.map(Into::into),
            revision: Some(revision.into()),
            knowledge: basis.map(knowledge),
        }
    }
}

/// How fresh what external directories said was.
pub fn knowledge(basis: Basis) -> pb::Knowledge {
    let Basis { as_of, usable_for } = basis;
    // A negative or endless one doesn't come out of a subtraction that stops at zero.
    pb::Knowledge { as_of: Some(as_of.into()), usable_for: usable_for.try_into().ok() }
}

fn grant_id(decision: &Decision) -> u64 {
    decision.grant().map_or(0, |id| id.0)
}

fn decision(decision: Decision, subject: Option<usize>) -> pb::Decision {
    let Decision { reason, subject_unknown, feed_unknown } = decision;
    pb::Decision {
        allowed: decision.allowed(),
        reason: pb::Reason::from(reason).into(),
        grant_id: grant_id(&decision),
        subject_unknown,
        feed_unknown,
        // At most one subject an item, so that the number always fits.
        subject_number: subject.and_then(|index| u32::try_from(index + 1).ok()).unwrap_or(0),
    }
}

/// The bytes of a batch's errors. Items for whose error there is no room get a short one.
const MAX_BATCH_ERRORS: usize = 1 << 20;

/// Lays the answers of a batch beside its items. Those that never became questions are in `invalid`, in their order and
/// with their numbers; all others were asked, in theirs.
pub fn batch(
    items: Vec<pb::BatchCheckItem>,
    invalid: Vec<(usize, Invalid)>,
    answer: BatchAnswer,
) -> pb::BatchCheckResponse {
    use pb::batch_check_result::Outcome;
    let BatchAnswer { results, subjects, basis, revision } = answer;
    let mut results = results.into_iter();
    let mut invalid = invalid.into_iter().peekable();
    let mut outcome = |number| {
        let failure = match invalid.next_if(|(faulty, _)| *faulty == number) {
            Some((_, fault)) => Failure::from(&fault),
            None => match results.next() {
                Some(Ok((decided, subject))) => return Outcome::Decision(decision(decided, subject)),
                Some(Err(error)) => Failure::from(&error),
                None => Failure::internal("a question of the batch was not answered"),
            },
        };
        Outcome::Error(failure.into_item())
    };
    let mut room = MAX_BATCH_ERRORS;
    let result = |(number, item): (usize, pb::BatchCheckItem)| {
        let mut outcome = outcome(number);
        // A decision is small, whatever the item says.
        if let Outcome::Error(error) = &outcome {
            match room.checked_sub(error.encoded_len()) {
                Some(left) => room = left,
                None => {
                    room = 0;
                    outcome = Outcome::Error(Failure::response_full().into_item());
                }
            }
        }
        pb::BatchCheckResult { outcome: Some(outcome), correlation_id: item.correlation_id }
    };
    pb::BatchCheckResponse {
        results: items.into_iter().enumerate().map(result).collect(),
        revision: Some(revision.into()),
        subjects: subjects.into_iter().map(Into::into).collect(),
        knowledge: basis.map(knowledge),
    }
}

impl From<Explanation> for pb::ExplainResponse {
    fn from(explanation: Explanation) -> Self {
        let Explanation { answer, candidates, rule, near_misses, proxies, scope_precedence, index } =
            explanation;
        let names = Names::of(&index);
        let answer: pb::CheckResponse = answer.into();
        let pb::CheckResponse {
            allowed,
            reason,
            grant_id,
            subject_unknown,
            feed_unknown,
            subject,
            revision,
            knowledge,
        } = answer;
        Self {
            allowed,
            reason,
            grant_id,
            subject_unknown,
            feed_unknown,
            subject,
            revision,
            candidates: candidates.iter().map(|found| candidate(found, &names)).collect(),
            scope_precedence: pb::ScopePrecedence::from(scope_precedence).into(),
            rule: self::rule(rule).into(),
            over_grant_id: over(rule).map_or(0, |id| id.0),
            proxies: proxies.iter().map(|found| proxy(found, &names)).collect(),
            near_misses: near_misses.iter().map(|found| near_miss(found, &names)).collect(),
            knowledge,
        }
    }
}

const fn rule(rule: Option<Rule>) -> pb::Rule {
    match rule {
        None => pb::Rule::Unspecified,
        Some(Rule::Unopposed) => pb::Rule::Unopposed,
        Some(Rule::Principal(_)) => pb::Rule::Principal,
        Some(Rule::Scope(_)) => pb::Rule::Scope,
        Some(Rule::Effect(_)) => pb::Rule::Effect,
    }
}

/// The grant over which the deciding one won.
const fn over(rule: Option<Rule>) -> Option<GrantId> {
    match rule {
        Some(Rule::Principal(id) | Rule::Scope(id) | Rule::Effect(id)) => Some(id),
        Some(Rule::Unopposed) | None => None,
    }
}

fn proxy(proxy: &Proxy, names: &Names<'_>) -> pb::Proxy {
    let Proxy { kind, attributes, at, connectors } = proxy;
    let kind = match kind {
        ProxyKind::ConfigureSystem => pb::ProxyKind::ConfigureSystem,
        ProxyKind::ManageFeed => pb::ProxyKind::ManageFeed,
        ProxyKind::DeleteAndAdd => pb::ProxyKind::DeleteAndAdd,
        ProxyKind::Overwrite => pb::ProxyKind::Overwrite,
        ProxyKind::ManageCredentials => pb::ProxyKind::ManageCredentials,
        ProxyKind::SharedConnector => pb::ProxyKind::SharedConnector,
        ProxyKind::ConnectedFeed => pb::ProxyKind::ConnectedFeed,
    };
    pb::Proxy {
        kind: kind.into(),
        attributes: attributes.iter().map(|id| names.attribute(*id)).collect(),
        target: names.target(*at),
        connectors: connectors.iter().map(|id| names.connector(*id)).collect(),
    }
}

fn near_miss(near_miss: &NearMiss, names: &Names<'_>) -> pb::NearMiss {
    let NearMiss { grant, lack } = near_miss;
    let lack = match lack {
        Lack::Principal => pb::Lack::Principal,
        Lack::Scope => pb::Lack::Scope,
        Lack::Attribute => pb::Lack::Attribute,
    };
    pb::NearMiss { grant: Some(grant::grant(grant, names)), lack: lack.into() }
}

impl From<Promotion> for pb::CheckPromotionResponse {
    fn from(promotion: Promotion) -> Self {
        let allowed = promotion.allowed();
        let Promotion { outcomes, subject_unknown, subject, basis, revision } = promotion;
        Self {
            allowed,
            requirements: outcomes.into_iter().map(requirement).collect(),
            subject_unknown,
            subject: subject.map(Into::into),
            revision: Some(revision.into()),
            knowledge: basis.map(knowledge),
        }
    }
}

fn requirement(outcome: Outcome) -> pb::PromotionRequirement {
    use pb::PromotionRequirementKind as Kind;
    let Outcome { requirement, met, decision, detail } = outcome;
    let kind = match requirement {
        Requirement::SourceRegistered => Kind::SourceRegistered,
        Requirement::TargetRegistered => Kind::TargetRegistered,
        Requirement::SameType => Kind::SameType,
        Requirement::PromoteTo => Kind::PromoteTo,
        Requirement::ViewSource => Kind::ViewSource,
        Requirement::DownloadSource => Kind::DownloadSource,
        Requirement::AcceptOnTarget => Kind::AcceptOnTarget,
    };
    let reason = decision.map_or(pb::Reason::Unspecified, |decision| decision.reason.into());
    let grant_id = decision.map_or(0, |decision| self::grant_id(&decision));
    pb::PromotionRequirement { kind: kind.into(), met, reason: reason.into(), grant_id, detail }
}

fn candidate(candidate: &Candidate, names: &Names<'_>) -> pb::Candidate {
    let Candidate { grant, principal_rank, scope_rank, path, counts, decides } = candidate;
    let principal_rank = match principal_rank {
        PrincipalRank::User => pb::PrincipalRank::User,
        PrincipalRank::Group => pb::PrincipalRank::Group,
    };
    let scope_rank = match scope_rank {
        ScopeRank::Feed => pb::ScopeRank::Feed,
        ScopeRank::FeedGroup => pb::ScopeRank::FeedGroup,
        ScopeRank::AllFeeds => pb::ScopeRank::AllFeeds,
    };
    pb::Candidate {
        grant: Some(grant::grant(grant, names)),
        principal_rank: principal_rank.into(),
        scope_rank: scope_rank.into(),
        path: path.iter().map(|id| names.group(*id)).collect(),
        counts: *counts,
        decides: *decides,
    }
}

impl From<EffectiveAttributes> for pb::ListEffectiveAttributesResponse {
    fn from(effective: EffectiveAttributes) -> Self {
        let EffectiveAttributes { attributes, subject_unknown, feed_unknown, subject, basis, revision } =
            effective;
        let attribute = |(attribute, decision): (Box<str>, Decision)| pb::EffectiveAttribute {
            attribute: attribute.into(),
            allowed: decision.allowed(),
            reason: pb::Reason::from(decision.reason).into(),
            grant_id: grant_id(&decision),
        };
        Self {
            attributes: attributes.into_iter().map(attribute).collect(),
            subject_unknown,
            feed_unknown,
            subject: subject.map(Into::into),
            revision: Some(revision.into()),
            knowledge: basis.map(knowledge),
        }
    }
}
