//! A test of a provider, for an administrator to read.

use std::time::Instant;

use super::{Provider, answer};
use crate::{
    directory::{
        DirectoryError, ExternalGroup, Found, Key, Person, Probe, UserDirectory as _,
        trace::{Told, Trace},
    },
    grpc::pb,
};

/// How much of a search is shown.
const SHOWN: usize = 10;

impl Provider {
    pub(super) async fn go_through(&self, probe: &Probe<'_>, trace: &mut Trace) {
        let began = Instant::now();
        let described =
            self.call(pb::DescribeRequest {}, async |mut client, request| client.describe(request).await);
        let described = described.await;
        let reached = described.is_ok();
        trace.add(
            "connect",
            format!("Describe at {}", self.settings.address),
            began,
            described_as(described),
        );
        if !reached {
            return;
        }
        if let Some(user) = probe.user {
            let began = Instant::now();
            let found = self.find_user(Key::Name(user)).await;
            trace.add("user", format!("FindUser name `{user}`"), began, found_user(found));
        }
        if let Some(group) = probe.group {
            let began = Instant::now();
            let found = self.find_group(Key::Name(group)).await;
            trace.add("group", format!("FindGroup name `{group}`"), began, found_group(found));
        }
        if let Some(prefix) = probe.search {
            let began = Instant::now();
            let found = self.search(prefix, SHOWN).await;
            trace.add(
                "search",
                format!("Search prefix `{prefix}`, {SHOWN} at most"),
                began,
                found_any(found),
            );
        }
    }
}

fn described_as(described: Result<pb::DescribeResponse, DirectoryError>) -> Told {
    let claimed = described.and_then(|described| {
        let description = described.description.clone();
        Ok((description, answer::claims(described)?))
    });
    match claimed {
        Err(error) => Told::failed(error),
        Ok((description, claims)) => Told::ok(vec![
            format!("it is {description}"),
            format!("domains {:?}, NETBIOS names {:?}", claims.domains, claims.netbios),
        ]),
    }
}

fn found_user(found: Result<Option<Person>, DirectoryError>) -> Told {
    match found {
        Err(error) => Told::failed(error),
        Ok(None) => Told::not_found("nobody is called so"),
        Ok(Some(Person { id, name, display_name, email, account, groups })) => {
            let mut lines = vec![format!("`{name}`, id {id}, {account:?}, `{display_name}`, `{email}`")];
            lines.extend(groups.iter().map(|group| format!("in {}", shown(group))));
            Told::ok(lines)
        }
    }
}

fn found_group(found: Result<Option<ExternalGroup>, DirectoryError>) -> Told {
    match found {
        Err(error) => Told::failed(error),
        Ok(None) => Told::not_found("no group is called so"),
        Ok(Some(group)) => Told::ok(vec![shown(&group)]),
    }
}

fn found_any(found: Result<Vec<Found>, DirectoryError>) -> Told {
    match found {
        Err(error) => Told::failed(error),
        Ok(found) if found.is_empty() => Told::not_found("nothing begins so"),
        Ok(found) => {
            Told::ok(found.iter().map(|it| format!("{} `{}`, id {}", it.kind, it.name, it.id)).collect())
        }
    }
}

fn shown(group: &ExternalGroup) -> String {
    let ExternalGroup { id, name } = group;
    format!("group `{}`, id {id}", name.as_deref().unwrap_or("(no name)"))
}
