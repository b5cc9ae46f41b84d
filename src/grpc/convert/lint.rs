//! What is looked for in a policy, and what was found.

use super::{
    invalid::{Invalid, each, each_message},
    lookup,
    names::Names,
    object, question, text,
};
use crate::{
    analysis::lint::{Code, Finding, Severity, Suppressed},
    grpc::pb,
    model::{Kind, ObjectKey},
    service::{
        cursor::{Cursor, Fingerprint},
        lint::{Accepted, LintAnswer, LintQuestion},
        query::Freshness,
    },
};

const DEFAULT_FINDINGS: usize = 1000;
const MAX_FINDINGS: usize = 10_000;
const MAX_SUPPRESSIONS: usize = 10_000;
/// How many objects of a kind a finding shows.
const OBJECTS: usize = 20;
/// How many findings a message has.
const AT_ONCE: usize = 500;

/// Codes of the model and of the wire, which are one to one.
const CODES: [(Code, pb::FindingCode); 22] = [
    (Code::ProxyConfigureSystem, pb::FindingCode::ProxyConfigureSystem),
    (Code::ProxyManageFeed, pb::FindingCode::ProxyManageFeed),
    (Code::ProxyDeleteAndAdd, pb::FindingCode::ProxyDeleteAndAdd),
    (Code::ProxyOverwrite, pb::FindingCode::ProxyOverwrite),
    (Code::ProxyManageCredentials, pb::FindingCode::ProxyManageCredentials),
    (Code::ProxySharedConnector, pb::FindingCode::ProxySharedConnector),
    (Code::WithoutView, pb::FindingCode::WithoutView),
    (Code::ScheduledTasksWithoutView, pb::FindingCode::ScheduledTasksWithoutView),
    (Code::PromotionWithoutSource, pb::FindingCode::PromotionWithoutSource),
    (Code::PushWithoutPull, pb::FindingCode::PushWithoutPull),
    (Code::TransitiveRead, pb::FindingCode::TransitiveRead),
    (Code::SystemAttributeOnFeed, pb::FindingCode::SystemAttributeOnFeed),
    (Code::NeverDecides, pb::FindingCode::NeverDecides),
    (Code::Contradiction, pb::FindingCode::Contradiction),
    (Code::EmptyGroup, pb::FindingCode::EmptyGroup),
    (Code::RestrictionDefeatedByUser, pb::FindingCode::RestrictionDefeatedByUser),
    (Code::PublicBeyondReading, pb::FindingCode::PublicBeyondReading),
    (Code::RestrictionDefeatedByScope, pb::FindingCode::RestrictionDefeatedByScope),
    (Code::AdministratorCannotSignIn, pb::FindingCode::AdministratorCannotSignIn),
    (Code::KnownPassword, pb::FindingCode::KnownPassword),
    (Code::UnboundRestriction, pb::FindingCode::UnboundRestriction),
    (Code::UnboundPermission, pb::FindingCode::UnboundPermission),
];

fn code(number: i32) -> Result<Code, Invalid> {
    let known = CODES.iter().find(|(_, wire)| *wire as i32 == number);
    match known {
        Some((code, _)) => Ok(*code),
        None if number == 0 => Err(Invalid::missing("code")),
        None => Err(Invalid::unknown_enum("code", number)),
    }
}

fn wire_code(code: Code) -> pb::FindingCode {
    CODES.iter().find(|(own, _)| *own == code).map_or(pb::FindingCode::Unspecified, |(_, wire)| *wire)
}

const fn wire_severity(severity: Severity) -> pb::Severity {
    match severity {
        Severity::Info => pb::Severity::Info,
        Severity::Warning => pb::Severity::Warning,
        Severity::Danger => pb::Severity::Danger,
    }
}

fn severity(number: i32) -> Result<Severity, Invalid> {
    match pb::Severity::try_from(number) {
        Ok(pb::Severity::Unspecified | pb::Severity::Info) => Ok(Severity::Info),
        Ok(pb::Severity::Warning) => Ok(Severity::Warning),
        Ok(pb::Severity::Danger) => Ok(Severity::Danger),
        Err(_) => Err(Invalid::unknown_enum("min_severity", number)),
    }
}

/// A request without what may differ when it is asked again.
pub fn fingerprint(request: &pb::LintRequest, key: &[u8; 32]) -> Fingerprint {
    let same = pb::LintRequest { limit: 0, cursor: String::new(), consistency: None, ..request.clone() };
    lookup::fingerprint("Lint", &same, key)
}

/// What is looked for.
pub fn question(
    request: &pb::LintRequest,
    fingerprint: Fingerprint,
) -> Result<(LintQuestion<'_>, Freshness), Invalid> {
    let pb::LintRequest { consistency, codes, min_severity, suppressions, limit, cursor } = request;
    let freshness = question::freshness(consistency.as_ref())?;
    if suppressions.len() > MAX_SUPPRESSIONS {
        let fault = super::Fault::TooMany { limit: MAX_SUPPRESSIONS, found: suppressions.len() };
        return Err(Invalid { field: "suppressions".into(), fault });
    }
    let limit = match usize::try_from(*limit) {
        Ok(0) => DEFAULT_FINDINGS,
        Ok(limit) if limit <= MAX_FINDINGS => limit,
        _ => return Err(Invalid::value("limit", format!("{limit} is more than {MAX_FINDINGS}"))),
    };
    let codes = each("codes", codes, |number| code(*number).map_err(|invalid| invalid.fault))?;
    let accepted = each_message("suppressions", suppressions, accepted)?;
    let min_severity = severity(*min_severity)?;
    let question = LintQuestion { codes, min_severity, accepted, limit, cursor, request: fingerprint };
    Ok((question, freshness))
}

fn accepted(suppression: &pb::Suppression) -> Result<Accepted, Invalid> {
    let pb::Suppression { code, object, reason } = suppression;
    let (code, object) = (self::code(*code)?, object::object_ref(object.clone())?);
    let reason = text::text("reason", reason.clone())?;
    if reason.trim().is_empty() {
        return Err(Invalid::missing("reason"));
    }
    Ok(Accepted { code, object, reason })
}

/// What was found, one message after the other; the summary comes last.
pub fn messages(answer: &LintAnswer) -> impl Iterator<Item = pb::LintResponse> + Send + '_ {
    use pb::lint_response::Part;
    let LintAnswer { index, findings, counts, next, unused, incomplete } = answer;
    let names = Names::of(index);
    let shown = findings.chunks(AT_ONCE).map(move |some| {
        let findings = some.iter().map(|it| finding(it, &names)).collect();
        Part::Findings(pb::Findings { findings })
    });
    let count = |(code, findings, suppressed): &(Code, u64, u64)| pb::FindingCount {
        code: wire_code(*code).into(),
        severity: wire_severity(code.severity()).into(),
        findings: *findings,
        suppressed: *suppressed,
    };
    let summary = pb::LintSummary {
        revision: Some(index.revision().into()),
        counts: counts.iter().map(count).collect(),
        next_cursor: next.map(Cursor::text).unwrap_or_default(),
        unused_suppressions: unused.iter().filter_map(|number| u32::try_from(*number).ok()).collect(),
        incomplete_directories: incomplete.iter().map(|name| name.as_str().into()).collect(),
    };
    shown.chain([Part::Summary(summary)]).map(|part| pb::LintResponse { part: Some(part) })
}

fn finding(finding: &Finding, names: &Names<'_>) -> pb::Finding {
    let Finding { code, message, objects, attributes, people, feeds, suppressed } = finding;
    pb::Finding {
        code: wire_code(*code).into(),
        severity: wire_severity(code.severity()).into(),
        message: message.clone(),
        advice: code.advice().into(),
        objects: few_of_each(objects).filter_map(|key| names.object(key)).collect(),
        attributes: attributes.iter().map(|id| names.attribute(*id)).collect(),
        people: *people,
        feeds: *feeds,
        suppressed: suppressed
            .as_ref()
            .map(|Suppressed { by: _, reason }| reason.to_string())
            .unwrap_or_default(),
    }
}

/// The first objects of each kind, in their order.
fn few_of_each(objects: &[ObjectKey]) -> impl Iterator<Item = ObjectKey> + '_ {
    let mut shown = [0; Kind::ALL.len()];
    objects.iter().copied().filter(move |key| {
        let Some(count) = shown.get_mut(key.kind as usize) else { return false };
        *count += 1;
        *count <= OBJECTS
    })
}
