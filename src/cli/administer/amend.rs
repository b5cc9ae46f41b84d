//! Changes to a list that depend on what the list is: read, worked out, and written if the object is still like
//! that, so that nobody else's change is lost.

use std::{collections::HashSet, fmt::Display, hash::Hash};

use anyhow::{Context as _, anyhow};

use super::{fetch, send};
use crate::{
    cli::{
        args::administer::wish::{Amendment, Difference},
        client::Client,
        failure::Failure,
    },
    grpc::{
        convert::{self, Mask},
        pb::{self, object::Kind},
    },
    model::edit::{AttributesRef, ConnectorSpec, Edit, FeedSpec, ObjectRef, Spec, Step, TaskSpec},
};

/// How often an object is read anew because somebody else changed it meanwhile.
const ATTEMPTS: usize = 3;

pub(super) async fn write(
    client: &mut Client,
    amendment: &Amendment,
    dry_run: bool,
) -> Result<pb::WriteResponse, Failure> {
    let mut attempt = 1;
    loop {
        let step = step(client, amendment).await?;
        match send(client, [step], dry_run).await {
            Err(Failure::Call(error))
                if attempt < ATTEMPTS && error.reason().as_deref() == Some("REVISION_MISMATCH") =>
            {
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// The update of the object as it is now.
pub(super) async fn step(client: &mut Client, amendment: &Amendment) -> Result<Step, Failure> {
    let present = fetch::object(client, object(amendment)).await?;
    let expected_revision = revision(&present);
    let present = convert::spec(present, &Mask::ALL)
        .context("the server's answer is an object that this client doesn't understand")?;
    Ok(Step { edit: edit(amendment, present)?, expected_revision })
}

fn object(amendment: &Amendment) -> ObjectRef {
    match amendment {
        Amendment::Task(task, _) => ObjectRef::Task(task.name.clone()),
        Amendment::Feed(feed, _) => ObjectRef::Feed(feed.name.clone()),
        Amendment::Connector(connector, _) => ObjectRef::Connector(connector.name.clone()),
    }
}

/// The revision that last changed an object of the kinds that can be amended.
fn revision(object: &pb::Object) -> Option<u64> {
    match &object.kind {
        Some(Kind::Task(task)) => Some(task.revision),
        Some(Kind::Feed(feed)) => Some(feed.revision),
        Some(Kind::Connector(connector)) => Some(connector.revision),
        _ => None,
    }
}

/// The update, given what the object is like.
fn edit(amendment: &Amendment, present: Spec) -> Result<Edit, Failure> {
    let spec = match (amendment, present) {
        (Amendment::Task(task, difference), Spec::Task(present)) => {
            let Some(AttributesRef::These(attributes)) = present.attributes else {
                return Err(Failure::usage(format!(
                    "the task `{}` has all attributes: say with --attribute which it is to have",
                    task.name
                )));
            };
            let attributes = Some(AttributesRef::These(amended("attribute", attributes, difference)?));
            Spec::Task(TaskSpec { attributes, ..task.clone() })
        }
        (Amendment::Feed(feed, difference), Spec::Feed(present)) => {
            let names = present.alternate_names.unwrap_or_default();
            let alternate_names = Some(amended("alternate name", names, difference)?);
            Spec::Feed(FeedSpec { alternate_names, ..feed.clone() })
        }
        (Amendment::Connector(connector, difference), Spec::Connector(present)) => {
            let feeds = Some(amended("feed", present.feeds.unwrap_or_default(), difference)?);
            Spec::Connector(ConnectorSpec { feeds, ..connector.clone() })
        }
        _ => return Err(anyhow!("the server answered with an object of another kind").into()),
    };
    Ok(Edit::Update(spec))
}

/// The list with what comes, without what goes. What comes may be there already; what goes and isn't there is
/// misspelt, most likely.
fn amended<T: Clone + Eq + Hash + Display>(
    what: &str,
    mut list: Vec<T>,
    Difference { add, remove }: &Difference<T>,
) -> Result<Vec<T>, Failure> {
    let mut present: HashSet<T> = list.iter().cloned().collect();
    for gone in remove {
        if !present.remove(gone) {
            return Err(anyhow!("there is no {what} `{gone}` to remove").into());
        }
    }
    list.retain(|item| present.contains(item));
    list.extend(add.iter().filter(|new| present.insert((*new).clone())).cloned());
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttributeName, Name};

    fn attributes(names: &[&str]) -> Vec<AttributeName> {
        names.iter().map(|name| AttributeName::new(name).unwrap()).collect()
    }

    fn task(attributes: Option<AttributesRef>) -> TaskSpec {
        TaskSpec { name: Name::new("T").unwrap(), description: None, attributes }
    }

    fn amend(present: AttributesRef, add: &[&str], remove: &[&str]) -> Result<Edit, String> {
        let difference = Difference { add: attributes(add), remove: attributes(remove) };
        edit(&Amendment::Task(task(None), difference), Spec::Task(task(Some(present))))
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn long_lists_are_amended_in_linear_time() {
        let names = |range: std::ops::Range<u32>| {
            range.map(|number| Name::new(&format!("n{number}")).unwrap()).collect::<Vec<_>>()
        };
        let difference = Difference { add: names(200_000..300_000), remove: names(0..100_000) };
        let list = amended("name", names(0..200_000), &difference).unwrap();
        assert_eq!(list, names(100_000..300_000));
    }

    #[test]
    fn lists_are_amended() {
        let these = |names| AttributesRef::These(attributes(names));
        for (add, remove, expected) in [
            (&["C"][..], &[][..], &["A", "B", "C"][..]),
            (&["B"], &[], &["A", "B"]),
            (&[], &["A"], &["B"]),
            (&["C", "D"], &["A", "B"], &["C", "D"]),
            (&["a"], &[], &["A", "B", "a"]),
        ] {
            let expected = Edit::Update(Spec::Task(task(Some(these(expected)))));
            assert_eq!(amend(these(&["A", "B"]), add, remove), Ok(expected), "{add:?} {remove:?}");
        }
        assert_eq!(
            amend(these(&["A"]), &["C"], &["B"]),
            Err("error: there is no attribute `B` to remove".into())
        );
        for (add, remove) in [(&["A"][..], &[][..]), (&[], &["A"])] {
            let error = amend(AttributesRef::All, add, remove).unwrap_err();
            assert!(error.starts_with("error: the task `T` has all attributes"), "{error}");
        }
    }
}
