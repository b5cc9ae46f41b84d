//! `import`: the policy of another product, written as a policy file would be.

use std::path::Path;

use super::{apply, holders};
use crate::{
    cli::{
        args::{connect::Format, policy::Proget},
        client::Client,
        failure::{Exit, Failure},
        file,
    },
    interchange::{
        Note,
        proget::{self, Hybrid, Import, ImportOptions, Outsiders, Source, Sources},
    },
    model::Name,
};

pub(in crate::cli) async fn run(client: &mut Client, typed: Proget, format: Format) -> Result<Exit, Failure> {
    let Proget { tasks, users, groups, permissions, feeds, .. } = typed;
    let Proget { directory, hybrid, confirm_rebinding, dry_run, prune, .. } = typed;
    let directory = directory.map(|name| named("--directory", &name)).transpose()?;
    let hybrid = hybrid.map(|members| self::hybrid(&members)).transpose()?;
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
    let outsiders = match (directory, hybrid) {
        (_, Some(hybrid)) => {
            let holders = holders::ask(client, &hybrid, proget::to_look_up(&sources)).await?;
            Outsiders::Among(hybrid, holders)
        }
        (Some(directory), None) => Outsiders::In(directory),
        (None, None) => Outsiders::Nowhere,
    };
    let options = ImportOptions { outsiders, prune };
    apply::agree(client, dry_run, format, |existing| {
        let import = proget::import(&sources, existing, &options).map_err(apply::mistakes)?;
        let Import { edits, notes, rebindings, counts: _ } = import;
        let comes_alive = rebindings.iter().any(|rebinding| rebinding.comes_alive);
        let rebindings = rebindings.into_iter().map(|rebinding| rebinding.note);
        if comes_alive && !confirm_rebinding && !dry_run {
            return Err(Failure::Unconfirmed(rebindings.map(|Note(line)| line).collect()));
        }
        Ok((edits, rebindings.chain(notes).collect()))
    })
    .await
}

fn named(flag: &str, name: &str) -> Result<Name, Failure> {
    Name::new(name).map_err(|error| Failure::usage(format!("{flag}: {error}")))
}

fn hybrid(members: &[String]) -> Result<Hybrid, Failure> {
    let members = members.iter().map(|member| named("--hybrid", member)).collect::<Result<_, _>>()?;
    Hybrid::new(members).map_err(|error| Failure::usage(format!("--hybrid: {error}")))
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
