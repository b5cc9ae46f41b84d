//! What files say of permissions and restrictions, entry by entry, before anybody asks what it means.

use super::{
    Source,
    json::{Entry, Text},
    shape::{ApiPermission, ExportedGrant, PrincipalType},
    tasks::Tasks,
};
use crate::problem::Problems;
use feedgate_model::{Effect, Name, edit::PrincipalRef};

/// One entry, of whichever file.
pub(super) struct Entered<'e> {
    pub(super) effect: Effect,
    pub(super) principal: (&'e str, Option<PrincipalType>),
    pub(super) task: Name,
    pub(super) feed: Option<&'e str>,
    pub(super) feed_group: Option<&'e str>,
}

/// Goes through the grants of the tasks export, and then through the API's permissions.
pub(super) fn each<'a>(
    tasks: &Tasks<'a>,
    permissions: Option<Source<'a>>,
    problems: &mut Problems,
    mut visit: impl FnMut(&mut Problems, (Text<'a>, Entry<'a>), Entered<'_>),
) {
    if let Some(text) = tasks.text {
        problems.turn_to(text.file);
        for grants in &tasks.grants {
            for entry in text.items(grants.entries, problems) {
                let Some(grant) = text.object::<ExportedGrant<'_>>(entry, problems) else { continue };
                let ExportedGrant { principal_name, principal_type, feed, feed_group } = &grant;
                let entered = Entered {
                    effect: grants.effect,
                    principal: (&**principal_name, *principal_type),
                    task: grants.task.clone(),
                    feed: feed.as_deref(),
                    feed_group: feed_group.as_deref(),
                };
                visit(problems, (text, entry), entered);
            }
        }
    }
    let Some(text) = permissions.and_then(|source| Text::of(source, problems)) else { return };
    for entry in text.items(text.whole(), problems) {
        let Some(permission) = text.object::<ApiPermission<'_>>(entry, problems) else { continue };
        let principal = match (&permission.user, &permission.group) {
            (Some(user), None) => (&**user, Some(PrincipalType::User)),
            (None, Some(group)) => (&**group, Some(PrincipalType::Group)),
            _ => {
                problems.at(text.place(entry.offset), "exactly one of `user` and `group` is needed");
                continue;
            }
        };
        let Some(task) = text.name(entry, &permission.task, problems) else { continue };
        let effect = if permission.deny { Effect::Restrict } else { Effect::Permit };
        let (feed, feed_group) = (permission.feed.as_deref(), permission.feed_group.as_deref());
        visit(problems, (text, entry), Entered { effect, principal, task, feed, feed_group });
    }
}

/// Everyone, Authenticated and Anonymous, wherever they stand.
pub(super) fn virtual_principal(name: &str) -> Option<PrincipalRef> {
    [
        ("Everyone", PrincipalRef::Everyone),
        ("Authenticated", PrincipalRef::Authenticated { directory: None }),
        ("Anonymous", PrincipalRef::Anonymous),
    ]
    .into_iter()
    .find_map(|(word, principal)| word.eq_ignore_ascii_case(name).then_some(principal))
}
