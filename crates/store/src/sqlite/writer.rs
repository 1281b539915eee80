//! The writer: one thread, one connection, many requests a commit.
//!
//! It takes what waits (at most [`BATCH`]), runs all of it in one transaction, syncs the per-secret keys,
//! commits, and only then answers everybody. There is no timer: a batch forms while the last one is
//! being synced, and somebody alone waits for nobody. When a request fails, which is rare, the batch is
//! run once more with each request in a savepoint of its own: it hurts no other. A commit that fails
//! fails them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use domain::audit::Head;
use domain::secret::Row;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::mailbox::{Mailbox, ready};
use super::transaction::{Effects, SqliteTransaction, Writing};
use super::{survey, trail};
use crate::StoreError;
use crate::keys::keyring::Keyring;
use crate::port::{Result, Slot, Unit};
use crate::slots::Slots;

/// How many requests share a commit at most.
const BATCH: usize = 256;
/// After so long without work the log is emptied and the key file synced.
const IDLE: Duration = Duration::from_millis(500);
/// How many rows without keys may wait for the sweeper before the survey waits for it, too.
const LOST: usize = 4096;

/// The handle that requests use. Dropping it empties the log and closes the database.
pub(super) struct Writer {
    mailbox: Mailbox<Box<dyn Request>>,
    due: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        slots: Slots,
        head: Head,
        keys: Arc<Keyring>,
        live_bytes: Arc<AtomicU64>,
        lost: Arc<Mutex<Vec<Row>>>,
    ) -> Self {
        let due = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&due);
        let work = Work { connection, slots, head, keys, live_bytes, lost, idle: false, due: told };
        let mailbox = Mailbox::start("store-writer", move |requests| work.run(&requests));
        Self { mailbox, due }
    }

    /// Runs `unit` and answers after its commit.
    pub(super) async fn run<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.mailbox.ask(|reply| Box::new(Waiting { unit, reply, result: None })).await
    }

    /// Has the log emptied after the next commit, even if others wait: who always has work never rests.
    pub(super) fn empty_log(&self) {
        self.due.store(true, Ordering::Relaxed);
    }
}

/// A request of any kind, as the thread sees it.
trait Request: Send {
    /// Does its part of the transaction. `false` rolls it back.
    fn run(&mut self, tx: &mut SqliteTransaction<'_>) -> bool;
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &StoreError>);
}

struct Waiting<U: Unit> {
    unit: U,
    reply: oneshot::Sender<Result<U::Output>>,
    result: Option<Result<U::Output>>,
}

impl<U: Unit> Request for Waiting<U> {
    fn run(&mut self, tx: &mut SqliteTransaction<'_>) -> bool {
        let result = ready(self.unit.run(tx));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, committed: std::result::Result<(), &StoreError>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)), Err(full)) if full.is_full() => Err(StoreError::Full),
            (Some(Ok(_)), Err(error)) => Err(StoreError::Commit(error.to_string())),
            (Some(result), _) => result,
            (None, _) => Err(StoreError::Closed),
        };
        // Nobody may be waiting any more: a reader who hung up still has the claim.
        drop(self.reply.send(result));
    }
}

/// How the requests of a batch share a transaction.
#[derive(Clone, Copy)]
enum Way {
    /// All of them or none.
    Together,
    /// One that fails goes alone.
    Apart,
}

struct Work {
    connection: Connection,
    slots: Slots,
    head: Head,
    keys: Arc<Keyring>,
    live_bytes: Arc<AtomicU64>,
    lost: Arc<Mutex<Vec<Row>>>,
    idle: bool,
    /// Whether the log is to be emptied now.
    due: Arc<AtomicBool>,
}

impl Work {
    fn run(mut self, requests: &Receiver<Box<dyn Request>>) {
        loop {
            // Between two batches, or at once when nobody waits for anything else.
            let wait = if self.survey() { Duration::ZERO } else { IDLE };
            match requests.recv_timeout(wait) {
                Ok(first) => {
                    // Whoever is about to ask may still do so for this batch. Alone, this is nothing.
                    thread::yield_now();
                    let mut batch = Vec::with_capacity(64);
                    batch.push(first);
                    batch.extend(requests.try_iter().take(BATCH.saturating_sub(1)));
                    self.idle = false;
                    self.batch(batch);
                    if self.due.swap(false, Ordering::Relaxed) {
                        self.rest();
                    }
                }
                Err(RecvTimeoutError::Timeout) if wait.is_zero() => {}
                Err(RecvTimeoutError::Timeout) => self.rest(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.idle = false;
        self.rest();
    }

    /// One transaction for all of `batch`.
    fn batch(&mut self, mut batch: Vec<Box<dyn Request>>) {
        let (head, mut effects) = (self.head, Effects::default());
        let mut committed = self.commit(&mut batch, &mut effects, Way::Together);
        if matches!(committed, Ok(false)) {
            self.undo(head, &std::mem::take(&mut effects));
            committed = self.commit(&mut batch, &mut effects, Way::Apart);
        }
        match &committed {
            Ok(_) => {
                self.destroy(&effects.destroyed);
                self.live_bytes.store(effects.live(&self.live_bytes), Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                self.undo(head, &effects);
            }
        }
        for request in batch {
            request.answer(committed.as_ref().map(drop));
        }
    }

    /// Goes back to where the audit chain ended at `head`, and `effects` had not been.
    fn undo(&mut self, head: Head, effects: &Effects) {
        drop(self.connection.execute_batch("ROLLBACK"));
        self.head = head;
        self.destroy(&effects.filled);
    }

    /// `false` when a request failed that was to be committed with the others: nothing is.
    fn commit(
        &mut self,
        batch: &mut [Box<dyn Request>],
        effects: &mut Effects,
        way: Way,
    ) -> Result<bool> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let before = self.head.seq;
        for request in &mut *batch {
            match way {
                Way::Apart => self.apart(request.as_mut(), effects)?,
                Way::Together if self.step(request.as_mut(), effects) => {}
                Way::Together => return Ok(false),
            }
        }
        let live_bytes = effects.live(&self.live_bytes);
        if self.head.seq != before || live_bytes != self.live_bytes.load(Ordering::Relaxed) {
            trail::keep_sums(&self.connection, &self.head, live_bytes)?;
        }
        effects.counted.write(&self.connection)?;
        // A row must never be on disk before the key that opens it.
        self.slots.sync().map_err(StoreError::file("secret.keys"))?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(true)
    }

    /// One request. `false`: what it did must go.
    fn step(&mut self, request: &mut dyn Request, effects: &mut Effects) -> bool {
        let Self { connection, slots, head, keys, .. } = self;
        let kept = catch_unwind(AssertUnwindSafe(|| {
            let writing = Writing { keys, slots, effects, head };
            request.run(&mut SqliteTransaction::writing(connection, writing))
        }));
        matches!(kept, Ok(true))
    }

    /// One request in a savepoint of its own.
    fn apart(&mut self, request: &mut dyn Request, effects: &mut Effects) -> Result<()> {
        self.connection.prepare_cached("SAVEPOINT request")?.execute([])?;
        let (before, mark) = (self.head, effects.mark());
        if !self.step(request, effects) {
            self.connection.prepare_cached("ROLLBACK TO request")?.execute([])?;
            self.head = before;
            let filled = effects.back_to(mark);
            self.slots.destroy(&filled).map_err(StoreError::file("secret.keys"))?;
        }
        self.connection.prepare_cached("RELEASE request")?.execute([])?;
        Ok(())
    }

    /// One step of the survey of the key file. Whether it may go on with the next one.
    fn survey(&mut self) -> bool {
        if self.lost.lock().unwrap_or_else(PoisonError::into_inner).len() >= LOST {
            return false;
        }
        match survey::step(&self.connection, &mut self.slots) {
            Ok(Some(found)) => {
                self.lost.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
                self.idle = false;
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "the key file could not be compared with its rows");
                false
            }
        }
    }

    /// Overwrites keys that nothing refers to any more. What fails here is done again by the survey
    /// after the next start.
    fn destroy(&mut self, slots: &[Slot]) {
        if let Err(error) = self.slots.destroy(slots) {
            tracing::error!(%error, "per-secret keys could not be overwritten");
        }
    }

    /// Nothing to do, or told to: make the overwriting of keys durable and empty the write-ahead log.
    fn rest(&mut self) {
        if self.idle {
            return;
        }
        self.idle = true;
        if let Err(error) = self.slots.sync() {
            tracing::error!(%error, "the key file could not be synced");
            self.idle = false;
        }
        let truncate = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        match truncate {
            Ok(0) => {}
            // A reader is looking; the next time then.
            Ok(_) => self.idle = false,
            Err(error) => tracing::warn!(%error, "the log could not be emptied"),
        }
    }
}
