//! Readiness: whether this program does its work, told without doing any (R103, law 10).
//!
//! The sweeper writes to the store every few seconds. When its last write is too long ago the store
//! takes no writes; when the clock is far ahead of the machine's, that one has jumped back. Nobody who
//! asks costs the store anything.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::time::Timestamp;

use crate::Service;

/// How long the last write may be ago.
const STALE: Duration = Duration::from_secs(30);
/// How far the machine's clock may be behind.
const ADRIFT: Duration = Duration::from_mins(1);

/// When the store last took a write of the sweeper's.
pub(crate) struct Readiness(AtomicI64);

impl Default for Readiness {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Readiness {
    pub(crate) fn wrote(&self, now: Timestamp) {
        self.0.fetch_max(now.as_millis(), Ordering::Relaxed);
    }
}

impl Service {
    /// Says in the log that the machine's clock is not to be trusted.
    pub(crate) fn judge_clock(&self) {
        let ahead = self.clock.ahead();
        if ahead >= ADRIFT {
            let seconds = ahead.as_secs();
            tracing::error!(seconds, "the machine's clock is behind the latest time of the store");
        }
    }

    /// Whether the store takes writes and the clock can be trusted.
    pub fn is_ready(&self) -> bool {
        let wrote = Timestamp::from_millis(self.readiness.0.load(Ordering::Relaxed));
        wrote.until(self.clock.now()) < STALE && self.clock.ahead() < ADRIFT
    }
}
