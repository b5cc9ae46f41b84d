//! A directory that says what a test wants it to say, and counts how often it is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use feedgate::{
    directory::{
        Account, Claims, DirectoryError, ExternalGroup, Found, FoundKind, Key, Person, Probe, Refusal,
        SignIn, UserDirectory, trace::Trace,
    },
    model::NameKey,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

#[derive(Debug)]
pub struct Scripted {
    script: Mutex<Script>,
    asked: AtomicUsize,
    /// Closed while answers are held back.
    gate: Semaphore,
}

#[derive(Debug, Default)]
struct Script {
    people: BTreeMap<String, Person>,
    passwords: BTreeMap<String, String>,
    refusals: BTreeMap<String, Refusal>,
    /// Whose passwords it was shown.
    shown: Vec<String>,
    failure: Option<DirectoryError>,
    claims: Claims,
    twice: BTreeSet<String>,
}

/// Somebody, in these groups; an id is `id of NAME` unless told otherwise.
pub fn person(name: &str, groups: &[&str]) -> Person {
    Person {
        id: format!("id of {name}").into(),
        name: name.into(),
        display_name: "".into(),
        email: "".into(),
        account: Account::Enabled,
        groups: groups.iter().map(|group| self::group(group)).collect(),
    }
}

pub fn group(name: &str) -> ExternalGroup {
    ExternalGroup { id: format!("id of {name}").into(), name: Some(name.into()) }
}

fn key(name: &str) -> String {
    NameKey::new(name)
        .map_or_else(|_| name.into(), |key| String::from_utf8_lossy(key.as_bytes()).into_owned())
}

impl Scripted {
    pub fn new(people: impl IntoIterator<Item = Person>) -> Arc<Self> {
        let scripted = Arc::new(Self {
            script: Mutex::default(),
            asked: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        people.into_iter().for_each(|person| scripted.put(person));
        scripted
    }

    pub fn put(&self, person: Person) {
        self.script.lock().unwrap().people.insert(key(&person.name), person);
    }

    /// There are two of this name.
    pub fn twice(&self, name: &str) {
        self.script.lock().unwrap().twice.insert(key(name));
    }

    /// The person is found by this name, too.
    pub fn alias(&self, alias: &str, name: &str) {
        let mut script = self.script.lock().unwrap();
        let person = script.people[&key(name)].clone();
        script.people.insert(key(alias), person);
    }

    pub fn remove(&self, name: &str) {
        self.script.lock().unwrap().people.remove(&key(name));
    }

    pub fn password(&self, name: &str, password: &str) {
        self.script.lock().unwrap().passwords.insert(key(name), password.into());
    }

    /// Refuses somebody with the right password.
    pub fn refuse(&self, name: &str, refusal: Refusal) {
        self.script.lock().unwrap().refusals.insert(key(name), refusal);
    }

    /// Whose passwords it was shown, since it was asked the last time.
    pub fn shown(&self) -> Vec<String> {
        std::mem::take(&mut self.script.lock().unwrap().shown)
    }

    pub fn claim(&self, domain: &str) {
        self.script.lock().unwrap().claims.domains.push(domain.into());
    }

    /// From now on, until `None`, nothing is answered but this.
    pub fn fail(&self, failure: Option<DirectoryError>) {
        self.script.lock().unwrap().failure = failure;
    }

    /// How often it was asked about a user.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Holds answers back until so many are let go.
    pub fn hold(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn let_go(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS);
    }

    async fn answer<T>(&self, from: impl FnOnce(&Script) -> T) -> Result<T, DirectoryError> {
        let _turn = self.gate.acquire().await.unwrap();
        let script = self.script.lock().unwrap();
        match &script.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(from(&script)),
        }
    }
}

impl Script {
    fn find(&self, wanted: Key<'_>) -> Option<&Person> {
        match wanted {
            Key::Name(name) => self.people.get(&key(name)),
            // As a whole, and without the domain.
            Key::Qualified(name) => {
                let [whole, part] = [name.whole, name.name].map(|name| self.people.get(&key(name)));
                whole.or(part)
            }
            Key::Id(id) => self.people.values().find(|person| &*person.id == id),
        }
    }
}

#[async_trait]
impl UserDirectory for Scripted {
    async fn claims(&self) -> Result<Claims, DirectoryError> {
        self.answer(|script| script.claims.clone()).await
    }

    async fn find_user(&self, key: Key<'_>) -> Result<Option<Person>, DirectoryError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answer(|script| match key {
            Key::Name(name) if script.twice.contains(&self::key(name)) => {
                Err(DirectoryError::NotUnique(name.into()))
            }
            key => Ok(script.find(key).cloned()),
        })
        .await?
    }

    async fn find_group(&self, wanted: Key<'_>) -> Result<Option<ExternalGroup>, DirectoryError> {
        self.answer(|script| {
            let mut groups = script.people.values().flat_map(|person| &person.groups);
            let found = groups.find(|group| match wanted {
                Key::Id(id) => &*group.id == id,
                Key::Name(name) => group.name.as_deref().map(key) == Some(key(name)),
                Key::Qualified(name) => group.name.as_deref().map(key) == Some(key(name.name)),
            });
            found.cloned()
        })
        .await
    }

    async fn search(&self, prefix: &str, limit: usize) -> Result<Vec<Found>, DirectoryError> {
        self.answer(|script| {
            let fitting = script.people.iter().filter(|(name, _)| name.starts_with(&key(prefix)));
            let found = fitting.map(|(_, person)| Found {
                kind: FoundKind::User,
                id: person.id.clone(),
                name: person.name.clone(),
                display_name: "".into(),
            });
            found.take(limit).collect()
        })
        .await
    }

    async fn sign_in(&self, wanted: Key<'_>, password: &SecretString) -> Result<SignIn, DirectoryError> {
        let name = match wanted {
            Key::Name(name) | Key::Id(name) => name,
            Key::Qualified(qualified) => qualified.whole,
        };
        self.script.lock().unwrap().shown.push(name.to_owned());
        self.verify(wanted, password).await
    }

    async fn test(&self, _: &Probe<'_>, _: &mut Trace) {}
}

impl Scripted {
    async fn verify(&self, wanted: Key<'_>, password: &SecretString) -> Result<SignIn, DirectoryError> {
        self.answer(|script| match script.find(wanted) {
            None => SignIn::Refused(Refusal::UnknownUser),
            Some(person) => match script.passwords.get(&key(&person.name)) {
                Some(right) if right == password.expose_secret() => {
                    match script.refusals.get(&key(&person.name)) {
                        Some(refusal) => SignIn::Refused(*refusal),
                        None => SignIn::Accepted(person.clone()),
                    }
                }
                _ => SignIn::Refused(Refusal::WrongPassword),
            },
        })
        .await
    }
}
