//! The real clock: what is measured here is how long the real world takes.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::Timestamp;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, for what is kept.
#[expect(clippy::disallowed_methods, reason = "a store that is filled is read by the real clock")]
pub(crate) fn today() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
