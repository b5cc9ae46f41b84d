//! Secrets: made of passwords, and held against them. Slow on purpose.

use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use subtle::ConstantTimeEq as _;

use crate::model::Secret;

/// ProGet's PBKDF2-HMAC-SHA1 (access model, section 9).
const PROGET_ITERATIONS: u32 = 10_000;

/// No randomness, or no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct CantHash;

/// An Argon2id hash of a password, with the parameters of today.
pub(in crate::service) fn hash(password: &str) -> Result<Secret, CantHash> {
    hash_with(password, Params::DEFAULT)
}

fn hash_with(password: &str, params: Params) -> Result<Secret, CantHash> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password(password.as_bytes()).map_err(|_| CantHash)?;
    Ok(Secret::Argon2id(hash.to_string().into()))
}

/// Whether a secret is of this password.
pub(in crate::service) fn is_of(secret: &Secret, password: &str) -> bool {
    match secret {
        // With the parameters that are in the hash.
        Secret::Argon2id(hash) => PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
        Secret::ProGet { hash, salt } => {
            let mut computed = vec![0; hash.len()];
            pbkdf2::pbkdf2_hmac::<sha1::Sha1>(password.as_bytes(), salt, PROGET_ITERATIONS, &mut computed);
            // An empty hash is of no password.
            let right = !hash.is_empty() && bool::from(computed.ct_eq(hash));
            if !right {
                // Much quicker than Argon2id, so that it would show who was imported.
                is_of_nobody(password);
            }
            right
        }
    }
}

/// Takes as long as to find that a password is wrong: of somebody who has none, or isn't there.
pub(in crate::service) fn is_of_nobody(password: &str) {
    static NOBODYS: LazyLock<Option<Secret>> = LazyLock::new(|| hash("nobody's").ok());
    if let Some(nobodys) = NOBODYS.as_ref() {
        is_of(nobodys, password);
    }
}

/// A secret of the same password that is as strong as those of today; none if this one is. Parameters are never lowered.
pub(in crate::service) fn renewed(secret: &Secret, password: &str) -> Option<Result<Secret, CantHash>> {
    let Secret::Argon2id(hash) = secret else { return Some(self::hash(password)) };
    let Ok(parsed) = PasswordHash::new(hash) else { return Some(self::hash(password)) };
    let today = Params::DEFAULT;
    let Ok(then) = Params::try_from(&parsed) else { return Some(self::hash(password)) };
    let of_today = parsed.algorithm == Algorithm::Argon2id.ident()
        && parsed.version == Some(u32::from(Version::V0x13))
        && then.m_cost() >= today.m_cost()
        && then.t_cost() >= today.t_cost();
    if of_today {
        return None;
    }
    let raised = Params::new(
        then.m_cost().max(today.m_cost()),
        then.t_cost().max(today.t_cost()),
        then.p_cost().max(today.p_cost()),
        None,
    );
    Some(raised.map_err(|_| CantHash).and_then(|params| hash_with(password, params)))
}

/// Tells one secret from another without keeping it.
pub(in crate::service) fn fingerprint(secret: &Secret) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    match secret {
        Secret::Argon2id(hash) => hasher.update(hash.as_bytes()),
        Secret::ProGet { hash, salt } => hasher.update(hash).update(b"salt").update(salt),
    };
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(secret: &Secret) -> &str {
        match secret {
            Secret::Argon2id(hash) => hash,
            Secret::ProGet { .. } => panic!("{secret:?}"),
        }
    }

    fn made_with(m: u32, t: u32) -> Secret {
        hash_with("geheim", Params::new(m, t, 1, None).unwrap()).unwrap()
    }

    #[test]
    fn parameters_are_raised_and_never_lowered() {
        let (m, t) = (Params::DEFAULT.m_cost(), Params::DEFAULT.t_cost());
        for (old, expected) in [
            (made_with(8, 1), Some((m, t))),
            (made_with(m, 1), Some((m, t))),
            (made_with(8, t + 3), Some((m, t + 3))),
            (made_with(m, t), None),
            (made_with(m + 8, t), None),
            (hash("geheim").unwrap(), None),
        ] {
            assert!(is_of(&old, "geheim") && !is_of(&old, "Geheim"), "{}", text(&old));
            let new = renewed(&old, "geheim").map(Result::unwrap);
            let params = new.as_ref().map(|new| {
                assert!(is_of(new, "geheim"));
                let params = Params::try_from(&PasswordHash::new(text(new)).unwrap()).unwrap();
                (params.m_cost(), params.t_cost())
            });
            assert_eq!(params, expected, "{}", text(&old));
        }
        let argon2i = Argon2::new(Algorithm::Argon2i, Version::V0x13, Params::DEFAULT);
        let argon2i = argon2i.hash_password(b"geheim").unwrap().to_string();
        assert!(
            text(&renewed(&Secret::Argon2id(argon2i.into()), "geheim").unwrap().unwrap())
                .starts_with("$argon2id$v=19$")
        );
    }

    #[test]
    fn secrets_that_are_none_are_of_no_password() {
        let proget = |hash: &[u8]| Secret::ProGet { hash: hash.into(), salt: [2; 10].into() };
        for secret in
            [proget(&[]), proget(&[1]), Secret::Argon2id("".into()), Secret::Argon2id("$argon2id$".into())]
        {
            assert!(!is_of(&secret, "") && !is_of(&secret, "geheim"));
        }
        is_of_nobody("nobody's");
    }
}
