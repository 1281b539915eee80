//! Why visitors were turned away, for the operator.
//!
//! A visitor gets one answer for every cause (law 5). The operator must be able to tell the causes
//! apart (R98), so each is counted here and named in the log, without saying which secret it was.

use std::iter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::policy::Denial;
use domain::time::Timestamp;

/// How often the log says what was counted.
const PERIOD: Duration = Duration::from_mins(1);

/// A cause that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The secret was opened, burned or swept before.
    Ended,
    /// The time was up.
    Expired,
    /// Too many wrong passphrases before.
    Locked,
    /// One network tried too many passphrases.
    TooManyAttempts,
    /// The payload did not open with the server's keys.
    Undecryptable,
    /// No such secret, or not the proof of its link.
    Unknown,
    /// Another reader was first.
    ViewsTaken,
    /// A wrong passphrase from somebody with the link.
    WrongPassphrase,
}

impl From<Denial> for Cause {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Ended => Self::Ended,
            Denial::Expired => Self::Expired,
            Denial::Locked => Self::Locked,
            Denial::Unproven => Self::WrongPassphrase,
            Denial::ViewsTaken => Self::ViewsTaken,
        }
    }
}

impl Cause {
    /// Every cause, in the order of [`Counters::all`].
    pub const ALL: [Self; 8] = [
        Self::Ended,
        Self::Expired,
        Self::Locked,
        Self::TooManyAttempts,
        Self::Undecryptable,
        Self::Unknown,
        Self::ViewsTaken,
        Self::WrongPassphrase,
    ];

    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Locked => "locked",
            Self::TooManyAttempts => "too-many-attempts",
            Self::Undecryptable => "undecryptable",
            Self::Unknown => "unknown",
            Self::ViewsTaken => "views-taken",
            Self::WrongPassphrase => "wrong-passphrase",
        }
    }
}

/// How often each cause occurred since the start.
#[derive(Default)]
pub struct Counters {
    counts: [AtomicU64; Cause::ALL.len()],
    reported: Mutex<Reported>,
}

/// What the log has said last.
#[derive(Default)]
struct Reported {
    at: Option<Timestamp>,
    counts: Vec<u64>,
}

impl Counters {
    /// Counts one occurrence and names it in the log.
    pub(crate) fn count(&self, cause: Cause) {
        let place = Cause::ALL.iter().position(|known| *known == cause);
        if let Some(counter) = place.and_then(|place| self.counts.get(place)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        tracing::debug!(cause = cause.name(), "a visitor was turned away");
    }

    /// Every cause and its count.
    pub fn all(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        Cause::ALL.into_iter().zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed)))
    }

    /// Says in the log what has been counted since it last did, once in [`PERIOD`].
    /// Returns whether it was time to.
    pub(crate) fn report(&self, now: Timestamp) -> bool {
        let counts = self.all().map(|(_, count)| count);
        let before = {
            let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
            if reported.at.is_some_and(|at| at.until(now) < PERIOD) {
                return false;
            }
            reported.at = Some(now);
            std::mem::replace(&mut reported.counts, counts.collect())
        };
        for ((cause, count), before) in self.all().zip(before.into_iter().chain(iter::repeat(0))) {
            let more = count.saturating_sub(before);
            if more > 0 {
                tracing::info!(cause = cause.name(), more, "visitors were turned away");
            }
        }
        true
    }
}
