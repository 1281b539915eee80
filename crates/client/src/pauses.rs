//! How often what was lost is tried again, and how long to wait before.

use std::time::Duration;

use tokio::time::sleep;

use crate::Error;

/// How long a server may make a client wait.
const MOST: u64 = 60;

/// Pauses between tries, each twice as long as the one before. A step that succeeds starts them anew.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    first: Duration,
    longest: Duration,
    tries: u32,
}

impl Pauses {
    /// Eight tries more, over some 45 seconds.
    pub const USUAL: Self =
        Self { first: Duration::from_millis(250), longest: Duration::from_secs(15), tries: 8 };

    /// As many tries, and no waiting: for whoever does not want to wait, tests among them.
    pub const NONE: Self = Self { first: Duration::ZERO, longest: Duration::ZERO, ..Self::USUAL };

    /// The pause after `failed` tries in a row. `None` when there were enough.
    pub fn after(&self, failed: u32) -> Option<Duration> {
        let doublings = failed.saturating_sub(1).min(16);
        let pause = self.first.saturating_mul(2_u32.saturating_pow(doublings));
        (failed <= self.tries).then(|| pause.min(self.longest))
    }

    /// Waits after `failed` tries in a row, of which the last ended with `error`, or gives up with it. A
    /// server that says how long to wait is believed, up to a minute.
    pub(crate) async fn wait(&self, failed: u32, error: Error) -> Result<(), Error> {
        let Some(pause) = self.after(failed).filter(|_| error.may_pass()) else {
            return Err(error);
        };
        let told = match &error {
            Error::Problem(document) => document.retry_after.unwrap_or(0).min(MOST),
            Error::Foreign { .. } | Error::Lost | Error::Source(_) | Error::Unreachable(_) => 0,
        };
        let told = if self.longest.is_zero() { 0 } else { told };
        sleep(pause.max(Duration::from_secs(told))).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let pauses: Vec<_> = (1..=9).map(|failed| Pauses::USUAL.after(failed)).collect();
        let millis = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000];
        let mut expected: Vec<_> =
            millis.map(|millis| Some(Duration::from_millis(millis))).to_vec();
        expected.push(None);
        assert_eq!(pauses, expected);
    }
}
