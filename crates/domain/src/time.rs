//! Time as data: a point in UTC and the port that tells it.
//!
//! Nothing in the house reads the ambient clock (clippy bans it) but one file of the program. The
//! clock that services see never goes back, so that nothing un-expires ([`Steady`]).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A point in time: whole milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The point `span` later; the end of time when that is past it.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The point `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from now until `later`; nothing when that has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A clock that never goes back.
///
/// A host whose clock jumps back would bring expired secrets to life again. The latest time that
/// was ever told, in this run or (through [`Steady::observe`]) in an earlier one, is the least that
/// this clock tells.
pub struct Steady<C> {
    inner: C,
    mark: AtomicI64,
}

impl<C: Clock> Steady<C> {
    /// Wraps `inner`, with no mark yet.
    pub const fn new(inner: C) -> Self {
        Self { inner, mark: AtomicI64::new(i64::MIN) }
    }

    /// Never tell an earlier time than `mark` from now on.
    pub fn observe(&self, mark: Timestamp) {
        self.mark.fetch_max(mark.0, Ordering::Relaxed);
    }
}

impl<C: Clock> Clock for Steady<C> {
    fn now(&self) -> Timestamp {
        let now = self.inner.now().0;
        Timestamp(self.mark.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(AtomicI64);
    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_steady_clock_never_goes_back() {
        let clock = Steady::new(Fixed(AtomicI64::new(100)));
        assert_eq!(clock.now().as_millis(), 100);
        clock.inner.0.store(50, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 100);
        clock.observe(Timestamp(170));
        assert_eq!(clock.now().as_millis(), 170);
        clock.inner.0.store(200, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 200);
    }

    #[test]
    fn spans_saturate() {
        let end = Timestamp(i64::MAX);
        assert_eq!(end.plus(Duration::from_secs(1)), end);
        assert_eq!(Timestamp(5).until(Timestamp(3)), Duration::ZERO);
        assert_eq!(Timestamp(3).until(Timestamp(5)), Duration::from_millis(2));
    }
}
