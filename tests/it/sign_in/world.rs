//! A decision point in this process, and somebody at its door.

use std::{sync::Arc, time::Duration};

use feedgate::{
    directory::{Ages, Connections, Reach, UserDirectory},
    model::{
        Credential, Secret, UserId,
        edit::{DirectorySpec, Edit, NewPassword, SetPassword, SettingsSpec, Spec, UserSpec},
    },
    policy::WriteRequest,
    service::{
        DecisionPoint, Retention, ServiceError,
        sign_in::{Login, LoginAnswer},
    },
    store::{Commit, MemoryStore, PolicyStore},
};
use secrecy::SecretString;

use crate::{
    directory::scripted::Scripted,
    support::edits::{built_in, name, step},
};

/// Directories outside, in the order in which they are asked.
pub const OUTSIDE: [&str; 3] = ["corp", "lab", "branch"];

pub struct World {
    pub point: DecisionPoint,
    pub store: Arc<MemoryStore>,
}

impl World {
    pub async fn alone() -> Self {
        Self::with(&[]).await
    }

    /// With as many of [`OUTSIDE`] as there are scripts.
    pub async fn with(scripts: &[Arc<Scripted>]) -> Self {
        let ages = Ages { refresh: Duration::from_secs(60), usable: Duration::from_secs(900) };
        let reaches = OUTSIDE.iter().zip(scripts).map(|(directory, script)| Reach {
            name: name(directory),
            kind: "scripted",
            directory: Arc::clone(script) as Arc<dyn UserDirectory>,
            ages,
        });
        let store = Arc::new(MemoryStore::new().unwrap());
        let opened = DecisionPoint::open_among(
            Arc::clone(&store) as Arc<dyn PolicyStore>,
            Retention::default(),
            Connections::new(reaches).unwrap(),
        );
        let world = Self { point: opened.await.unwrap(), store };
        let directories = OUTSIDE.iter().take(scripts.len()).map(|directory| {
            Edit::Create(Spec::Directory(DirectorySpec {
                name: name(directory),
                domains: Some(vec![name(&format!("{directory}.example")), name("shared.example")]),
                netbios: Some(vec![name(&directory.to_uppercase())]),
                enabled: None,
                position: None,
            }))
        });
        world.write(directories.collect()).await;
        world
    }

    pub async fn write(&self, edits: Vec<Edit>) {
        let (expected, idempotency, dry_run, actor) = (None, None, false, "test".into());
        let steps = edits.into_iter().map(step).collect();
        self.point.write(WriteRequest { steps, expected, idempotency, dry_run, actor }).await.unwrap();
    }

    pub async fn settings(&self, settings: SettingsSpec) {
        self.write(vec![Edit::Put(Spec::Settings(settings))]).await;
    }

    pub async fn enable(&self, directory: &str, enabled: bool) {
        let (domains, netbios, position) = (None, None, None);
        let spec =
            DirectorySpec { name: name(directory), domains, netbios, enabled: Some(enabled), position };
        self.write(vec![Edit::Update(Spec::Directory(spec))]).await;
    }

    /// A user of the built-in directory with this secret; the id.
    pub async fn user(&self, user: &str, secret: Option<Secret>, must_change: bool) -> UserId {
        self.write(vec![Edit::Create(user_spec(user, None))]).await;
        let index = self.point.index();
        let id = index.users_from(UserId(0)).find(|it| it.name.as_str() == user).unwrap().id;
        if let Some(secret) = secret {
            let credentials = vec![(id, Some(Credential { user: id, secret, must_change }))];
            let commit = Commit { credentials, ..Commit::default() };
            self.store.commit(index.revision().number, commit).await.unwrap();
        }
        id
    }

    pub async fn disable(&self, user: &str) {
        self.write(vec![Edit::Update(user_spec(user, Some(true)))]).await;
    }

    /// As an administrator does.
    pub async fn set_password(&self, user: &str, password: &str, must_change: bool) {
        let (user, password) = (built_in(user), NewPassword::Plain(password.into()));
        self.write(vec![Edit::SetPassword(SetPassword { user, password, must_change })]).await;
    }

    pub async fn credential(&self, user: UserId) -> Credential {
        self.store.credential(user).await.unwrap().unwrap()
    }

    pub async fn knock(&self, door: Door<'_>) -> Result<LoginAnswer, ServiceError> {
        let Door { directory, name, password, new } = door;
        let (password, new) = (SecretString::from(password), new.map(SecretString::from));
        self.point.sign_in(Login { directory, name, password: &password, new_password: new.as_ref() }).await
    }

    /// What comes of it, in a line: whom it let in, or why not; then who refused.
    pub async fn says(&self, door: Door<'_>) -> String {
        let LoginAnswer { outcome, attempts } = match self.knock(door).await {
            Ok(answer) => answer,
            Err(error) => return format!("error: {error}"),
        };
        let outcome = match outcome {
            Ok(user) => format!("{} of {}, {}", user.name, user.directory, user.id),
            Err(refused) => refused.why.to_string(),
        };
        let attempts: Vec<_> = attempts
            .iter()
            .map(|attempt| format!("{}: {}", attempt.directory, attempt.refused.why))
            .collect();
        format!("{outcome} [{}]", attempts.join(", "))
    }
}

#[derive(Clone, Copy)]
pub struct Door<'a> {
    pub directory: Option<&'a str>,
    pub name: &'a str,
    pub password: &'a str,
    pub new: Option<&'a str>,
}

pub fn door<'a>(name: &'a str, password: &'a str) -> Door<'a> {
    Door { directory: None, name, password, new: None }
}

fn user_spec(user: &str, disabled: Option<bool>) -> Spec {
    Spec::User(UserSpec {
        user: built_in(user),
        display_name: None,
        email: None,
        disabled,
        external_id: None,
    })
}

/// What the documented sample of ProGet's export has for `Admin`.
pub fn sample() -> Secret {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let bytes = |text| STANDARD.decode(text).unwrap().into_boxed_slice();
    Secret::ProGet { hash: bytes("6R53UEz8LiA/yIyaWf0HAbc9zQ4="), salt: bytes("sBaGqDLnTykFGQ==") }
}

/// Of a password, made with less than is usual.
pub fn weak(password: &str) -> Secret {
    use argon2::PasswordHasher as _;
    let params = argon2::Params::new(16, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    Secret::Argon2id(argon2.hash_password(password.as_bytes()).unwrap().to_string().into())
}
