//! The ambient world: the system's clock, its random bytes and its environment.
//!
//! The only file that reads them; everything else takes them as arguments (clippy bans the calls).

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use domain::time::Stopwatch;
use domain::{Clock, Entropy, Timestamp};

/// The system's clock, stopwatch and generator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct System;

/// When the stopwatch was first looked at.
static START: LazyLock<Instant> = LazyLock::new(start);

#[expect(clippy::disallowed_methods, reason = "the one place where the program reads the clock")]
fn start() -> Instant {
    Instant::now()
}

impl Stopwatch for System {
    fn elapsed(&self) -> Duration {
        START.elapsed()
    }
}

impl Clock for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the program reads the clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "the one place where the program draws bytes")]
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Without randomness every key would be known: nothing may go on.
            std::process::abort();
        }
    }
}

/// How many processors this program may use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The variables of the environment. `None` for a value that is not UTF-8.
pub(crate) type Environment = BTreeMap<String, Option<String>>;

/// Reads the environment once.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub(crate) fn environment() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
        .collect()
}
