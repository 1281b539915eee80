//! Clients that do random operations on a pool of secrets, and write down what they hear.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use testkit::history::{Asked, Impossible, Operation, Terms};
use testkit::tale::{Draft, Exchange, Tale, Watch};
use testkit::{Ask, Connection, Dice};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::nodes::Address;

/// How long a test waits for clients to get on.
const PATIENCE: Duration = Duration::from_secs(100);

/// How much is done.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How many operations, at least.
    pub(crate) operations: u64,
    /// How many clients do them.
    pub(crate) clients: usize,
    /// How many secrets they work on at a time.
    pub(crate) secrets: usize,
    /// How many seconds secrets may live.
    pub(crate) lifetimes: &'static [u64],
}

/// Everything that clients share.
pub(crate) struct World {
    plan: Plan,
    nodes: Vec<Address>,
    watch: Watch,
    count: watch::Sender<u64>,
    pool: Vec<Mutex<Place>>,
    tales: Mutex<Vec<Arc<Shared>>>,
}

/// A place in the pool.
enum Place {
    Empty,
    /// Somebody is creating a secret for it.
    Coming,
    Here(Arc<Shared>),
}

/// One secret, for many clients.
struct Shared {
    tale: Tale,
    /// How many operations are left before another secret takes its place.
    left: AtomicI64,
}

/// A connection that is kept, to whichever node answers.
#[derive(Default)]
struct Line(Option<Connection>);

impl World {
    pub(crate) fn new(plan: Plan, nodes: Vec<Address>, watch: Watch) -> Arc<Self> {
        let pool = (0..plan.secrets).map(|_| Mutex::new(Place::Empty)).collect();
        let (count, tales) = (watch::channel(0).0, Mutex::default());
        Arc::new(Self { plan, nodes, watch, count, pool, tales })
    }

    /// Starts the clients.
    pub(crate) fn set_loose(self: &Arc<Self>, dice: &Dice) -> JoinSet<()> {
        let client = |_| live(Arc::clone(self), Dice::new(dice.roll()));
        (0..self.plan.clients).map(client).collect()
    }

    /// Waits until so many operations are done.
    pub(crate) async fn done(&self, operations: u64) {
        let mut count = self.count.subscribe();
        let wait = count.wait_for(|count| *count >= operations);
        let stuck = tokio::time::timeout(PATIENCE, wait).await.is_err();
        assert!(!stuck, "the clients are stuck");
    }

    /// Waits until all clients are done; then every sender looks once more.
    pub(crate) async fn finish(self: &Arc<Self>, clients: JoinSet<()>) {
        clients.join_all().await;
        let tales = self.tales.lock().unwrap().clone();
        let look = |tales: &[Arc<Shared>]| {
            let (world, tales) = (Arc::clone(self), tales.to_vec());
            async move {
                let mut line = Line::default();
                let dice = Dice::new(0);
                for tale in tales {
                    tale.ask(&world, &mut line, &dice, Asked::Follow).await;
                }
            }
        };
        let looks: JoinSet<()> = tales.chunks(1000).map(look).collect();
        looks.join_all().await;
    }

    /// How many operations there were of which this holds.
    pub(crate) fn count(&self, holds: impl Fn(&Operation) -> bool) -> u64 {
        let tales = self.tales.lock().unwrap();
        let count =
            |it: &Arc<Shared>| it.tale.history().operations.iter().filter(|it| holds(it)).count();
        tales.iter().map(count).map(|count| u64::try_from(count).unwrap()).sum()
    }

    /// Judges what was heard of every secret; how many there were.
    pub(crate) fn check(&self) -> Result<usize, Impossible> {
        let tales = self.tales.lock().unwrap().clone();
        for shared in &tales {
            shared.tale.history().check()?;
        }
        Ok(tales.len())
    }

    /// A secret to work on; or a place that waits for one.
    async fn pick(&self, dice: &Dice) -> (usize, Option<Arc<Shared>>) {
        loop {
            let number = below(dice, self.pool.len());
            match self.take(number) {
                Place::Here(tale) => return (number, Some(tale)),
                Place::Empty => return (number, None),
                Place::Coming => {}
            }
            tokio::task::yield_now().await;
        }
    }

    /// What is in a place. An empty one, or one with which enough was done, is the caller's to fill.
    fn take(&self, number: usize) -> Place {
        let mut place = self.pool[number].lock().unwrap();
        match &*place {
            Place::Here(tale) if tale.left.fetch_sub(1, Ordering::Relaxed) > 0 => {
                Place::Here(Arc::clone(tale))
            }
            Place::Coming => Place::Coming,
            Place::Empty | Place::Here(_) => {
                *place = Place::Coming;
                Place::Empty
            }
        }
    }
}

fn below(dice: &Dice, end: usize) -> usize {
    usize::try_from(dice.roll() % u64::try_from(end).unwrap()).unwrap()
}

/// One client.
async fn live(world: Arc<World>, dice: Dice) {
    let mut line = Line::default();
    while *world.count.borrow() < world.plan.operations {
        let (number, tale) = world.pick(&dice).await;
        let Some(tale) = tale else {
            let tale = Arc::new(create(&world, &mut line, &dice).await);
            *world.pool[number].lock().unwrap() = Place::Here(Arc::clone(&tale));
            world.tales.lock().unwrap().push(tale);
            continue;
        };
        let asked = tale.choose(&dice);
        tale.ask(&world, &mut line, &dice, asked).await;
    }
}

impl Line {
    /// Asks on the kept connection, or on a new one.
    async fn ask(&mut self, world: &World, dice: &Dice, ask: &Ask) -> Exchange {
        let mut connection = match self.0.take() {
            Some(connection) => connection,
            None => connect(world, dice).await,
        };
        let exchange = world.watch.ask(&mut connection, ask).await;
        let fault = exchange.answer.as_ref().filter(|answer| answer.status == 500);
        assert_eq!(fault, None, "nothing is broken");
        if exchange.answer.as_ref().is_some_and(|answer| !answer.cut) {
            self.0 = Some(connection);
        }
        world.count.send_modify(|count| *count += 1);
        exchange
    }
}

async fn connect(world: &World, dice: &Dice) -> Connection {
    loop {
        let mut node = world.nodes[below(dice, world.nodes.len())].clone();
        let wait = node.wait_for(Option::is_some);
        let address: Option<SocketAddr> =
            *tokio::time::timeout(PATIENCE, wait).await.unwrap().unwrap();
        if let Some(connection) = Connection::try_open(address.unwrap()).await {
            return connection;
        }
        tokio::task::yield_now().await;
    }
}

/// Creates a secret.
async fn create(world: &World, line: &mut Line, dice: &Dice) -> Shared {
    let seconds = world.plan.lifetimes[below(dice, world.plan.lifetimes.len())];
    let terms = Terms {
        views: [1, 1, 2, 3][below(dice, 4)],
        strict: below(dice, 8) == 0,
        lifetime: i64::try_from(seconds).unwrap() * 1000,
        guesses: 1 + below(dice, 3),
        burns: below(dice, 3) == 0,
    };
    let mut draft = Draft::new(terms, "hush", dice);
    loop {
        let exchange = line.ask(world, dice, &draft.ask).await;
        match draft.hear(exchange) {
            Ok(tale) => {
                let left = AtomicI64::new(i64::try_from(8 + below(dice, 16)).unwrap());
                return Shared { tale, left };
            }
            Err(again) => draft = *again,
        }
    }
}

impl Shared {
    /// What to ask next. Winners ask more often than others.
    fn choose(&self, dice: &Dice) -> Asked {
        let (winners, readers) = (self.tale.winners(), self.tale.readers());
        let somebody = if !winners.is_empty() && below(dice, 4) > 0 {
            Some(winners[below(dice, winners.len())])
        } else {
            (readers > 0).then(|| below(dice, readers))
        };
        match (below(dice, 24), somebody) {
            (0..=3, _) => Asked::Follow,
            (4, _) => Asked::Burn,
            (5..=6, _) => Asked::Guess,
            (7, _) => Asked::Unlock,
            (8..=9, Some(reader)) => Asked::Claim(reader),
            (10..=13, Some(reader)) => Asked::Fetch(reader),
            (14..=16, Some(reader)) => Asked::Acknowledge(reader),
            (_, _) => Asked::Claim(self.tale.reader(dice)),
        }
    }

    /// Asks, and writes down what was heard.
    async fn ask(&self, world: &World, line: &mut Line, dice: &Dice, asked: Asked) {
        let ask = self.tale.request(asked, dice);
        let exchange = line.ask(world, dice, &ask).await;
        self.tale.hear(asked, &exchange);
    }
}
