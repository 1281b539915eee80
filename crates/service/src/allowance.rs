//! Allowances: how often somebody may ask, counted over all nodes.
//!
//! One node counts by itself, in [`Buckets`]. Where several share a database, what is let through there is
//! counted once more for all of them together, so that asking at many nodes helps nobody. Without the
//! database there is no answer, and so no way past the count (R40).
//!
//! A bucket is one number (the generic cell rate algorithm): the time at which it would be full again. The
//! number of buckets is bounded; a bucket that is full again is forgotten, because a new one would be the same.
//! When there is no room, newcomers share one bucket: a flood of them makes no one's limit go away.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use domain::hashes::Kind;
use domain::time::Timestamp;
use store::StoreError;
use store::port::Allowance;

use crate::Service;

/// The most buckets that are kept.
const BUCKETS: usize = 100_000;
/// How many milliseconds lie between two searches for buckets that can be forgotten.
const SWEEP: i64 = 1000;

/// How much is allowed: so many requests at once, and one more after so many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// At once.
    pub burst: i64,
    /// Milliseconds for each after that.
    pub each: i64,
}

impl Quota {
    /// So many requests a minute, all at once if need be.
    pub fn per_minute(count: u32) -> Self {
        let burst = i64::from(count.max(1));
        Self { burst, each: 60_000_i64.div_euclid(burst).max(1) }
    }

    /// How many milliseconds an empty bucket takes to be full.
    const fn whole(self) -> i64 {
        self.burst.saturating_mul(self.each)
    }
}

/// The buckets of one node. `K` says what is counted; its default is what newcomers share.
#[derive(Debug)]
pub struct Buckets<K>(Mutex<Filling<K>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::new(Filling { full_at: HashMap::new(), swept_at: 0 }))
    }
}

#[derive(Debug)]
struct Filling<K> {
    /// When each would be full again.
    full_at: HashMap<K, i64>,
    /// When full ones were last looked for.
    swept_at: i64,
}

impl<K: Eq + Hash> Filling<K> {
    /// Whether there is room for another, if need be after forgetting those that are full again.
    fn has_room(&mut self, now: i64) -> bool {
        // Looking for them costs: a flood of newcomers must not make every request pay for it.
        if self.full_at.len() >= BUCKETS && self.swept_at.saturating_add(SWEEP) <= now {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.swept_at = now;
        }
        self.full_at.len() < BUCKETS
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes one request from the bucket `key`, or says how many milliseconds to wait. Where there is no room for
    /// another bucket, `shared` is taken.
    pub fn take(
        &self,
        now: Timestamp,
        quota: Quota,
        key: K,
        shared: impl FnOnce(K) -> K,
    ) -> Result<(), i64> {
        let now = now.as_millis();
        let mut filling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = filling.full_at.contains_key(&key) || filling.has_room(now);
        let key = if known { key } else { shared(key) };
        let full_at = filling.full_at.entry(key).or_insert(now);
        let next = (*full_at).max(now).saturating_add(quota.each);
        let wait = next.saturating_sub(now).saturating_sub(quota.whole());
        if wait > 0 {
            return Err(wait);
        }
        *full_at = next;
        drop(filling);
        Ok(())
    }

    /// How many milliseconds the bucket `key` is without another request, if it is. Takes nothing.
    pub fn wait(&self, now: Timestamp, quota: Quota, key: &K) -> Option<i64> {
        let full_at = {
            let filling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            filling.full_at.get(key).copied()?
        };
        let next = full_at.saturating_add(quota.each);
        let wait = next.saturating_sub(now.as_millis()).saturating_sub(quota.whole());
        (wait > 0).then_some(wait)
    }

    /// Empties the bucket `key`, so that whoever asks must wait for `wait` milliseconds.
    fn exhaust(&self, now: Timestamp, quota: Quota, key: K, wait: i64) {
        let next = now.as_millis().saturating_add(quota.whole()).saturating_add(wait);
        let full_at = next.saturating_sub(quota.each);
        let mut filling = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if filling.full_at.contains_key(&key) || filling.has_room(now.as_millis()) {
            let known = filling.full_at.entry(key).or_insert(full_at);
            *known = (*known).max(full_at);
        }
        drop(filling);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).full_at.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is tried, and must not be tried without end. It is counted whatever the request limits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// A code or a confirmation, by somebody who is nearly in.
    Code,
    /// A key that is none, from one network.
    Key,
    /// A means of signing in, for one account.
    SignIn,
    /// The same, from one network.
    SignInFrom,
}

impl Guess {
    const fn label(self) -> &'static str {
        match self {
            Self::Code => "guess code",
            Self::Key => "guess key",
            Self::SignIn => "guess sign-in",
            Self::SignInFrom => "guess sign-in from",
        }
    }

    /// How much of it is allowed.
    const fn quota(self) -> Quota {
        match self {
            // A million codes, of which three are right at a time: years for one that guesses.
            Self::Code => Quota { burst: 5, each: 60_000 },
            Self::SignIn => Quota { burst: 10, each: 60_000 },
            Self::Key | Self::SignInFrom => Quota { burst: 30, each: 10_000 },
        }
    }
}

impl Service {
    /// Takes one request from the allowance of `network` for `purpose`: `burst` requests at once, and one
    /// more every `each` milliseconds. Says how many milliseconds to wait when there is none left. Where nobody
    /// shares the store nothing is counted here.
    pub async fn allow(
        &self,
        purpose: &str,
        network: &[u8],
        burst: i64,
        each: i64,
    ) -> Result<Result<(), i64>, StoreError> {
        let mut whose = purpose.as_bytes().to_vec();
        whose.push(0);
        whose.extend_from_slice(network);
        let key = self.store.hash(Kind::Allowance, &whose);
        let full = burst.saturating_mul(each);
        let asked = Allowance { now: self.clock.now(), cost: each, full };
        Ok(self.store.allow(&key, asked).await?.unwrap_or(Ok(())))
    }

    /// Takes one try of `guess` at `whom`, here and over all nodes, before anything is looked at. Says how many
    /// milliseconds to wait when there is none left.
    pub async fn guess(&self, guess: Guess, whom: &[u8]) -> Result<Result<(), i64>, StoreError> {
        let quota = guess.quota();
        let key = self.store.hash(Kind::Guess, whom);
        let shared = |(guess, _)| (guess, [0; 32]);
        let here = self.guesses.take(self.clock.now(), quota, (guess, *key.as_bytes()), shared);
        if here.is_err() {
            return Ok(here);
        }
        let taken = self.allow(guess.label(), key.as_bytes(), quota.burst, quota.each).await?;
        if let Err(wait) = taken {
            // Other nodes have let through what there was: nobody need ask them again before that.
            self.guesses.exhaust(self.clock.now(), quota, (guess, *key.as_bytes()), wait);
        }
        Ok(taken)
    }

    /// Whether a try of `guess` at `whom` would be one too many, as far as this node knows: how many milliseconds
    /// to wait. It takes no try, so that whoever is right loses none.
    pub fn is_exhausted(&self, guess: Guess, whom: &[u8]) -> Option<i64> {
        let key = self.store.hash(Kind::Guess, whom);
        self.guesses.wait(self.clock.now(), guess.quota(), &(guess, *key.as_bytes()))
    }

    /// Takes one of the requests that the API key with this number may make in a minute, here and over all nodes.
    pub async fn pace(&self, key: i64, per_minute: u32) -> Result<Result<(), i64>, StoreError> {
        let quota = Quota::per_minute(per_minute);
        let here = self.paces.take(self.clock.now(), quota, key, |_| i64::MIN);
        if here.is_err() {
            return Ok(here);
        }
        self.allow("key", &key.to_be_bytes(), quota.burst, quota.each).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_says_how_long_it_is_empty_and_gives_nothing_for_that() {
        let buckets = Buckets::<u8>::default();
        let at = |millis: i64| Timestamp::from_millis(millis.saturating_add(1_000_000));
        let quota = Quota::per_minute(2);
        let take = |millis| buckets.take(at(millis), quota, 1, |key| key);
        assert_eq!(buckets.wait(at(0), quota, &1), None);
        assert_eq!((take(0), buckets.wait(at(0), quota, &1)), (Ok(()), None));
        assert_eq!((take(0), buckets.wait(at(0), quota, &1)), (Ok(()), Some(30_000)));
        assert_eq!(take(0), Err(30_000));
        assert_eq!(buckets.wait(at(30_000), quota, &1), None);
        buckets.exhaust(at(30_000), quota, 1, 7);
        assert_eq!((buckets.wait(at(30_000), quota, &1), take(30_000)), (Some(7), Err(7)));
        assert_eq!(take(30_007), Ok(()));
    }

    #[test]
    fn a_flood_of_newcomers_frees_nobody() {
        let buckets = Buckets::<usize>::default();
        let (now, quota) = (Timestamp::from_millis(1_000_000), Quota { burst: 30, each: 2000 });
        let take = |key| buckets.take(now, quota, key, |_| usize::MAX);
        while take(1).is_ok() {}
        for newcomer in 0..BUCKETS.saturating_add(50) {
            let _taken = take(newcomer);
        }
        assert!(take(1).is_err());
        assert!(buckets.len() <= BUCKETS.saturating_add(1));
    }
}
