//! Time as data: a point in UTC and the port that tells it.
//!
//! Nothing in the house reads the ambient clock (clippy bans it) but one file of the program. The
//! clock that services see never goes back, so that nothing un-expires ([`Steady`]).

use std::sync::{Mutex, PoisonError};
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

    /// By how much it tells a later time than the machine does. More than a moment means that the
    /// machine's clock has jumped back.
    fn ahead(&self) -> Duration {
        Duration::ZERO
    }
}

/// Tells how much time has passed, whatever the clock on the wall says meanwhile.
pub trait Stopwatch: Send + Sync {
    /// How long it is since a moment that stays the same.
    fn elapsed(&self) -> Duration;
}

/// A clock that never goes back and never stands still.
///
/// A host whose clock jumps back would bring expired secrets to life again. The latest time that
/// was ever told, in this run or (through [`Steady::observe`]) in an earlier one, is the least that
/// this clock tells. While the host's clock is behind it, time goes on at half its speed: what is due
/// still comes, and the host's clock catches up.
pub struct Steady<C> {
    inner: C,
    told: Mutex<Told>,
}

/// The latest time that was told, and when that was.
#[derive(Clone, Copy)]
struct Told {
    time: i64,
    at: Duration,
}

impl Told {
    /// The least that may be told at this moment.
    fn least(&self, at: Duration) -> Timestamp {
        let passed = at.saturating_sub(self.at);
        Timestamp(self.time).plus(passed.checked_div(2).unwrap_or_default())
    }
}

impl<C: Clock + Stopwatch> Steady<C> {
    /// Wraps `inner`, with nothing told yet.
    pub const fn new(inner: C) -> Self {
        Self { inner, told: Mutex::new(Told { time: i64::MIN, at: Duration::ZERO }) }
    }

    /// Never tell an earlier time than `mark` from now on.
    pub fn observe(&self, mark: Timestamp) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.inner.elapsed();
        if told.least(at) < mark {
            *told = Told { time: mark.0, at };
        }
    }
}

impl<C: Clock + Stopwatch> Clock for Steady<C> {
    fn now(&self) -> Timestamp {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, at) = (self.inner.now(), self.inner.elapsed());
        let least = Timestamp(told.time)
            .plus(at.saturating_sub(told.at).checked_div(2).unwrap_or_default());
        if now < least {
            return least;
        }
        *told = Told { time: now.0, at };
        now
    }

    fn ahead(&self) -> Duration {
        self.inner.now().until(self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    /// A wall clock and a stopwatch, in milliseconds.
    #[derive(Default)]
    struct Host(AtomicI64, AtomicU64);
    impl Clock for Host {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::Relaxed))
        }
    }
    impl Stopwatch for Host {
        fn elapsed(&self) -> Duration {
            Duration::from_millis(self.1.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn a_steady_clock_never_goes_back() {
        let clock = Steady::new(Host::default());
        clock.inner.0.store(100, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 100);
        clock.inner.0.store(50, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 100);
        clock.observe(Timestamp(170));
        assert_eq!(clock.now().as_millis(), 170);
        assert_eq!(clock.ahead(), Duration::from_millis(120));
        clock.inner.0.store(200, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 200);
        assert_eq!(clock.ahead(), Duration::ZERO);
    }

    #[test]
    fn a_host_that_fell_behind_catches_up_and_time_goes_on() {
        let clock = Steady::new(Host::default());
        clock.observe(Timestamp(1000));
        let mut last = 0;
        for millis in 0..=3000 {
            clock.inner.0.store(millis, Ordering::Relaxed);
            clock.inner.1.store(millis.unsigned_abs(), Ordering::Relaxed);
            let now = clock.now().as_millis();
            assert!(now >= last && now >= millis, "{millis}: {now} after {last}");
            last = now;
        }
        assert_eq!(clock.ahead(), Duration::ZERO);
        clock.inner.0.store(0, Ordering::Relaxed);
        clock.inner.1.store(5000, Ordering::Relaxed);
        assert_eq!(clock.now().as_millis(), 4000, "half of the two seconds that passed");
    }

    #[test]
    fn spans_saturate() {
        let end = Timestamp(i64::MAX);
        assert_eq!(end.plus(Duration::from_secs(1)), end);
        assert_eq!(Timestamp(5).until(Timestamp(3)), Duration::ZERO);
        assert_eq!(Timestamp(3).until(Timestamp(5)), Duration::from_millis(2));
    }
}
