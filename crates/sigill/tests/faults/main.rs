//! The program on a disk that forgets and fails (laws 1, 2 and 4; R3, R14, R32).
//!
//! A shim between the program and the system (`disk.c`) kills it in the place of any one call that changes
//! something, and keeps beside the data directory what a power cut would have left of it: what was synced,
//! and nothing else. So the same short life is lived again and again, and ends at every step of it. What
//! was heard before must fit what is heard afterwards, both where only the process died and where the
//! power was cut ([`testkit::history`]).

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod disk;
mod full;
mod life;
mod moving;

use std::hash::{BuildHasher as _, RandomState};
use std::thread;

use testkit::Process;

use self::disk::{Disk, Faults, Left};
use self::life::{Life, Past};

/// How many lives are lived at a time: some only wait for an idle moment.
const LANES: usize = 4;
/// How many lives are lived on a disk that fails, each with a seed of its own.
const FAILING: usize = 20;
/// Seeds with which something failed once.
const KEPT_SEEDS: [u64; 1] = [1];

/// Lives a life that ends with the `kill`-th call, and goes on with what the process and what a power cut
/// has left. `false` when that call never came.
async fn dies_at(past: &Past, faults: Faults) -> bool {
    let disk = Disk::new(past.data());
    let mut life = past.life(faults.seed());
    let killed = match disk.start(faults).await {
        None => true,
        Some(mut process) => {
            life.live(process.address).await;
            life.rests(&mut process, &disk).await
        }
    };
    for left in [Left::ByTheProcess, Left::ByThePowerCut] {
        let process = disk.restart(left).await;
        let other = disk.left(left).join("server.keys.part");
        assert!(!other.exists(), "{faults:?}, {left:?}: the server's keys are in one place");
        let said = life.fork().conclude(process.address).await;
        assert!(said.is_ok(), "{faults:?}, {left:?}: {}", said.unwrap_err());
    }
    killed
}

/// Every step of a life: creations small and large, a view, a delivery, a burn, what the sweeper does when
/// the program starts, and the emptying of the log when it rests.
#[test]
fn whichever_step_is_the_last_what_was_said_is_true() {
    let past = run(Past::some());
    every_step(30, |step| dies_at(&past, Faults::Kill(step)));
}

/// The first start of all, which makes the keys and the schema.
#[test]
fn whichever_step_of_the_first_start_is_the_last_the_next_one_works() {
    let past = Past::none();
    every_step(30, |step| dies_at(&past, Faults::Kill(step)));
}

/// Writes, syncs and other calls fail at random, some of them half-way; what was written may get to the
/// disk unasked, and what was not synced may not. Whoever hears that something was done is not deceived,
/// and when the disk works again the program goes on.
#[test]
fn on_a_disk_that_fails_what_was_said_is_true() {
    let past = run(Past::some());
    let seeds: Vec<u64> =
        KEPT_SEEDS.into_iter().chain((0..FAILING).map(|_| fresh_seed())).collect();
    println!("the seeds are {seeds:?}");
    let lane = |seeds: &[u64]| {
        seeds.iter().map(|seed| run(fails(&past, Faults::Fail(*seed)))).sum::<usize>()
    };
    let failed: usize = thread::scope(|scope| {
        let lanes = seeds.chunks(seeds.len().div_ceil(LANES));
        let lanes: Vec<_> = lanes.map(|seeds| scope.spawn(move || lane(seeds))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    assert!(failed > 100, "only {failed} operations failed");
}

async fn fails(past: &Past, faults: Faults) -> usize {
    let disk = Disk::new(past.data());
    let mut life = past.life(faults.seed());
    let process = disk.start(faults).await.unwrap();
    disk.arm(true);
    let failed = life.muddle(process.address, 60).await;
    disk.arm(false);
    goes_on(&disk, process, life, &format!("{faults:?}")).await;
    failed
}

/// The disk works again: so does the program, and everything that it has said is true.
async fn goes_on(disk: &Disk, mut process: Process, mut life: Life, what: &str) {
    assert_eq!(life.muddle(process.address, 10).await, 0, "{what}: it goes on");
    assert!(!life.rests(&mut process, disk).await, "{what}: it lives");
    // Law 4: a key that was overwritten in memory alone would come back with the next power cut.
    disk.holds_everything();
    for left in [Left::ByThePowerCut, Left::ByTheProcess] {
        let process = disk.restart(left).await;
        let said = life.fork().conclude(process.address).await;
        assert!(said.is_ok(), "{what}, {left:?}: {}", said.unwrap_err());
    }
}

/// All of this can fail: a disk that says that it has synced, and has not, loses what was said to be kept.
#[test]
fn a_disk_that_lies_is_found_out() {
    run(async {
        let past = Past::some().await;
        let disk = Disk::new(past.data());
        let mut life = past.life(1);
        let mut process = disk.start(Faults::Lie).await.unwrap();
        life.live(process.address).await;
        process.kill();
        let process = disk.restart(Left::ByThePowerCut).await;
        assert!(life.fork().conclude(process.address).await.is_err());
        let process = disk.restart(Left::ByTheProcess).await;
        assert!(life.conclude(process.address).await.is_ok());
    });
}

/// Dies at every step until there is no more, which must be after some.
fn every_step<F: Future<Output = bool>>(least: u64, dies: impl Fn(u64) -> F + Sync) {
    let dies = &dies;
    let lane = |first: u64| {
        let mut steps = (first..).step_by(LANES);
        run(async { while dies(steps.next().unwrap()).await {} });
        steps.next().unwrap()
    };
    let steps = thread::scope(|scope| {
        let lanes: Vec<_> = (1..=LANES)
            .map(|first| scope.spawn(move || lane(u64::try_from(first).unwrap())))
            .collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).min().unwrap()
    });
    println!("{steps} steps");
    assert!(steps > least, "only {steps} steps");
}

/// Another one in every run.
fn fresh_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Each lane has a thread and a runtime of its own: to start a program is to wait.
fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
