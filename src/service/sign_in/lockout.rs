//! Lock-outs: who keeps failing has to wait, longer each time.
//!
//! In memory: a restart forgets them. At most one a user with a password, because what isn't a user's name, or names
//! one without a password, can't be guessed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::model::{Secret, UserId};

use super::super::password::secret::fingerprint;

/// The failure in a row from which on there is a wait.
const FIRST: u32 = 5;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(15);
/// How long after the last wait failures are forgotten. Who makes use of that gets no further than who waits.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// How many there are at least before those to be forgotten are looked for.
const SWEPT: usize = 1_024;

/// Failures by user.
#[derive(Debug, Default)]
pub(in crate::service) struct Lockouts(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_user: HashMap<UserId, Failures>,
    /// How many there were after the last sweep.
    swept: usize,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    /// What was tried against. Once another password is set, these count no more.
    secret: [u8; 32],
    in_a_row: u32,
    until: Instant,
}

impl Lockouts {
    /// For how long no password of this user is tried; none if one is.
    pub(super) fn locked_for(&self, user: UserId, secret: &Secret) -> Option<Duration> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = entries.by_user.get(&user)?;
        let left = failures.until.saturating_duration_since(Instant::now());
        (!left.is_zero() && failures.secret == fingerprint(secret)).then_some(left)
    }

    /// Notes that a password was wrong.
    pub(super) fn failed(&self, user: UserId, secret: &Secret) {
        let (now, secret) = (Instant::now(), fingerprint(secret));
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.sweep(now);
        let failures = entries.by_user.entry(user).or_insert(Failures { secret, in_a_row: 0, until: now });
        if failures.secret != secret || failures.is_forgotten(now) {
            *failures = Failures { secret, in_a_row: 0, until: now };
        }
        failures.in_a_row = failures.in_a_row.saturating_add(1);
        failures.until = now + wait(failures.in_a_row);
    }

    /// Forgets the failures of a user: a password was right, or another one was set.
    pub(in crate::service) fn forgive(&self, user: UserId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_user.remove(&user);
    }
}

impl Entries {
    fn sweep(&mut self, now: Instant) {
        if self.by_user.len() < SWEPT.max(self.swept.saturating_mul(2)) {
            return;
        }
        self.by_user.retain(|_, failures| !failures.is_forgotten(now));
        self.swept = self.by_user.len();
    }
}

impl Failures {
    fn is_forgotten(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.until) >= FORGOTTEN
    }
}

fn wait(in_a_row: u32) -> Duration {
    let Some(doubled) = in_a_row.checked_sub(FIRST) else { return Duration::ZERO };
    SHORTEST.saturating_mul(2_u32.saturating_pow(doubled)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::Argon2id(text.into())
    }

    #[test]
    fn waits_double() {
        for (failures, seconds) in
            [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (40, 900), (u32::MAX, 900)]
        {
            assert_eq!(wait(failures), Duration::from_secs(seconds), "{failures}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_counted_for_a_secret_and_forgotten() {
        let lockouts = Lockouts::default();
        let (ann, old) = (UserId(7), secret("old"));
        for _ in 0..5 {
            assert_eq!(lockouts.locked_for(ann, &old), None);
            lockouts.failed(ann, &old);
        }
        assert_eq!(lockouts.locked_for(ann, &old), Some(Duration::from_secs(1)));
        assert_eq!(lockouts.locked_for(UserId(8), &old), None);
        // Another password was set.
        assert_eq!(lockouts.locked_for(ann, &secret("new")), None);
        advance(Duration::from_secs(1)).await;
        assert_eq!(lockouts.locked_for(ann, &old), None);
        lockouts.failed(ann, &old);
        assert_eq!(lockouts.locked_for(ann, &old), Some(Duration::from_secs(2)));
        advance(FORGOTTEN + Duration::from_secs(2)).await;
        lockouts.failed(ann, &old);
        assert_eq!(lockouts.locked_for(ann, &old), None);
        for _ in 0..4 {
            lockouts.failed(ann, &old);
        }
        assert!(lockouts.locked_for(ann, &old).is_some());
        lockouts.forgive(ann);
        assert_eq!(lockouts.locked_for(ann, &old), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_takes_no_room() {
        let lockouts = Lockouts::default();
        let fail = |from: u32, count: u32| {
            (from..from + count).for_each(|id| lockouts.failed(UserId(id), &secret("x")))
        };
        fail(0, SWEPT as u32);
        advance(FORGOTTEN).await;
        fail(10_000, 1);
        assert_eq!(lockouts.0.lock().unwrap().by_user.len(), 1);
    }
}
