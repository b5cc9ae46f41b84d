//! Passwords that an external directory verifies.

use std::{sync::Arc, time::SystemTime};

use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    super::{DecisionPoint, ServiceError, error::CheckError, query::ResolvedUser, subject::in_words},
    Verdict,
};
use crate::{
    directory::{Account, Asked, Known, OwnedKey, Refusal, SignIn, unreachable},
    engine::{Principals, Standing},
    model::Directory,
};

impl DecisionPoint {
    /// Has a directory verify a password. If it is to be asked only about a name that it knows, that is found out
    /// before it sees the password, and not from what is remembered: behind it another one would be asked.
    pub(super) async fn sign_in_outside(
        &self,
        directory: &Directory,
        asked: &Asked<'_>,
        password: &SecretString,
        only_holder: bool,
    ) -> Result<Verdict, ServiceError> {
        let Some(connection) = self.connections().get(&directory.name) else {
            let why = "this server has no connection to it";
            return Err(CheckError::from(unreachable(directory, asked.text, why)).into());
        };
        let people = connection.people();
        let in_words = |error| ServiceError::from(CheckError::from(in_words(connection, asked.text, error)));
        if only_holder && people.ask_anew(&OwnedKey::from(asked.key)).await.map_err(in_words)?.who.is_none() {
            return Ok(Verdict::Refused(Refusal::UnknownUser.into()));
        }
        let (began, as_of) = (Instant::now(), SystemTime::now());
        let answer = people.directory().sign_in(asked.key, password).await;
        people.note(&answer);
        let person = match answer.map_err(in_words)? {
            // It has just said that it knows them: whatever it means, no other one is to see the password.
            SignIn::Refused(Refusal::UnknownUser) if only_holder => {
                return Ok(Verdict::Refused(Refusal::WrongPassword.into()));
            }
            SignIn::Refused(refusal) => return Ok(Verdict::Refused(refusal.into())),
            SignIn::Accepted(person) => person,
        };
        let known = Arc::new(Known::new(person).map_err(in_words)?);
        people.meet(&known, began, as_of);
        let refusal = match known.person.account {
            Account::Disabled => Some(Refusal::Disabled),
            Account::Expired => Some(Refusal::AccountExpired),
            // The policy may have them disabled.
            Account::Enabled => {
                self.names_known(connection, directory.id).await?;
                let index = self.index();
                let also = connection.namesakes(index.unbound_in(directory.id), &known.outsider);
                let also = also.ok_or_else(|| {
                    let why = "the names that the policy has of it are being looked up";
                    CheckError::from(unreachable(directory, asked.text, why))
                })?;
                let who = Principals::of_outsider(&index, directory.id, &known.outsider, &also);
                let standing = who.standing();
                (standing == Standing::Disabled).then_some(Refusal::Disabled)
            }
        };
        Ok(match refusal {
            Some(refusal) => Verdict::Refused(refusal.into()),
            None => Verdict::Accepted(ResolvedUser {
                directory: directory.name.as_str().into(),
                id: known.person.id.clone(),
                name: known.person.name.clone(),
            }),
        })
    }
}
