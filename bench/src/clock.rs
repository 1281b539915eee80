//! The real clock: what is measured here is how long the real world takes.

use std::time::Instant;

/// Now.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
