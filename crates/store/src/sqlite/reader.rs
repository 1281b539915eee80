//! A reader: a thread with a connection that cannot write, each query in one view of the store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::transaction::SqliteTransaction;
use super::writer::ready;
use crate::StoreError;
use crate::port::{Query, Result};

/// How many queries may wait for one reader.
const QUEUE: usize = 4096;

/// The handle that queries use.
pub(super) struct Reader {
    queue: Option<SyncSender<Box<dyn Look>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread.
    pub(super) fn start(mut connection: Connection) -> Self {
        let (queue, looks): (_, Receiver<Box<dyn Look>>) = sync_channel(QUEUE);
        let thread = thread::Builder::new().name("store-reader".into());
        let thread = thread.spawn(move || {
            for look in looks {
                look.run(&mut connection);
            }
        });
        Self { queue: Some(queue), thread: thread.ok() }
    }

    /// Runs `query` in one view.
    pub(super) async fn run<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(Box::new(Waiting { query, reply })).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

trait Look: Send {
    fn run(self: Box<Self>, connection: &mut Connection);
}

struct Waiting<Q: Query> {
    query: Q,
    reply: oneshot::Sender<Result<Q::Output>>,
}

impl<Q: Query> Look for Waiting<Q> {
    fn run(self: Box<Self>, connection: &mut Connection) {
        let Self { query, reply } = *self;
        drop(reply.send(in_view(connection, &query)));
    }
}

fn in_view<Q: Query>(connection: &mut Connection, query: &Q) -> Result<Q::Output> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    // A query that panics must not take the thread, and with it every later query, down.
    let result = catch_unwind(AssertUnwindSafe(|| {
        ready(query.run(&mut SqliteTransaction::reading(connection)))
    }));
    connection.prepare_cached("COMMIT")?.execute([])?;
    result.unwrap_or(Err(StoreError::Closed))
}
