//! What was measured: one number for each measure and round, and what is made of them.

use std::collections::BTreeMap;
use std::time::Duration;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// KiB.
    Kib,
    /// MiB.
    Mib,
    /// MiB in a second.
    MibPerSecond,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// How often in a second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// How many times as much.
    Times,
}

/// What a number must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
    /// It is told, not judged.
    None,
}

/// Something that is measured once in every round.
pub(crate) struct Measure {
    /// Its name for programs.
    pub(crate) key: &'static str,
    /// What it is, for people.
    pub(crate) text: &'static str,
    /// What its number counts.
    pub(crate) unit: Unit,
    /// What its number must reach.
    pub(crate) target: Target,
    /// The limits of the machine, by key, that it is compared with in the same round.
    pub(crate) beside: &'static [&'static str],
}

/// Every measure, in the order of the table.
pub(crate) const MEASURES: [Measure; 57] = {
    use Target::{AtLeast, AtMost, None};
    use Unit::{Kib, Mib, MibPerSecond, Micros, Millis, PerSecond, Seconds, Times};
    const STORING: &[&str] = &["echo-post", "fdatasync"];
    const fn row(
        key: &'static str,
        text: &'static str,
        unit: Unit,
        target: Target,
        beside: &'static [&'static str],
    ) -> Measure {
        Measure { key, text, unit, target, beside }
    }
    [
        row("echo-post", "machine: bare echo, POST of 1 KiB", PerSecond, None, &[]),
        row("echo-post-cpu", "the echo's processor time for one", Micros, None, &[]),
        row("echo-get", "machine: bare echo, GET", PerSecond, None, &[]),
        row("echo-get-cpu", "the echo's processor time for one", Micros, None, &[]),
        row("fsync", "machine: fsync of 4 KiB, growing file", PerSecond, None, &[]),
        row("fdatasync", "machine: fdatasync of 4 KiB, growing file", PerSecond, None, &[]),
        row(
            "fdatasync-ready",
            "machine: fdatasync of 4 KiB, file of full length",
            PerSecond,
            None,
            &[],
        ),
        row("create", "creates, 64 connections", PerSecond, AtLeast(20_000.0), STORING),
        row("create-cpu", "the server's processor time for one", Micros, None, &["echo-post-cpu"]),
        row(
            "cycle",
            "create, claim, acknowledge, 64 connections",
            PerSecond,
            AtLeast(10_000.0),
            STORING,
        ),
        row("cycle-cpu", "the server's processor time for one", Micros, None, &["echo-post-cpu"]),
        row("loaded-p50", "a request at 70 % of those cycles, p50", Millis, None, &[]),
        row("loaded-p99", "a request at 70 % of those cycles, p99", Millis, AtMost(10.0), &[]),
        row("alone-create", "a create with one connection, p50", Millis, AtMost(0.5), &[]),
        row("alone-claim", "a claim with one connection, p50", Millis, AtMost(0.5), &[]),
        row("own-create", "creates by those who seal themselves", PerSecond, None, &[]),
        row("conceal", "shares that the server seals, 64 connections", PerSecond, None, &[]),
        row("conceal-cpu", "the server's processor time for one", Micros, None, &[]),
        row("conceal-ratio", "these shares beside those creates", Times, AtLeast(0.7), &[]),
        row("own-cycle", "cycles by those who seal themselves", PerSecond, None, &[]),
        row("disclose", "share and reveal by the server", PerSecond, None, &[]),
        row("disclose-cpu", "the server's processor time for one", Micros, None, &[]),
        row("disclose-ratio", "these cycles beside those", Times, AtLeast(0.7), &[]),
        row("crowd", "/healthz beside 500 wrong passphrases, p99", Millis, AtMost(100.0), &[]),
        row("pages", "open page and its assets, GET", PerSecond, AtLeast(60_000.0), &["echo-get"]),
        row("pages-cpu", "the server's processor time for one", Micros, None, &["echo-get-cpu"]),
        row("weight-create", "create page over the wire, everything", Kib, AtMost(60.0), &[]),
        row("weight-open", "open page over the wire, everything", Kib, AtMost(40.0), &[]),
        row("upload", "a large secret comes in, one connection", MibPerSecond, None, &[]),
        row("download", "a large secret goes out, one connection", MibPerSecond, None, &[]),
        row("start", "start to first answer", Millis, AtMost(50.0), &[]),
        row("idle", "memory when idle", Mib, AtMost(15.0), &[]),
        row("idle-own", "of that, its own: all but the program's file", Mib, None, &[]),
        row("peak", "memory at most in the whole round", Mib, None, &[]),
        row("pg-insert", "machine: pgbench, an insert of 1 KiB each", PerSecond, None, &[]),
        row("pg-create", "creates on that PostgreSQL", PerSecond, None, &["pg-insert"]),
        row("pg-create-cpu", "the server's processor time for one", Micros, None, &[]),
        row("pg-ratio", "creates beside those inserts", Times, AtLeast(0.6), &[]),
        row("pg-cycle", "create, claim, acknowledge on it", PerSecond, None, &["pg-insert"]),
        row("pg-cycle-cpu", "the server's processor time for one", Micros, None, &[]),
        row("few-create", "processor time, ten thousand wait: create", Micros, None, &[]),
        row("many-create", "the same in the large store", Micros, None, &[]),
        row("scale-create", "the large store's beside it", Times, AtMost(1.5), &[]),
        row("few-claim", "ten thousand wait: claim and acknowledge", Micros, None, &[]),
        row("many-claim", "the same in the large store", Micros, None, &[]),
        row("scale-claim", "the large store's beside it", Times, AtMost(1.5), &[]),
        row("few-burn", "ten thousand wait: burn", Micros, None, &[]),
        row("many-burn", "the same in the large store", Micros, None, &[]),
        row("scale-burn", "the large store's beside it", Times, AtMost(1.5), &[]),
        row("few-start", "ten thousand wait: start to first answer", Millis, None, &[]),
        row("many-start", "the same in the large store", Millis, AtMost(1000.0), &[]),
        row("few-memory", "memory after these loads, ten thousand wait", Mib, None, &[]),
        row("many-memory", "the same in the large store", Mib, None, &["few-memory"]),
        row("sweep-without", "large store, half of its cycles: a request, p99", Millis, None, &[]),
        row("sweep-with", "the same beside 1,000 expiries a second", Millis, None, &[]),
        row("sweep", "with the sweeper beside without", Times, AtMost(2.0), &[]),
        row(
            "sweep-behind",
            "how long the first that is due has been due",
            Seconds,
            AtMost(6.0),
            &[],
        ),
    ]
};

/// The numbers of one round.
#[derive(Default)]
pub(crate) struct Round(BTreeMap<&'static str, f64>);

impl Round {
    /// Keeps the number of the measure `key`.
    pub(crate) fn put(&mut self, key: &'static str, number: f64) {
        self.0.insert(key, number);
    }

    /// The number of the measure `key`, if it was measured.
    pub(crate) fn get(&self, key: &str) -> Option<f64> {
        self.0.get(key).copied()
    }
}

/// The middle of several numbers, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The median.
    pub(crate) median: f64,
    /// The least.
    pub(crate) min: f64,
    /// The most.
    pub(crate) max: f64,
}

impl Spread {
    /// Of what `number` says about each round; `None` when it says nothing.
    pub(crate) fn of(rounds: &[Round], number: impl Fn(&Round) -> Option<f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = rounds.iter().filter_map(number).collect();
        numbers.sort_by(f64::total_cmp);
        let (last, half) = (numbers.len().checked_sub(1)?, numbers.len().div_euclid(2));
        let upper = *numbers.get(half)?;
        let lower = *numbers.get(last.saturating_sub(half))?;
        let (min, max) = (*numbers.first()?, *numbers.last()?);
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// The value below which `share` of the sorted `times` lie, in milliseconds.
pub(crate) fn percentile(times: &[Duration], hundredths: usize) -> f64 {
    let at = times.len().saturating_mul(hundredths).div_euclid(100);
    let at = at.min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// How often in a second.
pub(crate) fn rate(count: u64, span: Duration) -> f64 {
    number(count) / span.as_secs_f64()
}

/// `count` as a number that can be divided.
pub(crate) fn number(count: u64) -> f64 {
    // Exact below 2^32; nothing here is counted higher.
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Bytes in KiB.
pub(crate) fn kib(bytes: u64) -> f64 {
    number(bytes) / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: &[f64]) -> Option<Spread> {
        let rounds: Vec<Round> =
            numbers.iter().map(|number| Round([("create", *number)].into())).collect();
        Spread::of(&rounds, |round| round.get("create"))
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[5.0]), Some(Spread { median: 5.0, min: 5.0, max: 5.0 }));
        assert_eq!(spread(&[9.0, 1.0, 3.0]), Some(Spread { median: 3.0, min: 1.0, max: 9.0 }));
        assert_eq!(spread(&[4.0, 1.0, 2.0, 9.0]), Some(Spread { median: 3.0, min: 1.0, max: 9.0 }));
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert!((percentile(&times, 50) - 51.0).abs() < 1e-9);
        assert!((percentile(&times, 99) - 100.0).abs() < 1e-9);
        assert!(percentile(&[], 99).abs() < 1e-9);
    }

    #[test]
    fn what_is_compared_is_measured() {
        let keys: Vec<_> = MEASURES.iter().map(|measure| measure.key).collect();
        for measure in &MEASURES {
            assert!(measure.beside.iter().all(|key| keys.contains(key)), "{}", measure.key);
            assert_eq!(keys.iter().filter(|key| **key == measure.key).count(), 1);
        }
    }
}
