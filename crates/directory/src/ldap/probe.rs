//! The test of a directory, for an administrator to read: what was asked, and what came back.

use std::time::Instant;

use super::{
    connection::Connection,
    dialect::Dialect,
    directory::Directory,
    session::Session,
    settings::{Encryption, Host, Server},
};
use crate::{
    ExternalGroup, Found, Key, Person, Probe, Qualified,
    trace::{Told, Trace},
};

/// How much of a list is shown.
const SHOWN: usize = 50;

/// How many are searched for.
const SEARCHED: usize = 20;

impl<D: Dialect> Directory<D> {
    pub(super) async fn trace(&self, probe: &Probe<'_>, trace: &mut Trace) {
        if !self.reached(trace).await {
            return;
        }
        if let Some(user) = probe.user {
            self.trace_user(user, trace).await;
        }
        if let Some(group) = probe.group {
            self.trace_group(group, trace).await;
        }
        if let Some(prefix) = probe.search {
            let began = Instant::now();
            let mut session = self.client.session();
            let told = match self.list(&mut session, prefix, SEARCHED).await {
                Ok(found) if found.is_empty() => Told::not_found("no name begins so"),
                Ok(found) => Told::ok(found.iter().map(of_found).collect()),
                Err(error) => Told::failed(error),
            };
            trace.add("search", asked(&session, prefix), began, told);
        }
    }

    /// Connects to one host after the other until one answers, and signs in there, whatever was learnt of them before.
    async fn reached(&self, trace: &mut Trace) -> bool {
        let server = &self.client.hosts.server;
        for host in &server.hosts {
            let began = Instant::now();
            match Connection::open(server, host).await {
                Err(error) => trace.add("connect", how(server, host), began, Told::failed(error)),
                Ok(mut connection) => {
                    trace.add("connect", how(server, host), began, Told::ok(vec!["connected".into()]));
                    let began = Instant::now();
                    let bound = self.client.hosts.bind(&mut connection).await;
                    let is_bound = bound.is_ok();
                    let who =
                        server.account.as_ref().map_or("nobody in particular", |account| &*account.name);
                    let told = match bound {
                        Ok(()) => Told::ok(vec!["accepted".into()]),
                        Err(error) => Told::failed(error),
                    };
                    trace.add("bind", format!("`{who}` at {host}"), began, told);
                    return is_bound;
                }
            }
        }
        false
    }

    async fn trace_user(&self, name: &str, trace: &mut Trace) {
        let began = Instant::now();
        let mut session = self.client.session();
        let found = self.user_entry(&mut session, key(name)).await;
        let read =
            found.and_then(|entry| entry.map(|entry| Ok((self.dialect.user(&entry)?, entry))).transpose());
        let (told, entry) = match read {
            Ok(Some((user, entry))) => {
                let told = vec![
                    format!("dn `{}`", user.dn),
                    format!("id `{}`, name `{}`", user.id, user.name),
                    format!("display name `{}`, email `{}`", user.display_name, user.email),
                ];
                (Told::ok(told), Some(entry))
            }
            Ok(None) => (Told::not_found("no such user"), None),
            Err(error) => (Told::failed(error), None),
        };
        trace.add("user", asked(&session, name), began, told);
        let Some(entry) = entry else { return };

        let began = Instant::now();
        session.asked.clear();
        let told = match self.person(&mut session, &entry).await {
            Ok(Person { account, groups, .. }) => {
                let lines = groups.iter().map(of_group);
                let first = format!("account {account:?}; in {} groups", groups.len());
                Told::ok(std::iter::once(first).chain(shown(lines, groups.len())).collect())
            }
            Err(error) => Told::failed(error),
        };
        trace.add("membership", asked(&session, name), began, told);
    }

    async fn trace_group(&self, name: &str, trace: &mut Trace) {
        let began = Instant::now();
        let mut session = self.client.session();
        let found = self.group_entry(&mut session, key(name)).await;
        let read =
            found.and_then(|entry| entry.map(|entry| Ok((self.dialect.group(&entry)?, entry))).transpose());
        let (told, entry) = match read {
            Ok(Some((group, entry))) => {
                (Told::ok(vec![format!("dn `{}`", entry.dn), of_group(&group)]), Some(entry))
            }
            Ok(None) => (Told::not_found("no such group"), None),
            Err(error) => (Told::failed(error), None),
        };
        trace.add("group", asked(&session, name), began, told);
        let Some(query) = entry.and_then(|entry| self.dialect.members_query(&entry, SHOWN)) else { return };

        let began = Instant::now();
        session.asked.clear();
        let told = match session.search(&query).await {
            Ok(entries) if entries.is_empty() => Told::not_found("no members"),
            Ok(entries) => {
                Told::ok(shown(entries.iter().map(|entry| format!("`{}`", entry.dn)), entries.len()))
            }
            Err(error) => Told::failed(error),
        };
        trace.add("members", asked(&session, name), began, told);
    }
}

fn key(name: &str) -> Key<'_> {
    Qualified::parse(name).map_or(Key::Name(name), Key::Qualified)
}

fn how(server: &Server, host: &Host) -> String {
    let encryption = match (server.encryption, server.verify_certificates) {
        (Encryption::None, _) => "in clear text",
        (Encryption::Ldaps, true) => "with TLS",
        (Encryption::StartTls, true) => "with StartTLS",
        (_, false) => "with TLS, WITHOUT verifying its certificate",
    };
    format!("{host} {encryption}")
}

/// What a session has asked so far.
fn asked(session: &Session<'_>, what: &str) -> String {
    if session.asked.is_empty() { format!("`{what}`") } else { session.asked.join("\n") }
}

fn of_group(group: &ExternalGroup) -> String {
    match &group.name {
        Some(name) => format!("group `{name}`, id `{}`", group.id),
        None => format!("a group of another domain, id `{}`", group.id),
    }
}

fn of_found(found: &Found) -> String {
    format!("{} `{}`, id `{}`", found.kind, found.name, found.id)
}

/// The beginning of a list, and how much more there is.
fn shown(lines: impl Iterator<Item = String>, count: usize) -> Vec<String> {
    let mut shown: Vec<_> = lines.take(SHOWN).collect();
    if count > SHOWN {
        shown.push(format!("… and {} more", count - SHOWN));
    }
    shown
}
