//! The writers: a few tasks, each with a connection while it works, many requests a commit.
//!
//! A writer takes what waits (at most [`BATCH`]), runs it in one transaction that holds every secret it is
//! about, chains what happened, and commits; only then everybody is answered. Batches form while the
//! others are being committed, and somebody alone waits for nobody. When anything in a batch fails, all of
//! it is rolled back, and each request is run alone, so that none hurts another.
//!
//! What surely was not committed is run again: after a serialization failure, a deadlock, a lost
//! connection, a failover; but however many wait, none waits for much longer than [`REACH`]. When the
//! answer to `COMMIT` is lost, nobody knows: everybody in the batch is told so
//! ([`StoreError::InDoubt`]), and gets nothing. Whoever asks again with the same claim token or
//! idempotency key finds out.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use domain::secret::Row;
use futures_util::future::FusedFuture as _;
use futures_util::{FutureExt as _, poll};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::error::{DbError, SqlState};

use super::trail::{Addition, Chained};
use super::transaction::{PATIENCE, PgTransaction, Unsent, patiently};
use super::{ahead, is_fatal, lend};
use crate::StoreError;
use crate::keys::keyring::Keyring;
use crate::port::{Ahead, Result, Unit};

/// How many requests share a commit at most.
const BATCH: usize = 128;
/// How many writers work side by side.
pub(super) const WRITERS: usize = 3;
/// How many requests may wait for the writers.
const QUEUE: usize = 4096;
/// How often a request that fails by itself is run.
const TRIES: u32 = 3;
/// How long after it came a request is run again while the database cannot do it: a failover takes so
/// long.
const REACH: Duration = Duration::from_secs(8);

/// The handle that requests use.
pub(super) struct Writers(mpsc::Sender<Box<dyn Request>>);

/// What the writers share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) keys: Arc<Keyring>,
    pub(super) live_bytes: Arc<AtomicU64>,
    /// How many bytes were destroyed since the last cleaning.
    pub(super) destroyed: Arc<AtomicU64>,
}

impl Writers {
    /// Starts them; they end when the handle is dropped and the queue is empty.
    pub(super) fn start(shared: &Shared) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..WRITERS {
            tokio::spawn(work(shared.clone(), Arc::clone(&queue)));
        }
        Self(sender)
    }

    /// Runs `unit` and answers after its commit.
    pub(super) async fn run<U: Unit>(&self, unit: U) -> Result<U::Output> {
        let (reply, answer) = oneshot::channel();
        let late = sleep(REACH).deadline();
        let request = Box::new(Waiting { unit, reply, result: None, late });
        self.0.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// A request of any kind, as a writer sees it.
trait Request: Send {
    /// The secret that it is about.
    fn about(&self) -> Option<Row>;
    /// What it will ask for.
    fn ahead(&self) -> Ahead;
    /// Does its part of the transaction. `false` when it failed.
    fn run<'a>(
        &'a mut self,
        tx: &'a mut PgTransaction<'_>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
    /// Whether it has waited for as long as anybody should.
    fn is_late(&self) -> bool;
    /// What it failed with, once.
    fn failure(&mut self) -> Option<StoreError>;
    /// Answers with its result, or with what became of the transaction.
    fn answer(self: Box<Self>, fault: Option<StoreError>);
}

struct Waiting<U: Unit> {
    unit: U,
    reply: oneshot::Sender<Result<U::Output>>,
    result: Option<Result<U::Output>>,
    /// When it has waited for long enough.
    late: Instant,
}

impl<U: Unit> Request for Waiting<U> {
    fn about(&self) -> Option<Row> {
        self.unit.about()
    }

    fn ahead(&self) -> Ahead {
        self.unit.ahead()
    }

    fn run<'a>(
        &'a mut self,
        tx: &'a mut PgTransaction<'_>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            // A unit that panics must not take the writer down.
            let result = AssertUnwindSafe(self.unit.run(tx)).catch_unwind().await;
            let result = result.unwrap_or(Err(StoreError::Closed));
            let fine = result.is_ok();
            self.result = Some(result);
            fine
        })
    }

    fn is_late(&self) -> bool {
        !self.late.elapsed().is_zero()
    }

    fn failure(&mut self) -> Option<StoreError> {
        self.result.take_if(|result| result.is_err()).and_then(Result::err)
    }

    fn answer(self: Box<Self>, fault: Option<StoreError>) {
        let result = match (fault, self.result) {
            (Some(fault), _) => Err(fault),
            (None, Some(result)) => result,
            (None, None) => Err(StoreError::Closed),
        };
        // Nobody may be waiting any more: a reader who hung up still has the claim.
        drop(self.reply.send(result));
    }
}

type Queue = Arc<Mutex<mpsc::Receiver<Box<dyn Request>>>>;

async fn work(shared: Shared, queue: Queue) {
    let mut away = Away::default();
    loop {
        let mut batch = Vec::with_capacity(16);
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let mut batch = away.turn_away(batch);
        if batch.is_empty() {
            continue;
        }
        let done = shared.attempt(&mut batch).await;
        away.learn(&done);
        match done {
            Ok(()) => {
                for request in batch {
                    request.answer(None);
                }
            }
            Err(StoreError::InDoubt) => {
                for request in batch {
                    request.answer(Some(StoreError::InDoubt));
                }
            }
            Err(fault) => {
                // Whoever was alone has failed by itself already.
                let mut failed = (batch.len() == 1).then_some(fault);
                for request in batch {
                    shared.alone(request, failed.take(), &mut away).await;
                }
            }
        }
    }
}

/// Why the database could do nothing when a writer last asked it.
#[derive(Default)]
struct Away(Option<String>);

impl Away {
    fn learn(&mut self, done: &Result<()>) {
        self.0 = match done {
            Err(StoreError::Unreachable(why)) => Some(why.clone()),
            _ => None,
        };
    }

    /// Answers those who have waited for long enough, and returns the others.
    fn turn_away(&self, batch: Vec<Box<dyn Request>>) -> Vec<Box<dyn Request>> {
        let Some(why) = &self.0 else { return batch };
        let (late, rest): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|request| request.is_late());
        for request in late {
            request.answer(Some(StoreError::Unreachable(why.clone())));
        }
        rest
    }
}

impl Shared {
    /// Runs a request by itself, again while that is safe and there is hope. It may have `failed` once.
    async fn alone(
        &self,
        request: Box<dyn Request>,
        mut failed: Option<StoreError>,
        away: &mut Away,
    ) {
        let mut tries = 0_u32;
        let Some(request) = away.turn_away(vec![request]).pop() else { return };
        let mut alone = [request];
        let fault = loop {
            tries = tries.saturating_add(1);
            let done = match failed.take() {
                Some(fault) => Err(fault),
                None => self.attempt(&mut alone).await,
            };
            away.learn(&done);
            let Err(fault) = done else { break None };
            let [request] = &alone;
            let hopeless = if away.0.is_some() { request.is_late() } else { tries >= TRIES };
            // What panics does so again.
            if hopeless || matches!(fault, StoreError::InDoubt | StoreError::Closed) {
                break Some(fault);
            }
            sleep(Duration::from_millis(10).saturating_mul(tries.min(20))).await;
        };
        let [request] = alone;
        request.answer(fault);
    }

    /// One transaction for all of `batch`: committed, or nothing of it, or in doubt.
    async fn attempt(&self, batch: &mut [Box<dyn Request>]) -> Result<()> {
        let connection = lend(&self.pool).await?;
        let done = self.transact(&connection, batch).await;
        if let Err(fault) = &done
            && !undone(&connection, fault).await
        {
            // Whatever state it is in, the server ends the transaction with the connection.
            drop(Object::take(connection));
        }
        done
    }

    async fn transact(&self, connection: &Object, batch: &mut [Box<dyn Request>]) -> Result<()> {
        // On its way before the first statement, and not waited for.
        let begin = patiently(async { Ok(connection.batch_execute("BEGIN").await?) });
        // Apart, because what it holds while it waits is large.
        let run = Box::pin(self.run(connection, batch));
        let (begun, run) = futures_util::join!(begin, run);
        let (gone, chained) = begun.and(run)?;
        commit(connection, chained.as_ref()).await?;
        if let Some(chained) = chained {
            self.live_bytes.store(chained.sum, Ordering::Relaxed);
        }
        self.destroyed.fetch_add(gone, Ordering::Relaxed);
        Ok(())
    }

    /// Everything but the commit. Says how many bytes went, and what is added to the trail with it.
    async fn run(
        &self,
        connection: &Object,
        batch: &mut [Box<dyn Request>],
    ) -> Result<(u64, Option<Chained>)> {
        let mut tx = PgTransaction::writing(connection, &self.keys);
        let about: Vec<Row> = batch.iter().filter_map(|request| request.about()).collect();
        let asked: Vec<Ahead> = batch.iter().map(|request| request.ahead()).collect();
        Box::pin(ahead::hold(&mut tx, about, &asked)).await?;
        for request in &mut *batch {
            if !request.run(&mut tx).await {
                return Err(request.failure().unwrap_or(StoreError::Closed));
            }
        }
        let pending = tx.pending()?;
        let gone = pending.shrunk.saturating_add(pending.moved);
        let (unsent, addition) = (Unsent::take(pending), Addition::take(pending));
        let Some(addition) = addition else {
            Box::pin(unsent.send(&tx)).await?;
            return Ok((gone, None));
        };
        // The end is held when the server has done the rest, and no round trip later.
        let ((), chained) = futures_util::try_join!(unsent.send(&tx), addition.chain(&tx))?;
        Ok((gone, Some(chained)))
    }
}

/// Whether what failed with this `fault` was rolled back, and the connection is as good as before. Another
/// one would have to learn every statement anew.
async fn undone(connection: &Object, fault: &StoreError) -> bool {
    if matches!(fault, StoreError::InDoubt | StoreError::Unreachable(_)) {
        return false;
    }
    patiently(async { Ok(connection.batch_execute("ROLLBACK").await?) }).await.is_ok()
}

/// Adds what was chained, and commits. Both are on their way at once, so while the server commits nobody
/// waits for this node. An answer that does not come, or that the server gave while it went down, says
/// nothing; one that refuses what was chained says that nothing was committed.
async fn commit(connection: &Object, chained: Option<&Chained>) -> Result<()> {
    let added = async {
        match chained {
            Some(chained) => chained.send(connection).await,
            None => Ok(()),
        }
    };
    let mut added = pin!(added.fuse());
    // What could not even be sent must not be committed without.
    if let Poll::Ready(Err(error)) = poll!(&mut added) {
        return Err(error.into());
    }
    let commit = connection.batch_execute("COMMIT");
    let both = async {
        let added = async { if added.is_terminated() { Ok(()) } else { added.await } };
        futures_util::join!(added, commit)
    };
    let Ok((added, committed)) = timeout(PATIENCE, both).await else {
        return Err(StoreError::InDoubt);
    };
    match added.and(committed) {
        Err(error) if error.as_db_error().is_none_or(in_doubt) => Err(StoreError::InDoubt),
        done => Ok(done?),
    }
}

/// Whether this answer to a commit says nothing.
fn in_doubt(error: &DbError) -> bool {
    is_fatal(error) || *error.code() == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
}
