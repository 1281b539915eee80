//! A reader: a thread with a connection that cannot write, each query in one view of the store.
//!
//! Queries that wait at the same time share a view, which is one that each of them could have had: it
//! begins after all of them were asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::mailbox::{Mailbox, ready};
use super::transaction::SqliteTransaction;
use crate::StoreError;
use crate::port::{Query, Result};

/// How many queries share a view at most.
const BATCH: usize = 64;

/// The handle that queries use.
pub(super) struct Reader(Mailbox<Box<dyn Look>>);

impl Reader {
    /// Starts the thread.
    pub(super) fn start(mut connection: Connection) -> Self {
        Self(Mailbox::start("store-reader", move |looks: Receiver<Box<dyn Look>>| {
            while let Ok(first) = looks.recv() {
                // Whoever is about to ask may still do so for this view. Alone, this is nothing.
                thread::yield_now();
                let mut batch = vec![first];
                batch.extend(looks.try_iter().take(BATCH.saturating_sub(1)));
                view(&mut connection, batch);
            }
        }))
    }

    /// Runs `query` in one view.
    pub(super) async fn run<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        self.0.ask(|reply| Box::new(Waiting { query, reply, result: None })).await
    }
}

trait Look: Send {
    /// Looks, if a view could be `begun`.
    fn run(&mut self, connection: &mut Connection, begun: Result<()>);
    /// Answers.
    fn answer(self: Box<Self>);
}

struct Waiting<Q: Query> {
    query: Q,
    reply: oneshot::Sender<Result<Q::Output>>,
    result: Option<Result<Q::Output>>,
}

impl<Q: Query> Look for Waiting<Q> {
    fn run(&mut self, connection: &mut Connection, begun: Result<()>) {
        // A query that panics must not take the thread, and with it every later query, down.
        let looked = begun.map(|()| {
            catch_unwind(AssertUnwindSafe(|| {
                ready(self.query.run(&mut SqliteTransaction::reading(connection)))
            }))
        });
        self.result = Some(looked.and_then(|looked| looked.unwrap_or(Err(StoreError::Closed))));
    }

    fn answer(self: Box<Self>) {
        let Self { reply, result, .. } = *self;
        drop(reply.send(result.unwrap_or(Err(StoreError::Closed))));
    }
}

/// Runs all of `batch` in one view, or in another one after a query whose failure has ended it.
fn view(connection: &mut Connection, mut batch: Vec<Box<dyn Look>>) {
    for look in &mut batch {
        let begun = if connection.is_autocommit() { run(connection, "BEGIN") } else { Ok(()) };
        look.run(connection, begun);
    }
    if !connection.is_autocommit()
        && let Err(error) = run(connection, "COMMIT")
    {
        tracing::error!(%error, "a view could not be ended");
        drop(run(connection, "ROLLBACK"));
    }
    for look in batch {
        look.answer();
    }
}

fn run(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}
