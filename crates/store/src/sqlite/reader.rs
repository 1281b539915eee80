//! A reader: a thread with a connection that cannot write, each query in one view of the store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::mailbox::{Mailbox, ready};
use super::transaction::SqliteTransaction;
use crate::StoreError;
use crate::port::{Query, Result};

/// The handle that queries use.
pub(super) struct Reader(Mailbox<Box<dyn Look>>);

impl Reader {
    /// Starts the thread.
    pub(super) fn start(mut connection: Connection) -> Self {
        Self(Mailbox::start("store-reader", move |looks: Receiver<Box<dyn Look>>| {
            for look in looks {
                look.run(&mut connection);
            }
        }))
    }

    /// Runs `query` in one view.
    pub(super) async fn run<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        self.0.ask(|reply| Box::new(Waiting { query, reply })).await
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
