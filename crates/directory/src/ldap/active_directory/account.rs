//! Whether an account may be used.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Account, DirectoryError, ldap::entry::Entry};

/// ADS_UF_ACCOUNTDISABLE of userAccountControl.
const DISABLED: u32 = 2;

/// From 1601-01-01, where accountExpires begins, to 1970-01-01, in its units of 100 ns.
const UNIX_EPOCH_AS_FILETIME: u64 = 116_444_736_000_000_000;

pub(super) fn of(entry: &Entry) -> Result<Account, DirectoryError> {
    // Some systems write it as a signed number.
    let control: i64 = number(entry, "userAccountControl", entry.required("userAccountControl")?)?;
    if (control as u32) & DISABLED != 0 {
        return Ok(Account::Disabled);
    }
    let expires = match entry.text("accountExpires")? {
        "" => 0,
        text => number(entry, "accountExpires", text)?,
    };
    Ok(if has_expired(expires, SystemTime::now()) { Account::Expired } else { Account::Enabled })
}

fn number(entry: &Entry, attribute: &str, text: &str) -> Result<i64, DirectoryError> {
    text.parse().map_err(|_| entry.wrong(attribute, "isn't a number"))
}

/// 0 and the greatest number are never.
fn has_expired(expires: i64, now: SystemTime) -> bool {
    let (Ok(expires @ 1..), true) = (u64::try_from(expires), expires != i64::MAX) else { return false };
    let since_1970 = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let now = u64::try_from(since_1970.as_nanos() / 100).unwrap_or(u64::MAX);
    expires <= now.saturating_add(UNIX_EPOCH_AS_FILETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry() {
        // 2020-01-01.
        let at = 132_223_104_000_000_000;
        let on = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(!has_expired(at, on(1_577_836_799)));
        assert!(has_expired(at, on(1_577_836_800)));
        for never in [0, i64::MAX, -1] {
            assert!(!has_expired(never, on(4_000_000_000)));
        }
    }
}
