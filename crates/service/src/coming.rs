//! Bytes that are coming in and not kept yet: they take room as much as what is, or many senders at once
//! would pass the ceiling, and one network could hold all the room without keeping anything (law 10).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::hashes::KeyedHash;
use store::INLINE;

/// Of everybody.
#[derive(Default)]
pub(crate) struct AllComing {
    bytes: AtomicU64,
    /// Of those that send something large, by whose room it takes.
    large: Mutex<HashMap<[u8; 32], u64>>,
}

/// Of one envelope. Dropped, they count no more.
pub(crate) struct Coming {
    all: Arc<AllComing>,
    owner: [u8; 32],
    own: u64,
}

/// How much is coming in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    /// From everybody.
    pub(crate) all: u64,
    /// In large envelopes from the same network.
    pub(crate) network: u64,
}

impl Coming {
    /// None yet.
    pub(crate) fn new(all: &Arc<AllComing>, owner: &KeyedHash) -> Self {
        Self { all: Arc::clone(all), owner: *owner.as_bytes(), own: 0 }
    }

    /// Counts `bytes` more.
    pub(crate) fn add(&mut self, bytes: u64) -> Sum {
        let before = self.own;
        self.own = before.saturating_add(bytes);
        let all = self.all.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if self.own <= INLINE {
            return Sum { all, network: 0 };
        }
        // As soon as it is large, all of it counts.
        let more = if before <= INLINE { self.own } else { bytes };
        let mut large = self.large();
        let sum = large.entry(self.owner).or_default();
        *sum = sum.saturating_add(more);
        let network = *sum;
        drop(large);
        Sum { all, network }
    }

    fn large(&self) -> MutexGuard<'_, HashMap<[u8; 32], u64>> {
        self.all.large.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.own, Ordering::Relaxed);
        if self.own <= INLINE {
            return;
        }
        let mut large = self.large();
        if let Some(network) = large.get_mut(&self.owner) {
            *network = network.saturating_sub(self.own);
            if *network == 0 {
                large.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_counts_until_it_has_come() {
        let all = Arc::new(AllComing::default());
        let owner = |byte| KeyedHash::from_bytes([byte; 32]);
        let mut small = Coming::new(&all, &owner(1));
        assert_eq!(small.add(INLINE), Sum { all: INLINE, network: 0 });
        let mut large = Coming::new(&all, &owner(1));
        large.add(INLINE);
        let sum = large.add(10);
        assert_eq!(sum, Sum { all: 2 * INLINE + 10, network: INLINE + 10 });
        let mut other = Coming::new(&all, &owner(2));
        assert_eq!(other.add(2 * INLINE).network, 2 * INLINE, "another network counts for itself");
        drop((small, large, other));
        assert_eq!(all.bytes.load(Ordering::Relaxed), 0);
        assert!(all.large.lock().unwrap().is_empty());
    }
}
