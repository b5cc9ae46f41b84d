//! Passwords as a ProGet exports them: PBKDF2-HMAC-SHA1, 10,000 iterations, 20 bytes (access model, section
//! 9).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use feedgate_model::{Name, Secret, edit::NewPassword};

const ITERATIONS: u32 = 10_000;
const HASH_BYTES: usize = 20;

/// The user and the password that every new ProGet has.
const KNOWN: &str = "Admin";

/// A password on its way in.
pub(super) struct Password {
    pub(super) password: NewPassword,
    /// It is the one that everybody knows.
    pub(super) known: bool,
}

/// The password of a user, if the file has one; the error says what is wrong with it.
pub(super) fn read(
    user: &Name,
    plain: Option<String>,
    hash: Option<String>,
    salt: Option<String>,
) -> Result<Option<Password>, &'static str> {
    let may_be_known = user.as_str().eq_ignore_ascii_case(KNOWN);
    match (plain, hash, salt) {
        (None, None, None) => Ok(None),
        (Some(plain), None, None) if plain.is_empty() => Err("`password` is empty; leave it out"),
        (Some(plain), None, None) => {
            let known = may_be_known && plain == KNOWN;
            Ok(Some(Password { password: NewPassword::Plain(SecretString::from(plain)), known }))
        }
        (None, Some(hash), Some(salt)) => {
            let hash = STANDARD.decode(hash).map_err(|_| "`passwordBytes` isn't base64")?;
            let salt = STANDARD.decode(salt).map_err(|_| "`saltBytes` isn't base64")?;
            if hash.len() != HASH_BYTES || salt.is_empty() {
                return Err("`passwordBytes` takes 20 bytes and `saltBytes` at least one");
            }
            let known = may_be_known && verifies(KNOWN, &hash, &salt);
            let password = NewPassword::Hashed(Secret::ProGet { hash: hash.into(), salt: salt.into() });
            Ok(Some(Password { password, known }))
        }
        _ => Err("a password is either `password`, or `passwordBytes` with `saltBytes`"),
    }
}

fn verifies(password: &str, hash: &[u8], salt: &[u8]) -> bool {
    let mut computed = [0; HASH_BYTES];
    pbkdf2::pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, ITERATIONS, &mut computed);
    computed.ct_eq(hash).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(user: &str, hash: &str, salt: &str) -> Result<Option<Password>, &'static str> {
        read(&Name::new(user).unwrap(), None, Some(hash.into()), Some(salt.into()))
    }

    #[test]
    fn the_documented_sample_is_known() {
        let known =
            |user| hashed(user, "6R53UEz8LiA/yIyaWf0HAbc9zQ4=", "sBaGqDLnTykFGQ==").unwrap().unwrap().known;
        assert!(known("admin"));
        assert!(!known("root"));
        let plain =
            |text: &str| read(&Name::new("Admin").unwrap(), Some(text.into()), None, None).unwrap().unwrap();
        assert!(plain("Admin").known);
        assert!(!plain("admin").known);
    }

    #[test]
    fn broken_passwords_are_refused() {
        for (hash, salt) in [("!", "AA=="), ("AA==", "AA=="), ("6R53UEz8LiA/yIyaWf0HAbc9zQ4=", "")] {
            assert!(hashed("a", hash, salt).is_err(), "{hash} {salt}");
        }
        assert!(read(&Name::new("a").unwrap(), Some(String::new()), None, None).is_err());
        assert!(read(&Name::new("a").unwrap(), Some("x".into()), Some("AA==".into()), None).is_err());
    }
}
