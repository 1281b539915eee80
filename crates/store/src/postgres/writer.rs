//! The writers: a few tasks, each with a connection while it works, many requests a commit.
//!
//! A writer takes what waits (at most [`BATCH`]), runs it in one transaction that holds every secret it is
//! about, chains what happened, and commits; only then everybody is answered. Batches form while the others are being committed, and
//! somebody alone waits for nobody. When anything in a batch fails, all of it is rolled back, and each
//! request is run alone, so that none hurts another.
//!
//! What surely was not committed is run again: after a serialization failure, a deadlock, a lost
//! connection, a failover. When the answer to `COMMIT` is lost, nobody knows: everybody in the batch is
//! told so ([`StoreError::InDoubt`]), and gets nothing. Whoever asks again with the same claim token or
//! idempotency key finds out.

use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use domain::secret::Row;
use futures_util::FutureExt as _;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::sleep;

use super::known::hold;
use super::transaction::{PgTransaction, patiently};
use super::{lend, trail};
use crate::StoreError;
use crate::keys::keyring::Keyring;
use crate::port::{Result, Unit};

/// How many requests share a commit at most.
const BATCH: usize = 128;
/// How many writers work side by side.
pub(super) const WRITERS: usize = 3;
/// How many requests may wait for the writers.
const QUEUE: usize = 4096;
/// How often a request that fails by itself is run.
const TRIES: u32 = 3;
/// How long a request is run again while the database cannot be reached: a failover takes so long.
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
        let request = Box::new(Waiting { unit, reply, result: None });
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
    /// Does its part of the transaction. `false` when it failed.
    fn run<'a>(
        &'a mut self,
        tx: &'a mut PgTransaction<'_>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
    /// What it failed with, once.
    fn failure(&mut self) -> Option<StoreError>;
    /// Answers with its result, or with what became of the transaction.
    fn answer(self: Box<Self>, fault: Option<StoreError>);
}

struct Waiting<U: Unit> {
    unit: U,
    reply: oneshot::Sender<Result<U::Output>>,
    result: Option<Result<U::Output>>,
}

impl<U: Unit> Request for Waiting<U> {
    fn about(&self) -> Option<Row> {
        self.unit.about()
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
    loop {
        let mut batch = Vec::with_capacity(16);
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        match shared.attempt(&mut batch).await {
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
            Err(_) => {
                for request in batch {
                    shared.alone(request).await;
                }
            }
        }
    }
}

impl Shared {
    /// Runs a request by itself, again while that is safe and there is hope.
    async fn alone(&self, request: Box<dyn Request>) {
        let mut patience = pin!(sleep(REACH));
        let (mut alone, mut tries) = (vec![request], 0_u32);
        let fault = loop {
            tries = tries.saturating_add(1);
            let fault = match self.attempt(&mut alone).await {
                Ok(()) => break None,
                Err(fault) => fault,
            };
            let reached = !matches!(fault, StoreError::Unreachable(_));
            if matches!(fault, StoreError::InDoubt) || (reached && tries >= TRIES) {
                break Some(fault);
            }
            tokio::select! {
                () = &mut patience => break Some(fault),
                () = sleep(Duration::from_millis(10).saturating_mul(tries.min(20))) => {}
            }
        };
        if let Some(request) = alone.pop() {
            request.answer(fault);
        }
    }

    /// One transaction for all of `batch`: committed, or nothing of it, or in doubt.
    async fn attempt(&self, batch: &mut [Box<dyn Request>]) -> Result<()> {
        let connection = lend(&self.pool).await?;
        let done = self.transact(&connection, batch).await;
        if done.is_err() {
            // Whatever state it is in, the server ends the transaction with the connection.
            drop(Object::take(connection));
        }
        done
    }

    async fn transact(&self, connection: &Object, batch: &mut [Box<dyn Request>]) -> Result<()> {
        // On its way before the first statement, and not waited for.
        let begin = connection.batch_execute("BEGIN");
        let run = self.run(connection, batch);
        let (begun, run) = futures_util::join!(begin, run);
        let shrunk = begun.map_err(StoreError::from).and(run)?;
        commit(connection).await?;
        self.destroyed.fetch_add(shrunk, Ordering::Relaxed);
        Ok(())
    }

    /// Everything but the commit. Says how many bytes went.
    async fn run(&self, connection: &Object, batch: &mut [Box<dyn Request>]) -> Result<u64> {
        let mut tx = PgTransaction::writing(connection, &self.keys);
        let about: Vec<Row> = batch.iter().filter_map(|request| request.about()).collect();
        hold(&mut tx, &about).await?;
        for request in &mut *batch {
            if !request.run(&mut tx).await {
                return Err(request.failure().unwrap_or(StoreError::Closed));
            }
        }
        tx.settle().await?;
        let pending = tx.pending()?;
        let gone = pending.shrunk.saturating_add(pending.moved);
        trail::send(&mut tx, &self.live_bytes).await?;
        Ok(gone)
    }
}

/// Commits. An answer that does not come, or that the server gave while it went down, says nothing.
async fn commit(connection: &Object) -> Result<()> {
    let committed = patiently(async {
        match connection.batch_execute("COMMIT").await {
            Err(error) if error.as_db_error().is_none_or(super::is_fatal) => {
                Err(StoreError::InDoubt)
            }
            committed => Ok(committed?),
        }
    })
    .await;
    match committed {
        Err(StoreError::Unreachable(_)) => Err(StoreError::InDoubt),
        committed => committed,
    }
}
