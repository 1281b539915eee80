//! A short life with everything in it, and how it is concluded by whoever is left.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, Timestamp};
use testkit::history::{Asked, Heard, Impossible, Terms};
use testkit::tale::{Draft, Tale, Watch};
use testkit::{Answer, Connection, Dice, HandClock, MachineClock, Process, Server};

use crate::disk::Disk;

const ONCE: Terms =
    Terms { views: 1, strict: false, lifetime: 30 * 86_400_000, guesses: 5, burns: false };
/// More than what lies in the database.
pub(crate) const LARGE: usize = 100_000;

/// The machine's clock, and before that one that is set by hand.
struct Turned {
    past: Arc<HandClock>,
    is_past: AtomicBool,
}

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        if self.is_past.load(Ordering::Relaxed) {
            return self.past.now();
        }
        MachineClock.now()
    }
}

/// What lies in the data directory when a life begins.
pub(crate) struct Past {
    dir: Option<Arc<tempfile::TempDir>>,
    tales: Vec<Tale>,
    watch: Arc<Watch>,
}

/// What is done and heard.
pub(crate) struct Life {
    watch: Arc<Watch>,
    dice: Dice,
    tales: Vec<Tale>,
    /// Creations of which nothing was heard.
    drafts: Vec<Draft>,
    /// The names of the problems that said that the fault is the server's.
    faults: Mutex<BTreeSet<String>>,
}

impl Past {
    /// Nothing at all.
    pub(crate) fn none() -> Self {
        let clock = Turned { past: Arc::default(), is_past: AtomicBool::new(false) };
        Self { dir: None, tales: Vec::new(), watch: Arc::new(Watch::new(Arc::new(clock), 250)) }
    }

    /// Secrets that wait, small and large; and work for the sweeper: one whose time is up, one whose lease
    /// has ended, one whose file is to be removed.
    pub(crate) async fn some() -> Self {
        let server = Server::start().await;
        let clock = Turned { past: Arc::clone(&server.clock), is_past: AtomicBool::new(false) };
        let now = clock.now();
        clock.is_past.store(true, Ordering::Relaxed);
        server.clock.set(now.minus(Duration::from_hours(48)));
        let clock = Arc::new(clock);
        let told: Arc<dyn Clock> = Arc::<Turned>::clone(&clock);
        let watch = Arc::new(Watch::new(told, 250));
        let mut life = Life::new(Arc::clone(&watch), 1, Vec::new());
        let mut at = Connection::open(server.address).await;
        let over = Terms { lifetime: 3_600_000, ..ONCE };
        for (terms, length) in [(ONCE, 4), (ONCE, LARGE), (over, 4), (ONCE, 4), (ONCE, LARGE)] {
            life.create(&mut at, terms, length).await.unwrap();
        }
        life.open(&mut at, 3).await.unwrap();
        let reader = life.open(&mut at, 4).await.unwrap();
        life.ask(&mut at, 4, Asked::Acknowledge(reader)).await.unwrap();
        drop(at);
        let dir = server.stop().await;
        clock.is_past.store(false, Ordering::Relaxed);
        Self { dir: Some(dir), tales: life.tales, watch }
    }

    /// The data directory, if there is one.
    pub(crate) fn data(&self) -> Option<&Path> {
        self.dir.as_ref().map(|dir| dir.path())
    }

    /// A life that begins here.
    pub(crate) fn life(&self, seed: u64) -> Life {
        let tales = self.tales.iter().map(Tale::fork).collect();
        Life::new(Arc::clone(&self.watch), seed, tales)
    }
}

impl Life {
    fn new(watch: Arc<Watch>, seed: u64, tales: Vec<Tale>) -> Self {
        let (dice, drafts) = (Dice::new(seed), Vec::new());
        Self { watch, dice, tales, drafts, faults: Mutex::default() }
    }

    /// Lives until the program dies.
    pub(crate) async fn live(&mut self, address: SocketAddr) {
        if let Some(mut at) = Connection::try_open(address).await {
            // `None` is the end of the connection.
            let _ended: Option<()> = self.steps(&mut at).await;
        }
    }

    async fn steps(&mut self, at: &mut Connection) -> Option<()> {
        let first = self.tales.len();
        if first == 0 {
            // The first start is what matters.
            return self.create(at, ONCE, 4).await;
        }
        for (terms, length) in [
            (ONCE, 4),
            (ONCE, LARGE),
            (Terms { views: 2, ..ONCE }, 4),
            (ONCE, 4),
            (Terms { strict: true, ..ONCE }, 4),
        ] {
            self.create(at, terms, length).await?;
        }
        // Each new secret, and two that were there before, has one reader.
        let tales = [first, first + 1, first + 2, first + 4, 1];
        let readers = tales.map(|tale| self.tales[tale].reader(&self.dice));
        for (tale, asked) in [
            (tales[0], Asked::Claim(readers[0])),
            (tales[0], Asked::Fetch(readers[0])),
            (tales[0], Asked::Acknowledge(readers[0])),
            (tales[1], Asked::Claim(readers[1])),
            (tales[1], Asked::Acknowledge(readers[1])),
            (tales[2], Asked::Guess),
            (tales[2], Asked::Claim(readers[2])),
            (first + 3, Asked::Burn),
            (tales[3], Asked::Claim(readers[3])),
            (0, Asked::Burn),
            (tales[4], Asked::Claim(readers[4])),
        ] {
            self.ask(at, tale, asked).await?;
        }
        Some(())
    }

    /// Does so many things, at random, whatever comes of each. How many failed.
    pub(crate) async fn muddle(&mut self, address: SocketAddr, count: usize) -> usize {
        let mut at = Connection::open(address).await;
        let mut failed = 0;
        for _ in 0..count {
            let pick = |end: usize| usize::try_from(self.dice.roll() % 1000).unwrap() % end;
            let (kind, length) = (pick(10), [4, 4, 4, LARGE][pick(4)]);
            let tale = pick(self.tales.len());
            let reader = self.tales[tale].readers().checked_sub(1);
            let asked = match (kind, reader) {
                (0..=2, _) => {
                    let terms = Terms { views: 1 + pick(2), ..ONCE };
                    let drafts = self.drafts.len();
                    let alive = self.create(&mut at, terms, length).await;
                    assert!(alive.is_some(), "an answer");
                    failed += self.drafts.len() - drafts;
                    continue;
                }
                (3, _) => Asked::Burn,
                (4, Some(reader)) => Asked::Fetch(reader),
                (5..=6, Some(reader)) => Asked::Acknowledge(reader),
                (7, _) => Asked::Follow,
                (_, _) => Asked::Claim(self.tales[tale].reader(&self.dice)),
            };
            let heard = self.ask(&mut at, tale, asked).await;
            failed += usize::from(heard.unwrap().is_none());
        }
        failed
    }

    /// Creates a secret of so many bytes. Whether it waits.
    pub(crate) async fn creates(&mut self, at: &mut Connection, length: usize) -> bool {
        let tales = self.tales.len();
        self.create(at, ONCE, length).await.unwrap();
        self.tales.len() > tales
    }

    /// Creates a secret. `None` when the connection ends.
    async fn create(&mut self, at: &mut Connection, terms: Terms, length: usize) -> Option<()> {
        let draft = Draft::new(terms, &"x".repeat(length), &self.dice);
        let exchange = self.watch.ask(at, &draft.ask).await;
        self.note(exchange.answer.as_ref());
        let alive = exchange.answer.as_ref().is_some_and(|answer| !answer.cut);
        match draft.hear(exchange) {
            Ok(tale) => self.tales.push(tale),
            Err(draft) => self.drafts.push(*draft),
        }
        alive.then_some(())
    }

    /// Asks. `None` when the connection ends.
    pub(crate) async fn ask(
        &self,
        at: &mut Connection,
        tale: usize,
        asked: Asked,
    ) -> Option<Option<Heard>> {
        let tale = &self.tales[tale];
        let exchange = self.watch.ask(at, &tale.request(asked, &self.dice)).await;
        let heard = tale.hear(asked, &exchange);
        self.note(exchange.answer.as_ref());
        exchange.answer.filter(|answer| !answer.cut).map(|_| heard)
    }

    fn note(&self, answer: Option<&Answer>) {
        if let Some(answer) = answer.filter(|answer| answer.status >= 500) {
            self.faults.lock().unwrap().insert(answer.problem());
        }
    }

    /// The names of the problems since somebody last asked that said that the fault is the server's.
    pub(crate) fn faults(&self) -> Vec<String> {
        std::mem::take(&mut *self.faults.lock().unwrap()).into_iter().collect()
    }

    /// Somebody claims it.
    pub(crate) async fn open(&self, at: &mut Connection, tale: usize) -> Option<usize> {
        let reader = self.tales[tale].reader(&self.dice);
        self.ask(at, tale, Asked::Claim(reader)).await?;
        Some(reader)
    }

    /// Waits until the program has nothing left to do, and kills it then. Whether it died before.
    pub(crate) async fn rests(&self, process: &mut Process, disk: &Disk) -> bool {
        let killed = disk.rests(process).await;
        process.kill();
        killed
    }

    /// The same up to now, to be concluded in one of several ways.
    pub(crate) fn fork(&self) -> Self {
        let tales = self.tales.iter().map(Tale::fork).collect();
        let drafts = self.drafts.iter().map(Draft::fork).collect();
        Self { drafts, ..Self::new(Arc::clone(&self.watch), 7, tales) }
    }

    /// Asks for everything once more, on a program that works, and judges what was heard from the beginning.
    pub(crate) async fn conclude(mut self, address: SocketAddr) -> Result<(), Impossible> {
        let mut at = Connection::open(address).await;
        for draft in std::mem::take(&mut self.drafts) {
            let exchange = self.watch.ask(&mut at, &draft.ask).await;
            let heard = draft.hear(exchange);
            self.tales.push(heard.unwrap_or_else(|_| panic!("it cannot be created")));
        }
        for (number, tale) in self.tales.iter().enumerate() {
            let ask = async |at: &mut Connection, asked| {
                assert!(self.ask(at, number, asked).await.flatten().is_some(), "{asked:?}");
            };
            ask(&mut at, Asked::Follow).await;
            for reader in 0..tale.readers() {
                ask(&mut at, Asked::Fetch(reader)).await;
                ask(&mut at, Asked::Claim(reader)).await;
            }
            ask(&mut at, Asked::Claim(tale.reader(&self.dice))).await;
            for reader in tale.winners() {
                ask(&mut at, Asked::Acknowledge(reader)).await;
            }
            ask(&mut at, Asked::Burn).await;
            ask(&mut at, Asked::Claim(tale.reader(&self.dice))).await;
            ask(&mut at, Asked::Follow).await;
            tale.history().check()?;
        }
        Ok(())
    }
}
