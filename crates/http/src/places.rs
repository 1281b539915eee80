//! Places that many want: bounded altogether, and shared out so that one cannot take what others need.
//!
//! Used for connections and for requests that run (law 10). A network gets its share, and less of it the
//! fewer places are free: however many networks are greedy, one that has nothing still gets something.
//! Who has a whole block of IPv6 networks has not as many shares: blocks are bounded as well.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// So many places, so many for each network.
pub(crate) struct Places {
    all: usize,
    each: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    networks: HashMap<Vec<u8>, usize>,
}

/// A place; free again when it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    network: Option<Vec<u8>>,
}

impl Places {
    /// `all` places, at most `each` of them for one network.
    pub(crate) fn new(all: usize, each: usize) -> Arc<Self> {
        Arc::new(Self { all, each, taken: Mutex::default() })
    }

    /// A place for somebody of `network`, or for somebody who stands for many networks.
    pub(crate) fn take(self: &Arc<Self>, network: Option<Vec<u8>>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.all.saturating_sub(taken.all);
        if free == 0 {
            return None;
        }
        if let Some(network) = &network {
            let room = self.each.min(free.div_ceil(2));
            let has = |block: &[u8]| taken.networks.get(block).copied().unwrap_or(0);
            if blocks(network).any(|(block, shares)| has(block) >= room.saturating_mul(shares)) {
                return None;
            }
            for (block, _) in blocks(network) {
                let has = taken.networks.entry(block.to_vec()).or_default();
                *has = has.saturating_add(1);
            }
        }
        taken.all = taken.all.saturating_add(1);
        drop(taken);
        Some(Place { places: Arc::clone(self), network })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        for (block, _) in self.network.iter().flat_map(|network| blocks(network)) {
            if let Some(has) = taken.networks.get_mut(block) {
                *has = has.saturating_sub(1);
                if *has == 0 {
                    taken.networks.remove(block);
                }
            }
        }
    }
}

/// The blocks that a network lies in, itself first, and how many shares each may have: of an IPv6 /64
/// also its /56 (a home) and its /48 (a site).
fn blocks(network: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let wider = if network.len() == 8 { 3 } else { 1 };
    [(8, 1), (7, 2), (6, 4)]
        .into_iter()
        .take(wider)
        .map(|(length, shares)| (network.get(..length).unwrap_or(network), shares))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(places: &Arc<Places>, network: u8) -> Vec<Place> {
        std::iter::from_fn(|| places.take(Some(vec![network]))).collect()
    }

    #[test]
    fn one_network_has_its_share_and_gets_it_back() {
        let places = Places::new(100, 10);
        let mut mine = fill(&places, 1);
        assert_eq!(mine.len(), 10);
        mine.pop();
        mine.extend(fill(&places, 1));
        assert_eq!(mine.len(), 10);
        drop(mine);
        assert!(places.taken.lock().unwrap().networks.is_empty(), "nothing is remembered");
        assert_eq!(places.taken.lock().unwrap().all, 0);
    }

    #[test]
    fn greedy_networks_leave_room_for_those_who_have_nothing() {
        let places = Places::new(100, 90);
        let greedy: Vec<_> = (0..10).flat_map(|network| fill(&places, network)).collect();
        assert!(greedy.len() < 100, "{}", greedy.len());
        assert!(places.take(Some(vec![99])).is_some());
        assert!(places.take(None).is_some());
    }

    #[test]
    fn a_block_of_networks_is_not_as_many_customers() {
        let places = Places::new(10_000, 10);
        let take = |network: [u8; 8]| places.take(Some(network.to_vec()));
        let home: Vec<_> = (0..=255)
            .flat_map(|last| std::iter::from_fn(move || Some(last)).take(10))
            .filter_map(|last| take([0x20, 1, 0xd, 0xb8, 0, 1, 0, last]))
            .collect();
        assert_eq!(home.len(), 20);
        let site: Vec<_> =
            (1..=255).filter_map(|byte| take([0x20, 1, 0xd, 0xb8, 0, 1, byte, 0])).collect();
        assert_eq!(site.len(), 20, "40 for the /48 in all");
        assert!(take([0x20, 1, 0xd, 0xb8, 0, 2, 0, 0]).is_some());
        drop((home, site));
        assert_eq!(places.taken.lock().unwrap().networks.len(), 0);
    }

    #[test]
    fn there_are_never_more_than_all() {
        let places = Places::new(5, 90);
        let taken: Vec<_> = std::iter::from_fn(|| places.take(None)).collect();
        assert_eq!(taken.len(), 5);
        assert!(places.take(Some(vec![1])).is_none());
    }
}
