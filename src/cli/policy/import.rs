//! `import`: the policy of another product, written as a policy file would be.

use std::path::Path;

use super::apply;
use crate::{
    cli::{
        args::{connect::Format, policy::Proget},
        client::Client,
        failure::{Exit, Failure},
        file,
    },
    interchange::proget::{self, Import, ImportOptions, Source, Sources},
    model::Name,
};

pub(in crate::cli) async fn run(client: &mut Client, typed: Proget, format: Format) -> Result<Exit, Failure> {
    let Proget { tasks, users, groups, permissions, feeds, directory, dry_run, prune } = typed;
    let directory = directory
        .map(|name| Name::new(&name).map_err(|error| Failure::usage(format!("--directory: {error}"))))
        .transpose()?;
    let options = ImportOptions { directory, prune };
    let (tasks, users, groups) =
        (Given::read(tasks.as_deref())?, Given::read(users.as_deref())?, Given::read(groups.as_deref())?);
    let (permissions, feeds) = (Given::read(permissions.as_deref())?, Given::read(feeds.as_deref())?);
    let sources = Sources {
        tasks: Given::source(tasks.as_ref()),
        users: Given::source(users.as_ref()),
        groups: Given::source(groups.as_ref()),
        permissions: Given::source(permissions.as_ref()),
        feeds: Given::source(feeds.as_ref()),
    };
    apply::agree(client, dry_run, format, |existing| {
        let Import { edits, notes, counts: _ } =
            proget::import(&sources, existing, &options).map_err(apply::mistakes)?;
        Ok((edits, notes))
    })
    .await
}

/// A file that was given.
struct Given {
    name: String,
    bytes: Vec<u8>,
}

impl Given {
    fn read(file: Option<&Path>) -> Result<Option<Self>, Failure> {
        file.map(|file| Ok(Self { name: file::called(file), bytes: file::read(file)? })).transpose()
    }

    fn source(given: Option<&Self>) -> Option<Source<'_>> {
        given.map(|Self { name, bytes }| Source { file: name, bytes })
    }
}
