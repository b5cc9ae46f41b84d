//! What people may on the system as a whole.

use super::{
    super::{
        survey::Survey,
        well_known::{CONFIGURE, MANAGE_CREDENTIALS, MANAGE_SCHEDULED, VIEW_PASSWORDS, VIEW_SCHEDULED},
    },
    allowed::{Allowed, by_people},
    code::Code,
    collect::{About, Collector},
};
use feedgate_model::AttributeId;

/// Finds what is odd, and gives who may what.
pub(super) fn find(survey: &Survey<'_>, attributes: &[AttributeId], to: &mut Collector<'_>) -> Allowed {
    let mut allowed = Allowed::new(attributes, survey.nobody());
    survey.on_system(&mut allowed.sets);
    let configuring = allowed.of(CONFIGURE).clone();

    let lacking = allowed.iter().map(|(attribute, may)| (attribute, configuring.without(may)));
    for (attributes, people) in by_people(lacking) {
        to.add(&About { code: Code::ProxyConfigureSystem, attributes, objects: Vec::new() }, &people, None);
    }
    let credentials = allowed.of(MANAGE_CREDENTIALS).without(allowed.of(VIEW_PASSWORDS));
    let about = |code, attribute| About { code, attributes: vec![attribute], objects: Vec::new() };
    to.add(&about(Code::ProxyManageCredentials, VIEW_PASSWORDS), &credentials.without(&configuring), None);
    let scheduled = allowed.of(MANAGE_SCHEDULED).without(allowed.of(VIEW_SCHEDULED));
    to.add(&about(Code::ScheduledTasksWithoutView, MANAGE_SCHEDULED), &scheduled, None);
    allowed
}
