//! Result codes (RFC 4511, appendix A), and what they come to.

use ldap3::LdapResult;

use crate::{DirectoryError, Refusal};

/// A result for an operator: the code, its name, and what the server adds.
pub(super) fn words(result: &LdapResult) -> String {
    let text = result.text.trim_end_matches('\0').trim();
    let colon = if text.is_empty() { "" } else { ": " };
    format!("{} ({}){colon}{text}", name(result.rc), result.rc)
}

fn name(code: u32) -> &'static str {
    match code {
        0 => "success",
        1 => "operations error",
        2 => "protocol error",
        3 => "time limit exceeded",
        4 => "size limit exceeded",
        7 => "authentication method not supported",
        8 => "stronger authentication required",
        10 => "referral",
        11 => "administrative limit exceeded",
        12 => "critical extension unavailable",
        13 => "confidentiality required",
        18 => "inappropriate matching",
        19 => "constraint violation",
        21 => "invalid attribute syntax",
        32 => "no such object",
        34 => "invalid DN",
        48 => "inappropriate authentication",
        49 => "invalid credentials",
        50 => "insufficient access rights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwilling to perform",
        80 => "other",
        _ => "unknown",
    }
}

/// What the end of a search says about it: only success is whole.
pub(super) fn searched(url: &str, base: &str, result: &LdapResult) -> Result<(), DirectoryError> {
    let words = words(result);
    Err(match result.rc {
        0 => return Ok(()),
        3 | 4 | 11 => DirectoryError::Incomplete(words.into()),
        10 => DirectoryError::Incomplete(format!("it refers to {}", result.refs.join(", ")).into()),
        32 => DirectoryError::Incomplete(
            format!("`{base}` isn't there, or the bind account may not see it: {words}").into(),
        ),
        8 | 13 | 49 | 50 => DirectoryError::BindRefused(words.into()),
        1 | 51 | 52 | 80 => DirectoryError::Unreachable(format!("{url}: {words}").into()),
        _ => DirectoryError::Malformed(words.into()),
    })
}

/// What a server says to somebody's password. None for yes.
pub(super) fn signed_in(url: &str, result: &LdapResult) -> Result<Option<Refusal>, DirectoryError> {
    Ok(Some(match result.rc {
        0 => return Ok(None),
        49 => refusal(&result.text).unwrap_or(Refusal::WrongPassword),
        // They were found a moment ago.
        32 => Refusal::UnknownUser,
        // They have no password, or may not sign in with one.
        19 | 48 | 50 | 53 => Refusal::NotPermitted,
        10 => {
            let why = format!("it refers a sign-in to {}", result.refs.join(", "));
            return Err(DirectoryError::Incomplete(why.into()));
        }
        _ => return Err(DirectoryError::Unreachable(format!("{url}: {}", words(result)).into())),
    }))
}

/// Why Active Directory refuses a password. It writes a Windows error code: `… AcceptSecurityContext error, data 533, v…`.
fn refusal(text: &str) -> Option<Refusal> {
    let (_, code) = text.split_once("data ")?;
    let end = code.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(code.len());
    Some(match code.get(..end)?.to_ascii_lowercase().as_str() {
        "525" => Refusal::UnknownUser,
        "52e" => Refusal::WrongPassword,
        // Not at this time, not from here.
        "530" | "531" => Refusal::NotPermitted,
        "532" => Refusal::PasswordExpired,
        "533" => Refusal::Disabled,
        "701" => Refusal::AccountExpired,
        "773" => Refusal::PasswordMustChange,
        "775" => Refusal::Locked,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32, text: &str) -> LdapResult {
        let refs = vec!["ldap://elsewhere".to_owned()];
        LdapResult { rc, matched: String::new(), text: text.to_owned(), refs, ctrls: Vec::new() }
    }

    #[test]
    fn only_success_signs_in() {
        assert_eq!(signed_in("ldap://a", &result(0, "")), Ok(None));
        for code in 1..=90 {
            assert!(!matches!(signed_in("ldap://a", &result(code, "")), Ok(None)), "{code}");
        }
    }

    #[test]
    fn only_success_is_whole() {
        assert_eq!(searched("ldap://a", "dc=a", &result(0, "")), Ok(()));
        for code in 1..=90 {
            assert!(searched("ldap://a", "dc=a", &result(code, "")).is_err(), "{code}");
        }
        for code in [3, 4, 10, 11] {
            let answer = searched("ldap://a", "dc=a", &result(code, ""));
            assert!(matches!(answer, Err(DirectoryError::Incomplete(_))), "{code}");
        }
    }

    #[test]
    fn refusals_of_active_directory() {
        let text = |code| {
            format!(
                "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v2580"
            )
        };
        for (code, expected) in [
            ("525", Refusal::UnknownUser),
            ("52e", Refusal::WrongPassword),
            ("530", Refusal::NotPermitted),
            ("531", Refusal::NotPermitted),
            ("532", Refusal::PasswordExpired),
            ("533", Refusal::Disabled),
            ("701", Refusal::AccountExpired),
            ("773", Refusal::PasswordMustChange),
            ("775", Refusal::Locked),
            ("999", Refusal::WrongPassword),
        ] {
            assert_eq!(signed_in("ldap://a", &result(49, &text(code))), Ok(Some(expected)), "{code}");
        }
        assert_eq!(signed_in("ldap://a", &result(49, "")), Ok(Some(Refusal::WrongPassword)));
    }
}
