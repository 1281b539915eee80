//! Load: many connections at once, as fast as they are answered or at a rate that does not wait.
//!
//! At a given rate a request's time counts from when it was due, not from when a connection was free for
//! it: a server that stalls cannot hide it by being asked less.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

use crate::clock::now;
use crate::connection::Connection;
use crate::figures::{number, rate};
use crate::machine::processor_time;
use crate::secrets::Dice;
use crate::server::Server;
use crate::void::Void;

/// The finest sleep of the runtime; what is nearer is waited for by giving way.
const TICK: Duration = Duration::from_millis(2);

/// What one connection asks, over and over.
pub(crate) trait Script: Send + 'static {
    /// Asks once and checks every answer. `due` is when that should have begun. `false`: there is
    /// nothing left to ask.
    fn step(
        &mut self,
        connection: &mut Connection,
        due: Instant,
    ) -> impl Future<Output = Result<bool, Void>> + Send;
}

/// What came of a load.
pub(crate) struct Run<S> {
    /// The scripts, with what they noted.
    pub(crate) scripts: Vec<S>,
    /// How many steps were done in a second.
    pub(crate) rate: f64,
    /// How many microseconds each took on the server's processor.
    pub(crate) micros: f64,
    /// How much of its time the generator was at work, from 0 to 1: near 1 it is what was measured.
    pub(crate) generator: f64,
}

/// Every script on a connection of its own, as fast as it is answered, for `span`.
pub(crate) async fn closed<S: Script>(
    server: &Server,
    scripts: Vec<S>,
    span: Duration,
) -> Result<Run<S>, Void> {
    drive(server, scripts, span, Pace::Free).await
}

/// Every script on a connection of its own, together `rate` steps a second, which come as strangers
/// do: independently of each other.
pub(crate) async fn open<S: Script>(
    server: &Server,
    scripts: Vec<S>,
    span: Duration,
    rate: f64,
) -> Result<Run<S>, Void> {
    let arrivals = Arrivals { next: now(), rate, dice: Dice::new(70) };
    drive(server, scripts, span, Pace::Due(Arc::new(Mutex::new(arrivals)))).await
}

async fn drive<S: Script>(
    server: &Server,
    scripts: Vec<S>,
    span: Duration,
    pace: Pace,
) -> Result<Run<S>, Void> {
    let mut connections = Vec::new();
    for script in scripts {
        connections.push((Connection::open(server.address).await?, script));
    }
    let (served, worked) = (server.processor_time()?, processor_time(std::process::id())?);
    let start = now();
    let mut tasks = JoinSet::new();
    for (connection, script) in connections {
        tasks.spawn(repeat(connection, script, pace.clone(), start, span));
    }
    let (mut scripts, mut steps) = (Vec::new(), 0_u64);
    while let Some(ended) = tasks.join_next().await {
        let (script, done) = ended??;
        scripts.push(script);
        steps = steps.saturating_add(done);
    }
    let span = start.elapsed();
    let served = server.processor_time()?.saturating_sub(served);
    let worked = processor_time(std::process::id())?.saturating_sub(worked);
    Ok(Run {
        scripts,
        rate: rate(steps, span),
        micros: served.as_secs_f64() * 1e6 / number(steps),
        generator: worked.as_secs_f64() / span.as_secs_f64(),
    })
}

async fn repeat<S: Script>(
    mut connection: Connection,
    mut script: S,
    pace: Pace,
    start: Instant,
    span: Duration,
) -> Result<(S, u64), Void> {
    let mut steps = 0_u64;
    loop {
        let due = pace.next().await;
        if due.duration_since(start) >= span || !script.step(&mut connection, due).await? {
            return Ok((script, steps));
        }
        steps = steps.saturating_add(1);
    }
}

#[derive(Clone)]
enum Pace {
    /// At the times of a schedule that all share.
    Due(Arc<Mutex<Arrivals>>),
    /// At once.
    Free,
}

struct Arrivals {
    next: Instant,
    rate: f64,
    dice: Dice,
}

impl Pace {
    /// When the next step is due; returns then, or at once when that is past.
    async fn next(&self) -> Instant {
        let Self::Due(arrivals) = self else { return now() };
        // Whoever holds the schedule waits for the next arrival; the others wait for the schedule.
        let mut arrivals = arrivals.lock().await;
        let gap = -(1.0 - arrivals.dice.share()).ln() / arrivals.rate;
        let gap = Duration::try_from_secs_f64(gap).unwrap_or_default();
        let due = arrivals.next.checked_add(gap).unwrap_or(arrivals.next);
        arrivals.next = due;
        while let Some(left) = due.checked_duration_since(now()) {
            match left.checked_sub(TICK) {
                Some(long) if !long.is_zero() => sleep(long).await,
                Some(_) | None if left.is_zero() => break,
                Some(_) | None => yield_now().await,
            }
        }
        drop(arrivals);
        due
    }
}
