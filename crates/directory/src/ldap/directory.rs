//! What both kinds of directories do alike.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    dialect::{Beginning, Dialect, User},
    entry::Entry,
    result,
    session::{Client, Session},
    settings::{InvalidSettings, Server},
};
use crate::{
    Claims, DirectoryError, ExternalGroup, Found, FoundKind, Key, Person, Probe, Refusal, SignIn,
    UserDirectory, trace::Trace,
};

/// How many of each kind are looked at for a list, before it is put in order.
pub(super) const ENOUGH: usize = 1_000;

/// A directory behind LDAP.
#[derive(Debug)]
pub struct Directory<D> {
    pub(super) client: Client,
    pub(super) dialect: D,
}

impl<D: Dialect> Directory<D> {
    pub(super) fn made_of(server: Server, dialect: D) -> Result<Self, InvalidSettings> {
        Ok(Self { client: Client::new(server)?, dialect })
    }

    /// The entry of a user.
    pub(super) async fn user_entry(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Entry>, DirectoryError> {
        match self.dialect.user_query(session, key).await? {
            Some(query) => one(key, session.search(&query).await?),
            None => Ok(None),
        }
    }

    /// The entry of a group.
    pub(super) async fn group_entry(
        &self,
        session: &mut Session<'_>,
        key: Key<'_>,
    ) -> Result<Option<Entry>, DirectoryError> {
        match self.dialect.group_query(session, key).await? {
            Some(query) => one(key, session.search(&query).await?),
            None => Ok(None),
        }
    }

    /// Everything about a user.
    pub(super) async fn person(
        &self,
        session: &mut Session<'_>,
        entry: &Entry,
    ) -> Result<Person, DirectoryError> {
        let user = self.dialect.user(entry)?;
        let account = self.dialect.account(session, &user).await?;
        let mut groups = self.dialect.groups_of(session, entry).await?;
        groups.sort();
        let User { dn: _, id, name, display_name, email, account: _ } = user;
        Ok(Person { id, name, display_name, email, account, groups })
    }

    /// Has a user's password verified, over a connection that is for nothing else.
    async fn verify(
        &self,
        session: &Session<'_>,
        user: &User,
        password: &SecretString,
    ) -> Result<Option<Refusal>, DirectoryError> {
        if user.dn.is_empty() {
            // A server takes that for nobody in particular, too.
            return Err(DirectoryError::Malformed("a user without a DN".into()));
        }
        let (_turn, mut connection) = session
            .in_time(async {
                let turn = self.client.verifying.acquire().await;
                let turn = turn.map_err(|error| DirectoryError::Unreachable(error.to_string().into()))?;
                Ok((turn, self.client.hosts.open().await?))
            })
            .await?;
        let limit = self.client.hosts.server.request_timeout.min(session.left()?);
        match connection.bind(&user.dn, password, limit).await {
            Ok(answer) => result::signed_in(&connection.url, &answer),
            Err(trouble) => Err(trouble.at(&connection.url)),
        }
    }

    pub(super) async fn list(
        &self,
        session: &mut Session<'_>,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<Found>, DirectoryError> {
        let Some(Beginning { users, groups }) = self.dialect.beginning(prefix, limit.max(ENOUGH)) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in session.search(&users).await? {
            let User { id, name, display_name, .. } = self.dialect.user(&entry)?;
            found.push(Found { kind: FoundKind::User, id, name, display_name });
        }
        for entry in session.search(&groups).await? {
            let ExternalGroup { id, name } = self.dialect.group(&entry)?;
            if let Some(name) = name {
                found.push(Found { kind: FoundKind::Group, id, name, display_name: Box::default() });
            }
        }
        found.sort_by(|a, b| (&a.name, a.kind, &a.id).cmp(&(&b.name, b.kind, &b.id)));
        found.truncate(limit);
        Ok(found)
    }
}

/// The only entry. Two are nobody: which of them is meant is not for us to guess.
fn one(key: Key<'_>, mut entries: Vec<Entry>) -> Result<Option<Entry>, DirectoryError> {
    let entry = entries.pop();
    if entries.is_empty() { Ok(entry) } else { Err(DirectoryError::NotUnique(spelled(key).into())) }
}

pub(super) fn spelled<'a>(key: Key<'a>) -> &'a str {
    match key {
        Key::Name(name) => name,
        Key::Qualified(qualified) => qualified.whole,
        Key::Id(id) => id,
    }
}

#[async_trait]
impl<D: Dialect> UserDirectory for Directory<D> {
    async fn claims(&self) -> Result<Claims, DirectoryError> {
        self.dialect.claims(&mut self.client.session()).await
    }

    async fn find_user(&self, key: Key<'_>) -> Result<Option<Person>, DirectoryError> {
        let mut session = self.client.session();
        match self.user_entry(&mut session, key).await? {
            Some(entry) => self.person(&mut session, &entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn find_group(&self, key: Key<'_>) -> Result<Option<ExternalGroup>, DirectoryError> {
        let entry = self.group_entry(&mut self.client.session(), key).await?;
        entry.map(|entry| self.dialect.group(&entry)).transpose()
    }

    async fn search(&self, prefix: &str, limit: usize) -> Result<Vec<Found>, DirectoryError> {
        self.list(&mut self.client.session(), prefix, limit).await
    }

    async fn sign_in(&self, key: Key<'_>, password: &SecretString) -> Result<SignIn, DirectoryError> {
        // A server takes a bind without a password for one as nobody, and answers success (RFC 4513, section 5.1.2).
        if password.expose_secret().is_empty() {
            return Ok(SignIn::Refused(Refusal::EmptyPassword));
        }
        let mut session = self.client.session();
        let Some(entry) = self.user_entry(&mut session, key).await? else {
            return Ok(SignIn::Refused(Refusal::UnknownUser));
        };
        let user = self.dialect.user(&entry)?;
        // The bind has a connection of its own, and takes its time: searches of others need not wait for it.
        session.let_go();
        if let Some(refusal) = self.verify(&session, &user, password).await? {
            return Ok(SignIn::Refused(refusal));
        }
        let person = self.person(&mut session, &entry).await?;
        Ok(match person.account {
            crate::Account::Enabled => SignIn::Accepted(person),
            crate::Account::Disabled => SignIn::Refused(Refusal::Disabled),
            crate::Account::Expired => SignIn::Refused(Refusal::AccountExpired),
        })
    }

    async fn test(&self, probe: &Probe<'_>, trace: &mut Trace) {
        self.trace(probe, trace).await;
    }
}
