//! What a provider says, looked through.

use crate::{
    directory::{Account, Claims, DirectoryError, ExternalGroup, Found, FoundKind, Person, Refusal, SignIn},
    grpc::pb,
    model::unprintable::{is_unprintable, spell_out},
};

/// The longest id, in bytes.
const MAX_ID: usize = 256;
/// The longest of other texts, in bytes.
const MAX_TEXT: usize = 1_024;
/// In how many groups somebody can be.
const MAX_GROUPS: usize = 10_000;

fn malformed<T>(why: impl Into<Box<str>>) -> Result<T, DirectoryError> {
    Err(DirectoryError::Malformed(why.into()))
}

pub(super) fn claims(described: pb::DescribeResponse) -> Result<Claims, DirectoryError> {
    let pb::DescribeResponse { description: _, domains, netbios } = described;
    let all =
        |names: Vec<String>| names.into_iter().map(|name| text("a domain", name)).collect::<Result<_, _>>();
    Ok(Claims { domains: all(domains)?, netbios: all(netbios)? })
}

pub(super) fn person(user: pb::ProviderUser) -> Result<Person, DirectoryError> {
    let account = match user.account() {
        pb::ProviderAccount::Unspecified => {
            return malformed("it doesn't say whether the account is enabled");
        }
        pb::ProviderAccount::Enabled => Account::Enabled,
        pb::ProviderAccount::Disabled => Account::Disabled,
        pb::ProviderAccount::Expired => Account::Expired,
    };
    let pb::ProviderUser { id, name, display_name, email, account: _, groups } = user;
    if groups.len() > MAX_GROUPS {
        return Err(DirectoryError::Incomplete(format!("more than {MAX_GROUPS} groups").into()));
    }
    Ok(Person {
        id: self::id(id)?,
        name: printable("a user's name", name)?,
        display_name: display_name.into(),
        email: email.into(),
        account,
        groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
    })
}

pub(super) fn group(group: pb::ProviderGroup) -> Result<ExternalGroup, DirectoryError> {
    let pb::ProviderGroup { id, name } = group;
    Ok(ExternalGroup { id: self::id(id)?, name: Some(text("a group's name", name)?) })
}

pub(super) fn entries(found: pb::SearchResponse, limit: u32) -> Result<Vec<Found>, DirectoryError> {
    let pb::SearchResponse { entries } = found;
    let entry = |entry| {
        let pb::FoundEntry { is_group, id, name, display_name } = entry;
        Ok(Found {
            kind: if is_group { FoundKind::Group } else { FoundKind::User },
            id: self::id(id)?,
            name: text("a name", name)?,
            display_name: display_name.into(),
        })
    };
    let mut found: Vec<_> = entries.into_iter().map(entry).collect::<Result<_, _>>()?;
    found.sort_by(|one, other| (&one.name, one.kind).cmp(&(&other.name, other.kind)));
    found.truncate(limit as usize);
    Ok(found)
}

pub(super) fn sign_in(answer: pb::VerifyPasswordResponse) -> Result<SignIn, DirectoryError> {
    use pb::PasswordVerdict as V;
    let refusal = match answer.verdict() {
        V::Unspecified => return malformed("it doesn't say whether the password is right"),
        V::Accepted => {
            let Some(user) = answer.user else {
                return malformed("it accepts a password and doesn't say whose");
            };
            let person = person(user)?;
            // Whatever it says of the password: such an account can't sign in anywhere.
            return Ok(match person.account {
                Account::Enabled => SignIn::Accepted(person),
                Account::Disabled => SignIn::Refused(Refusal::Disabled),
                Account::Expired => SignIn::Refused(Refusal::AccountExpired),
            });
        }
        V::UnknownUser => Refusal::UnknownUser,
        V::WrongPassword => Refusal::WrongPassword,
        V::Disabled => Refusal::Disabled,
        V::AccountExpired => Refusal::AccountExpired,
        V::Locked => Refusal::Locked,
        V::PasswordExpired => Refusal::PasswordExpired,
        V::PasswordMustChange => Refusal::PasswordMustChange,
        V::NotPermitted => Refusal::NotPermitted,
    };
    Ok(SignIn::Refused(refusal))
}

fn id(id: String) -> Result<Box<str>, DirectoryError> {
    if id.is_empty() || id.len() > MAX_ID || id.contains(is_unprintable) {
        return malformed("an id is empty, longer than 256 bytes, or has control or format characters in it");
    }
    Ok(id.into())
}

/// A name that nothing in a policy could match otherwise, and that could pass for another one.
fn printable(what: &str, name: String) -> Result<Box<str>, DirectoryError> {
    if name.contains(is_unprintable) {
        return malformed(format!("{what} has control or format characters in it: `{}`", spell_out(&name)));
    }
    text(what, name)
}

fn text(what: &str, text: String) -> Result<Box<str>, DirectoryError> {
    if text.is_empty() || text.len() > MAX_TEXT {
        return malformed(format!("{what} is empty or longer than {MAX_TEXT} bytes"));
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> pb::ProviderUser {
        let groups = vec![pb::ProviderGroup { id: "g1".into(), name: "devs".into() }];
        let account = pb::ProviderAccount::Enabled.into();
        pb::ProviderUser { id: "1".into(), name: "jdoe".into(), account, groups, ..Default::default() }
    }

    #[test]
    fn what_leaves_something_open_is_an_error() {
        person(user()).unwrap();
        for broken in [
            pb::ProviderUser { account: 0, ..user() },
            pb::ProviderUser { account: 77, ..user() },
            pb::ProviderUser { id: String::new(), ..user() },
            pb::ProviderUser { id: "x".repeat(257), ..user() },
            pb::ProviderUser { id: "a\nb".into(), ..user() },
            pb::ProviderUser { id: "a\u{202e}b".into(), ..user() },
            pb::ProviderUser { name: String::new(), ..user() },
            pb::ProviderUser { name: "nimda\u{202e}".into(), ..user() },
            pb::ProviderUser { name: "jdoe\u{1b}[2J".into(), ..user() },
            pb::ProviderUser { groups: vec![pb::ProviderGroup::default()], ..user() },
            pb::ProviderUser { groups: vec![user().groups[0].clone(); MAX_GROUPS + 1], ..user() },
        ] {
            person(broken).unwrap_err();
        }
    }

    #[test]
    fn only_a_plain_yes_lets_somebody_in() {
        let answer = |verdict: i32, user| sign_in(pb::VerifyPasswordResponse { verdict, user });
        let accepted = pb::PasswordVerdict::Accepted.into();
        assert!(matches!(answer(accepted, Some(user())), Ok(SignIn::Accepted(_))));
        answer(accepted, None).unwrap_err();
        answer(0, Some(user())).unwrap_err();
        answer(77, Some(user())).unwrap_err();
        let disabled = pb::ProviderUser { account: pb::ProviderAccount::Disabled.into(), ..user() };
        assert_eq!(answer(accepted, Some(disabled)), Ok(SignIn::Refused(Refusal::Disabled)));
        for verdict in 2..=9 {
            assert!(matches!(answer(verdict, Some(user())), Ok(SignIn::Refused(_))));
        }
    }
}
