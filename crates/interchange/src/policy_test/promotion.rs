//! Promotions that a case expects to be allowed or denied.

use std::collections::HashMap;

use super::Promotion;
use crate::{
    problem::{Place, Problems},
    yaml::{fields::Fields, node::Node},
};
use feedgate_model::Name;

/// The keys that a case has for promotions, and what they expect.
pub(super) const KEYS: [(&str, bool); 2] = [("may_promote", true), ("may_not_promote", false)];

/// The promotions of a case, and whether a list of them was malformed.
pub(super) fn promotions(fields: &mut Fields<'_>) -> (Vec<Promotion>, bool) {
    let (mut promotions, mut malformed) = (Vec::new(), false);
    for (key, allowed) in KEYS {
        if !fields.has(key) {
            continue;
        }
        match fields.list(key, |node, problems| {
            let promotion = promotion(node, allowed, problems);
            malformed |= promotion.is_none();
            promotion
        }) {
            Some(found) => promotions.extend(found),
            None => malformed = true,
        }
    }
    repetitions(&promotions, fields.problems);
    (promotions, malformed)
}

fn promotion(node: Node, allowed: bool, problems: &mut Problems) -> Option<Promotion> {
    let place = node.place;
    let mut fields = Fields::of(node, "a promotion", &["from", "to"], problems)?;
    let (source, target) = (fields.name("from"), fields.name("to"));
    Some(Promotion { source: source?, target: target?, allowed, place })
}

fn repetitions(promotions: &[Promotion], problems: &mut Problems) {
    let mut seen: HashMap<(&Name, &Name), Place> = HashMap::new();
    for Promotion { source, target, place, .. } in promotions {
        if let Some(first) = seen.insert((&source.value, &target.value), *place) {
            let message = format!(
                "the promotion from `{}` to `{}` stands twice in this case, first in line {}",
                source.value, target.value, first.line
            );
            problems.at(*place, message);
        }
    }
}
