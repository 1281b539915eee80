//! The writer: one thread, one connection, many requests a commit.
//!
//! It takes what waits (at most [`BATCH`]), runs each request in a savepoint of one transaction,
//! syncs the per-secret keys, commits, and only then answers everybody. There is no timer: a batch
//! forms while the last one is being synced, and somebody alone waits for nobody. A request that
//! fails rolls back its savepoint and hurts no other; a commit that fails fails them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use domain::audit::Head;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::mailbox::{Mailbox, ready};
use super::trail;
use super::transaction::{Effects, SqliteTransaction, Writing};
use crate::StoreError;
use crate::keys::keyring::Keyring;
use crate::port::{Result, Slot, Unit};
use crate::slots::Slots;

/// How many requests share a commit at most.
const BATCH: usize = 256;
/// After so long without work the log is emptied and the key file synced.
const IDLE: Duration = Duration::from_millis(500);

/// The handle that requests use. Dropping it empties the log and closes the database.
pub(super) struct Writer(Mailbox<Box<dyn Request>>);

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        connection: Connection,
        slots: Slots,
        head: Head,
        keys: Arc<Keyring>,
        live_bytes: Arc<AtomicU64>,
    ) -> Self {
        let work = Work { connection, slots, head, keys, live_bytes, idle: false };
        Self(Mailbox::start("store-writer", move |requests| work.run(&requests)))
    }

    /// Runs `unit` and answers after its commit.
    pub(super) async fn run<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.0.ask(|reply| Box::new(Waiting { unit, reply, result: None })).await
    }
}

/// A request of any kind, as the thread sees it.
trait Request: Send {
    /// Does its part of the transaction. `false` rolls it back.
    fn run(&mut self, tx: &mut SqliteTransaction<'_>) -> bool;
    /// Answers, after the commit or its failure.
    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>);
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

    fn answer(self: Box<Self>, committed: std::result::Result<(), &str>) {
        let result = match (self.result, committed) {
            (Some(Ok(_)), Err(reason)) => Err(StoreError::Commit(reason.to_owned())),
            (Some(result), _) => result,
            (None, _) => Err(StoreError::Closed),
        };
        // Nobody may be waiting any more: a reader who hung up still has the claim.
        drop(self.reply.send(result));
    }
}

struct Work {
    connection: Connection,
    slots: Slots,
    head: Head,
    keys: Arc<Keyring>,
    live_bytes: Arc<AtomicU64>,
    idle: bool,
}

impl Work {
    fn run(mut self, requests: &Receiver<Box<dyn Request>>) {
        loop {
            match requests.recv_timeout(IDLE) {
                Ok(first) => {
                    // Whoever is about to ask may still do so for this batch. Alone, this is nothing.
                    thread::yield_now();
                    let mut batch = Vec::with_capacity(64);
                    batch.push(first);
                    batch.extend(requests.try_iter().take(BATCH.saturating_sub(1)));
                    self.idle = false;
                    self.batch(batch);
                }
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
        let committed = self.commit(&mut batch, &mut effects);
        match &committed {
            Ok(()) => {
                self.destroy(&effects.destroyed);
                self.live_bytes.fetch_add(effects.grown, Ordering::Relaxed);
                self.live_bytes.fetch_sub(effects.shrunk, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                drop(self.connection.execute_batch("ROLLBACK"));
                self.head = head;
                self.destroy(&effects.filled);
            }
        }
        let committed = committed.map_err(|error| error.to_string());
        for request in batch {
            request.answer(committed.as_ref().map(|&()| ()).map_err(String::as_str));
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn Request>], effects: &mut Effects) -> Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let before = self.head.seq;
        for request in &mut *batch {
            self.step(request.as_mut(), effects)?;
        }
        if self.head.seq != before {
            trail::keep_end(&self.connection, &self.head)?;
        }
        // A row must never be on disk before the key that opens it.
        self.slots.sync().map_err(StoreError::file("secret.keys"))?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// One request in a savepoint of its own.
    fn step(&mut self, request: &mut dyn Request, effects: &mut Effects) -> Result<()> {
        let Self { connection, slots, head, keys, .. } = self;
        connection.prepare_cached("SAVEPOINT request")?.execute([])?;
        let (before, mark) = (*head, effects.mark());
        let kept = catch_unwind(AssertUnwindSafe(|| {
            let writing = Writing { keys, slots, effects, head };
            request.run(&mut SqliteTransaction::writing(connection, writing))
        }));
        if !matches!(kept, Ok(true)) {
            connection.prepare_cached("ROLLBACK TO request")?.execute([])?;
            *head = before;
            for slot in effects.back_to(mark) {
                slots.destroy(slot).map_err(StoreError::file("secret.keys"))?;
            }
        }
        connection.prepare_cached("RELEASE request")?.execute([])?;
        Ok(())
    }

    /// Overwrites keys that nothing refers to any more. What fails here is done again by the
    /// recovery at the next start.
    fn destroy(&mut self, slots: &[Slot]) {
        for slot in slots {
            if let Err(error) = self.slots.destroy(*slot) {
                tracing::error!(%error, "a per-secret key could not be overwritten");
            }
        }
    }

    /// Nothing to do: make the overwriting of keys durable and empty the write-ahead log.
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
            // A reader is looking; the next idle moment tries again.
            Ok(_) => self.idle = false,
            Err(error) => tracing::warn!(%error, "the log could not be emptied"),
        }
    }
}
