//! Whatever many clients ask at once of whichever node, and whichever node is killed meanwhile: what they
//! hear can be true, in one order, of one secret (laws 1 and 2, R3, R4, R16).
//!
//! Clients do random operations on a pool of secrets and write down what they heard and when
//! (`clients`); the checker finds an order that explains it, for every secret by itself
//! ([`testkit::history`]). The nodes are real programs that are killed and started again (`nodes`), or a
//! server in this process whose clock a hand moves, so that leases and lifetimes end. That the whole can
//! fail is shown with a proxy that lies (`liar`).
//!
//! Numbers that are drawn come from a seed, which is printed when a test fails; put it into `seeds.txt`,
//! and its operations are done again in every run. The interleaving is the machine's and never the same.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod clients;
mod liar;
mod nodes;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock as _;
use testkit::history::{Heard, Standing};
use testkit::tale::Watch;
use testkit::{Cluster, Dice, HandClock, MachineClock, Server};
use tokio::sync::watch;

use self::clients::{Plan, World};
use self::liar::{Liar, Lie};
use self::nodes::Nodes;

/// How many operations there are on real nodes, and how often one is killed meanwhile.
const OPERATIONS: u64 = 100_000;
const KILLS: u64 = 12;
/// How many there are under a clock that is moved.
const UNDER_A_MOVED_CLOCK: u64 = 12_000;
/// How many histories are made at most until everything has happened in them.
const HISTORIES: usize = 8;
/// In how many steps it moves.
const STEPS: u64 = 300;
/// By how much a node's clock may differ from the clients', in milliseconds. They run on one machine.
const SLACK: i64 = 250;

/// Says which seed to look at when the test fails.
struct Seed(u64);

impl Seed {
    /// Another one in every run.
    fn new() -> Self {
        let now = MachineClock.now().as_millis().unsigned_abs();
        Self(now.wrapping_mul(0x9E37_79B9).wrapping_add(u64::from(std::process::id())))
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the seed was {}", self.0);
        }
    }
}

/// Seeds with which something failed once.
fn kept_seeds() -> impl Iterator<Item = Seed> {
    let lines = include_str!("seeds.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| Seed(line.parse().unwrap()))
}

/// One program on SQLite, killed and started again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_heard_of_a_node_that_is_killed_can_be_true() {
    on_nodes(&[&["--limits", "off"]], OPERATIONS / 4).await;
}

/// Three programs on one PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_heard_of_three_nodes_that_are_killed_can_be_true() {
    let database = Cluster::shared().database();
    let options = ["--limits", "off", "--database", &database];
    on_nodes(&[&options[..]; 3], OPERATIONS).await;
}

/// Nodes with these options, each in turn or out of it killed under load.
async fn on_nodes(options: &[&[&str]], operations: u64) {
    let seed = Seed::new();
    let dice = Dice::new(seed.0);
    let dir = tempfile::tempdir().unwrap();
    let nodes = Nodes::start(Path::new(env!("CARGO_BIN_EXE_sigill")), dir.path(), options).await;
    let plan = Plan { operations, clients: 24, secrets: 12, lifetimes: &[86_400] };
    let world = World::new(plan, nodes.addresses(), Watch::new(Arc::new(MachineClock), SLACK));
    let clients = world.set_loose(&dice);
    for kill in 1..=KILLS {
        world.done(operations * kill / (KILLS + 1) + dice.roll() % 1000).await;
        nodes.restart(usize::try_from(dice.roll() % 1000).unwrap() % options.len()).await;
    }
    world.finish(clients).await;
    let secrets = world.check().unwrap_or_else(|impossible| panic!("{impossible}"));
    let least = usize::try_from(operations / 100).unwrap();
    assert!(secrets > least, "only {secrets} secrets");
    assert!(world.count(|it| it.heard.is_some()) >= operations, "too few were heard of");
    assert!(world.count(|it| it.heard.is_none()) >= KILLS, "the kills hit nobody");
    everything_happened(&world, |heard| heard != Heard::Expired);
}

/// Leases and lifetimes end while clients ask.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_heard_while_time_goes_by_can_be_true() {
    let mut too_late = 0;
    // Whoever burns what has just expired is rare: of several histories one has it.
    let fresh = std::iter::repeat_with(Seed::new).take(HISTORIES);
    for (turn, seed) in kept_seeds().map(|seed| (0, seed)).chain((1..).zip(fresh)) {
        if turn > 1 && too_late > 0 {
            break;
        }
        let server = Server::start().await;
        let world = under_a_moved_clock(&seed, &server, server.address).await;
        let secrets = world.check().unwrap_or_else(|impossible| panic!("{impossible}"));
        assert!(secrets > 100, "only {secrets} secrets");
        everything_happened(&world, |heard| heard != Heard::Expired);
        let expired = |heard| matches!(heard, Heard::Fate { standing: Standing::Expired, .. });
        assert!(world.count(|it| it.heard.is_some_and(|(heard, _)| expired(heard))) > 0);
        too_late += world.count(|it| it.heard.is_some_and(|(heard, _)| heard == Heard::Expired));
    }
    assert!(too_late > 0, "{:?} was never heard", Heard::Expired);
}

/// Clients that ask at `address`, which leads to `server`, whose clock is moved meanwhile.
async fn under_a_moved_clock(seed: &Seed, server: &Server, address: SocketAddr) -> Arc<World> {
    let dice = Dice::new(seed.0);
    let operations = UNDER_A_MOVED_CLOCK;
    let plan = Plan { operations, clients: 24, secrets: 12, lifetimes: &[60, 120] };
    let (_keep, told) = watch::channel(Some(address));
    let clock: Arc<HandClock> = Arc::clone(&server.clock);
    let world = World::new(plan, vec![told], Watch::new(clock, 0));
    let clients = world.set_loose(&dice);
    for step in 1..STEPS {
        world.done(operations * step / STEPS).await;
        server.clock.advance(Duration::from_millis(dice.roll() % 20_000));
        if dice.roll().is_multiple_of(2) {
            server.sweep().await;
        }
    }
    world.finish(clients).await;
    world
}

/// A history in which something never happens shows nothing about it.
fn everything_happened(world: &World, but: impl Fn(Heard) -> bool) {
    for heard in [
        Heard::Burned,
        Heard::Confirmed,
        Heard::Created,
        Heard::Envelope,
        Heard::Expired,
        Heard::NotLocked,
        Heard::Opened,
        Heard::Rejected,
        Heard::Unavailable,
        Heard::Unlocked,
    ] {
        let count = world.count(|it| it.heard.is_some_and(|(known, _)| known == heard));
        assert!(count > 0 || !but(heard), "{heard:?} was never heard");
    }
}

/// The whole can fail: somebody on the way lies a single time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_lie_is_found() {
    for lie in [Lie::Burned, Lie::Lost, Lie::SecondReader] {
        let seed = Seed::new();
        let server = Server::start().await;
        let liar = Liar::start(server.address, lie).await;
        let world = under_a_moved_clock(&seed, &server, liar.address).await;
        assert!(liar.has_lied(), "{lie:?}: there was no occasion");
        assert!(world.check().is_err(), "{lie:?} was believed");
    }
}
