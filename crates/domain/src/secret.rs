//! What becomes of a secret: its standing, and the only ways to change it.
//!
//! Every transition consumes the secret and gives back the next one, so no state is used twice.
//! The content itself is not here: this is what the store knows about it.

use std::time::Duration;

use crate::policy::Permit;
use crate::terms::{Delivery, OnExhausted, Terms};
use crate::time::Timestamp;

/// Where a secret lies in its store: a number that grows with arrival and never leaves the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row(i64);

impl Row {
    /// The row with this number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Who sealed the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedBy {
    /// The sender's browser or terminal: the server never had the link key.
    Sender,
    /// The server, for a client of plain HTTP. It has forgotten the key.
    Server {
        /// Whether it has made up the content as well: a password.
        generated: bool,
    },
}

impl SealedBy {
    /// Whether the server has sealed it.
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Server { .. })
    }
}

/// How a secret ended. Its payload is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every view was taken and every delivery is over.
    Opened {
        /// When the last delivery ended.
        at: Timestamp,
    },
    /// Destroyed by its sender, or by too many wrong passphrases.
    Burned {
        /// When.
        at: Timestamp,
    },
    /// Its time was up.
    Expired {
        /// When the payload was destroyed.
        at: Timestamp,
    },
    /// Its key is not there: the store was restored without the keys of its secrets. Nobody opens
    /// it again.
    Lost {
        /// When that was noticed.
        at: Timestamp,
    },
}

/// How a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At least one view is left.
    Waiting,
    /// Too many wrong passphrases: nobody opens it until the sender unlocks it.
    Locked,
    /// Every view has its reader; at least one may still fetch again.
    Delivering,
    /// The payload is gone.
    Ended(End),
}

/// What is known about one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Where it lies.
    pub row: Row,
    /// What the sender asked for.
    pub terms: Terms,
    /// When it was created.
    pub created_at: Timestamp,
    /// From this moment on nobody opens it.
    pub expires_at: Timestamp,
    /// How many readers have won a view.
    pub views_taken: u8,
    /// How many wrong passphrases were tried since it was created or last unlocked.
    pub failed: u8,
    /// Whether a passphrase is needed.
    pub passphrase: bool,
    /// Who sealed it.
    pub sealed_by: SealedBy,
    /// Length of the envelope in bytes.
    pub size: u64,
    /// How it stands.
    pub standing: Standing,
}

/// The right of a reader who has won a view to fetch it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The end of that right.
    pub ends_at: Timestamp,
}

/// What a wrong passphrase led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// So many tries are left.
    Left(u8),
    /// It is locked now.
    Locked,
    /// It is burned now.
    Burned,
}

/// The least time in which a reader may fetch again.
pub const LEASE: Duration = Duration::from_mins(1);
/// The most time in which a reader may fetch again.
pub const LEASE_CEILING: Duration = Duration::from_hours(6);
/// The slowest line for which a lease is long enough, in bytes a second.
const SLOW_LINE: u64 = 128 * 1024;
/// How long a delivery that runs may outlast the expiry. Law 4 leaves 60 s to destroy the payload,
/// and the sweeper needs its part of them.
const PAST_EXPIRY: Duration = Duration::from_secs(30);

impl Secret {
    /// How many views are left for new readers.
    pub fn views_left(&self) -> u8 {
        match self.standing {
            Standing::Waiting | Standing::Locked => {
                self.terms.views.get().saturating_sub(self.views_taken)
            }
            Standing::Delivering | Standing::Ended(_) => 0,
        }
    }

    /// Whether the payload should still lie in the store.
    pub const fn has_payload(&self) -> bool {
        !matches!(self.standing, Standing::Ended(_))
    }

    /// Takes one view. The permit is used up. There is no lease when delivery is strict.
    #[must_use]
    pub fn take_view(self, _permit: Permit, now: Timestamp) -> (Self, Option<Lease>) {
        let views_taken = self.views_taken.saturating_add(1);
        let standing = if views_taken >= self.terms.views.get() {
            Standing::Delivering
        } else {
            Standing::Waiting
        };
        let lease = match self.terms.delivery {
            Delivery::Held => Some(Lease { ends_at: self.lease_end(now) }),
            Delivery::Strict => None,
        };
        (Self { views_taken, standing, ..self }, lease)
    }

    /// The end of a lease that starts now: long enough for the size on a slow line, but not past
    /// what law 4 allows after the expiry.
    fn lease_end(&self, now: Timestamp) -> Timestamp {
        let transfer = Duration::from_secs(self.size / SLOW_LINE);
        let span = LEASE.saturating_add(transfer).min(LEASE_CEILING);
        now.plus(span).min(self.expires_at.plus(PAST_EXPIRY))
    }

    /// One delivery is over and `others` are still running. The last one ends the secret.
    #[must_use]
    pub fn delivery_over(self, others: u32, now: Timestamp) -> Self {
        match self.standing {
            Standing::Delivering if others == 0 => {
                Self { standing: Standing::Ended(End::Opened { at: now }), ..self }
            }
            Standing::Delivering | Standing::Waiting | Standing::Locked | Standing::Ended(_) => {
                self
            }
        }
    }

    /// Counts a wrong passphrase. Only a waiting secret counts.
    #[must_use]
    pub fn fail(self, now: Timestamp) -> (Self, AfterFailure) {
        let failed = self.failed.saturating_add(1);
        let budget = self.terms.failed_passphrases;
        let left = budget.limit().saturating_sub(failed);
        if left > 0 {
            return (Self { failed, ..self }, AfterFailure::Left(left));
        }
        match budget.action() {
            OnExhausted::Lock => {
                (Self { failed, standing: Standing::Locked, ..self }, AfterFailure::Locked)
            }
            OnExhausted::Burn => {
                let standing = Standing::Ended(End::Burned { at: now });
                (Self { failed, standing, ..self }, AfterFailure::Burned)
            }
        }
    }

    /// The sender unlocks: the wrong passphrases are forgotten. `None` when it is not locked.
    #[must_use]
    pub fn unlock(self) -> Option<Self> {
        (self.standing == Standing::Locked).then_some(Self {
            failed: 0,
            standing: Standing::Waiting,
            ..self
        })
    }

    /// Burns what is left. `None` when nothing is: every view has its reader, or it has ended.
    #[must_use]
    pub fn burn(self, now: Timestamp) -> Option<Self> {
        match self.standing {
            Standing::Waiting | Standing::Locked if now < self.expires_at => {
                Some(Self { standing: Standing::Ended(End::Burned { at: now }), ..self })
            }
            Standing::Waiting | Standing::Locked | Standing::Delivering | Standing::Ended(_) => {
                None
            }
        }
    }

    /// Ends a secret whose time is up and of which `deliveries` are still running. `None` when it
    /// is too early, or when it has ended.
    #[must_use]
    pub fn expire(self, deliveries: u32, now: Timestamp) -> Option<Self> {
        if now < self.expires_at || deliveries > 0 {
            return None;
        }
        match self.standing {
            Standing::Waiting | Standing::Locked => {
                Some(Self { standing: Standing::Ended(End::Expired { at: now }), ..self })
            }
            Standing::Delivering => {
                Some(Self { standing: Standing::Ended(End::Opened { at: now }), ..self })
            }
            Standing::Ended(_) => None,
        }
    }

    /// Ends a secret whose key is not there. `None` when it has ended already.
    #[must_use]
    pub fn lose(self, now: Timestamp) -> Option<Self> {
        self.has_payload()
            .then_some(Self { standing: Standing::Ended(End::Lost { at: now }), ..self })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::policy::{Circumstances, evaluate};
    use crate::terms::{FailedPassphrases, Views};
    use proptest::prelude::*;

    pub(crate) fn waiting() -> Secret {
        let created_at = Timestamp::from_millis(1_000_000);
        let terms = Terms::default();
        Secret {
            row: Row::new(1),
            terms,
            created_at,
            expires_at: created_at.plus(terms.lifetime.duration()),
            views_taken: 0,
            failed: 0,
            passphrase: false,
            sealed_by: SealedBy::Sender,
            size: 1024,
            standing: Standing::Waiting,
        }
    }

    fn permit(secret: &Secret, now: Timestamp) -> Option<Permit> {
        evaluate(secret, Circumstances { now, proven: true }).ok()
    }

    #[test]
    fn one_view_is_taken_once() {
        let secret = waiting();
        let now = secret.created_at;
        let (secret, lease) = secret.take_view(permit(&secret, now).unwrap(), now);
        assert_eq!(secret.standing, Standing::Delivering);
        assert_eq!(lease.unwrap().ends_at, now.plus(LEASE));
        assert!(permit(&secret, now).is_none());
        assert!(secret.burn(now).is_none());
        let over = secret.delivery_over(0, now);
        assert_eq!(over.standing, Standing::Ended(End::Opened { at: now }));
    }

    #[test]
    fn a_large_body_is_held_longer_and_never_long_past_the_expiry() {
        let now = waiting().created_at;
        let large = Secret { size: 1 << 30, ..waiting() };
        let (_, lease) = large.take_view(permit(&large, now).unwrap(), now);
        assert_eq!(now.until(lease.unwrap().ends_at), Duration::from_secs(60 + 8192));
        let late = Timestamp::from_millis(large.expires_at.as_millis() - 1);
        let (_, lease) = large.take_view(permit(&large, late).unwrap(), late);
        assert_eq!(lease.unwrap().ends_at, large.expires_at.plus(PAST_EXPIRY));
    }

    #[test]
    fn a_strict_view_is_never_held() {
        let mut strict = waiting();
        strict.terms.delivery = Delivery::Strict;
        let now = strict.created_at;
        assert_eq!(strict.take_view(permit(&strict, now).unwrap(), now).1, None);
    }

    #[test]
    fn wrong_passphrases_lock_or_burn_as_the_sender_chose() {
        for (action, end) in
            [(OnExhausted::Lock, AfterFailure::Locked), (OnExhausted::Burn, AfterFailure::Burned)]
        {
            let mut secret = waiting();
            let now = secret.created_at;
            secret.terms.failed_passphrases = FailedPassphrases::new(2, action).unwrap();
            let (secret, after) = secret.fail(now);
            assert_eq!(after, AfterFailure::Left(1));
            let (secret, after) = secret.fail(now);
            assert_eq!(after, end);
            assert!(permit(&secret, now).is_none());
            assert_eq!(secret.unlock().is_some(), action == OnExhausted::Lock);
        }
    }

    #[test]
    fn expiry_waits_for_a_running_delivery_only() {
        let secret = waiting();
        let end = secret.expires_at;
        assert!(secret.expire(0, Timestamp::from_millis(end.as_millis() - 1)).is_none());
        assert!(secret.expire(1, end).is_none());
        let expired = secret.expire(0, end).unwrap();
        assert_eq!(expired.standing, Standing::Ended(End::Expired { at: end }));
        assert!(expired.expire(0, end).is_none());
    }

    proptest! {
        /// Law 1 over any order of steps: never more views than were allowed, and none after an end.
        #[test]
        fn no_order_of_steps_gives_more_views_than_allowed(
            views in 1_u64..=5,
            steps in proptest::collection::vec(0_u8..5, 0..40),
        ) {
            let mut secret = waiting();
            secret.terms.views = Views::new(views).unwrap();
            let (mut now, mut taken, mut running) = (secret.created_at, 0_u8, 0_u32);
            for step in steps {
                let ended = !secret.has_payload();
                match step {
                    0 => if let Some(permit) = permit(&secret, now) {
                        prop_assert!(!ended);
                        secret = secret.take_view(permit, now).0;
                        taken = taken.saturating_add(1);
                        running = running.saturating_add(1);
                    },
                    1 => if running > 0 {
                        running = running.saturating_sub(1);
                        secret = secret.delivery_over(running, now);
                    },
                    2 => if let Some(burned) = secret.burn(now) {
                        prop_assert!(!ended);
                        secret = burned;
                    },
                    3 => now = now.plus(Duration::from_secs(20_000)),
                    _ => if let Some(expired) = secret.expire(running, now) { secret = expired; },
                }
                prop_assert!(taken <= secret.terms.views.get());
            }
        }
    }
}
