//! How many parts are gathered in memory at once: so many on a node, and fewer from one network, so that
//! whoever sends many at once keeps nobody else from sending one (law 10).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::hashes::KeyedHash;

use crate::StoreError;
use crate::port::Result;

/// How many there are at once, each up to 8 MiB.
const ALL: usize = 16;
/// How many of them are of one network.
const OF_ONE: usize = 4;

/// All that are running.
#[derive(Clone, Default)]
pub(super) struct Transfers(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    all: usize,
    of: HashMap<[u8; 32], usize>,
}

/// One that is running until it is dropped.
pub(super) struct Transfer {
    all: Transfers,
    network: [u8; 32],
}

impl Transfers {
    /// One more of `network`, if there is room for it.
    pub(super) fn begin(&self, network: &KeyedHash) -> Result<Transfer> {
        let network = *network.as_bytes();
        let mut running = self.running();
        let of = running.of.get(&network).copied().unwrap_or(0);
        if running.all >= ALL || of >= OF_ONE {
            return Err(StoreError::Overloaded);
        }
        running.all = running.all.saturating_add(1);
        running.of.insert(network, of.saturating_add(1));
        drop(running);
        Ok(Transfer { all: self.clone(), network })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut running = self.all.running();
        running.all = running.all.saturating_sub(1);
        if let Some(of) = running.of.get_mut(&self.network) {
            *of = of.saturating_sub(1);
            if *of == 0 {
                running.of.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_leaves_room_for_others_and_gives_back_what_it_took() {
        let transfers = Transfers::default();
        let begin = |network| transfers.begin(&KeyedHash::from_bytes([network; 32]));
        let mut first: Vec<_> = (0..OF_ONE).map(|_| begin(0).unwrap()).collect();
        assert!(begin(0).is_err(), "no more of one network");
        let others: Vec<_> =
            (OF_ONE..ALL).map(|network| begin(u8::try_from(network).unwrap())).collect();
        assert!(others.iter().all(Result::is_ok), "others find room");
        assert!(begin(99).is_err(), "until there is none");
        drop(first.pop());
        let _again = begin(0).unwrap();
        assert!(begin(0).is_err());
        drop((first, others));
        assert!(transfers.running().of.len() == 1 && transfers.running().all == 1);
    }
}
