//! Hashing: passphrases that the server itself must stretch, so many at once and no more (law 10, R30).
//!
//! Each takes 32 MiB and a processor for a moment. Whoever finds all of them taken waits in a queue that
//! is bounded twice, over all and for each network, and not for ever; everybody else hears at once that
//! there is too much to do. A caller that goes away leaves its place only when its work is done: the bound
//! on memory holds whatever clients do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::hashes::KeyedHash;
use envelope::Workspace;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much hashing an instance takes upon itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    /// How many passphrases are stretched at once.
    pub at_once: usize,
    /// How many may wait beside them. One network has half of all places, running and waiting.
    pub waiting: usize,
    /// How long one waits at most.
    pub patience: Duration,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { at_once: 2, waiting: 64, patience: Duration::from_secs(5) }
    }
}

/// There is too much to do. Nothing was judged, nothing counted, nothing lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passphrases are being checked")]
pub struct Busy {
    /// When to ask again.
    pub wait: Duration,
}

impl Default for Busy {
    fn default() -> Self {
        Self { wait: Duration::from_secs(5) }
    }
}

/// How much is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many are stretched now.
    pub running: usize,
    /// How many wait.
    pub waiting: usize,
    /// How many were ever stretched at once.
    pub most: usize,
}

/// The places of one instance.
pub(crate) struct Pool {
    bounds: Hashing,
    permits: Arc<Semaphore>,
    desk: Arc<Mutex<Desk>>,
}

/// Who is there.
#[derive(Default)]
struct Desk {
    load: Load,
    /// How many were ever stretched.
    begun: u64,
    networks: HashMap<[u8; 32], usize>,
    /// Memory between two uses. Given back when nobody is there.
    idle: Vec<Workspace>,
}

fn at(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(crate) fn new(bounds: Hashing) -> Self {
        let bounds = Hashing { at_once: bounds.at_once.max(1), ..bounds };
        Self { bounds, permits: Arc::new(Semaphore::new(bounds.at_once)), desk: Arc::default() }
    }

    pub(crate) fn load(&self) -> Load {
        at(&self.desk).load
    }

    pub(crate) fn begun(&self) -> u64 {
        at(&self.desk).begun
    }

    /// Does `work` in memory of the pool, off the threads that answer.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        network: &KeyedHash,
        work: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let busy = Busy { wait: self.bounds.patience.max(Duration::from_secs(1)) };
        let place = self.enter(network).ok_or(busy)?;
        let turn = place.start(self.permit().await.ok_or(busy)?);
        let done = tokio::task::spawn_blocking(move || {
            let mut turn = turn;
            work(&mut turn.workspace)
        });
        done.await.map_err(|_| busy)
    }

    /// The right to begin, unless that takes too long.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        tokio::time::timeout(self.bounds.patience, permit).await.ok()?.ok()
    }

    /// A place for one of `network`, if there is one.
    fn enter(&self, network: &KeyedHash) -> Option<Place> {
        let places = self.bounds.at_once.saturating_add(self.bounds.waiting);
        let network = *network.as_bytes();
        let mut desk = at(&self.desk);
        let taken = desk.load.running.saturating_add(desk.load.waiting);
        let own = desk.networks.get(&network).copied().unwrap_or(0);
        if taken >= places || own >= places.div_ceil(2) {
            return None;
        }
        desk.load.waiting = desk.load.waiting.saturating_add(1);
        desk.networks.insert(network, own.saturating_add(1));
        drop(desk);
        Some(Place { desk: Arc::clone(&self.desk), network, is_running: false })
    }
}

/// A place, taken until it is dropped.
struct Place {
    desk: Arc<Mutex<Desk>>,
    network: [u8; 32],
    is_running: bool,
}

impl Place {
    fn start(mut self, permit: OwnedSemaphorePermit) -> Turn {
        let mut desk = at(&self.desk);
        desk.load.waiting = desk.load.waiting.saturating_sub(1);
        desk.load.running = desk.load.running.saturating_add(1);
        desk.load.most = desk.load.most.max(desk.load.running);
        desk.begun = desk.begun.saturating_add(1);
        let workspace = desk.idle.pop().unwrap_or_default();
        drop(desk);
        self.is_running = true;
        Turn { workspace, place: self, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut desk = at(&self.desk);
        let load = &mut desk.load;
        let count = if self.is_running { &mut load.running } else { &mut load.waiting };
        *count = count.saturating_sub(1);
        let is_empty = load.running == 0 && load.waiting == 0;
        if let Some(own) = desk.networks.get_mut(&self.network) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                desk.networks.remove(&self.network);
            }
        }
        let unused = if is_empty { std::mem::take(&mut desk.idle) } else { Vec::new() };
        drop(desk);
        drop(unused);
    }
}

/// A turn at stretching. The memory goes back before the place does, and the place before the permit.
struct Turn {
    workspace: Workspace,
    place: Place,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let workspace = std::mem::take(&mut self.workspace);
        at(&self.place.desk).idle.push(workspace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn pool(at_once: usize, waiting: usize, patience: Duration) -> Arc<Pool> {
        Arc::new(Pool::new(Hashing { at_once, waiting, patience }))
    }

    fn network(byte: u8) -> KeyedHash {
        KeyedHash::from_bytes([byte; 32])
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn so_many_at_once_and_no_more_wait_than_may() {
        let pool = pool(2, 4, LONG);
        let (told, go) = mpsc::channel::<()>();
        let go = Arc::new(Mutex::new(go));
        let mut tasks = Vec::new();
        for byte in 0..6 {
            let (pool, go) = (Arc::clone(&pool), Arc::clone(&go));
            tasks.push(tokio::spawn(async move {
                pool.run(&network(byte), move |_| go.lock().unwrap().recv().unwrap()).await
            }));
        }
        let full = Load { running: 2, waiting: 4, most: 2 };
        while pool.load() != full {
            tokio::task::yield_now().await;
        }
        // Every place is taken: the next one hears so at once.
        assert!(pool.run(&network(9), |_| ()).await.is_err());
        for _ in 0..6 {
            told.send(()).unwrap();
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        while pool.load() != (Load { running: 0, waiting: 0, most: 2 }) {
            tokio::task::yield_now().await;
        }
        assert!(at(&pool.desk).idle.is_empty(), "memory stays while nobody is there");
        assert!(at(&pool.desk).networks.is_empty());
        assert!(pool.run(&network(9), |_| ()).await.is_ok());
    }

    #[tokio::test]
    async fn one_network_takes_half_of_the_places() {
        let pool = pool(1, 3, LONG);
        let (told, go) = mpsc::channel::<()>();
        let first = Arc::clone(&pool);
        let first =
            tokio::spawn(async move { first.run(&network(1), move |_| go.recv().unwrap()).await });
        let second = Arc::clone(&pool);
        let second = tokio::spawn(async move { second.run(&network(1), |_| ()).await });
        while pool.load() != (Load { running: 1, waiting: 1, most: 1 }) {
            tokio::task::yield_now().await;
        }
        assert!(pool.run(&network(1), |_| ()).await.is_err());
        let other = Arc::clone(&pool);
        let other = tokio::spawn(async move { other.run(&network(2), |_| ()).await });
        told.send(()).unwrap();
        for task in [first, second, other] {
            task.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_and_whoever_goes_leaves_no_place_taken() {
        let pool = pool(1, 3, Duration::ZERO);
        let (told, go) = mpsc::channel::<()>();
        let first = Arc::clone(&pool);
        let first =
            tokio::spawn(async move { first.run(&network(1), move |_| go.recv().unwrap()).await });
        while pool.load().running == 0 {
            tokio::task::yield_now().await;
        }
        assert!(pool.run(&network(2), |_| ()).await.is_err());
        assert_eq!(pool.load().waiting, 0);
        // The caller goes away; what it began goes on, and counts as long as it does.
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(pool.load().running, 1);
        told.send(()).unwrap();
        while pool.load().running > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn work_that_fails_gives_its_place_back() {
        let pool = pool(1, 1, LONG);
        let failed: Result<(), Busy> = pool.run(&network(1), |_| panic!("it fails")).await;
        assert!(failed.is_err());
        while pool.load().running > 0 {
            tokio::task::yield_now().await;
        }
        assert!(pool.run(&network(1), |_| ()).await.is_ok());
    }
}
