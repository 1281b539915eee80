//! The readers: a few tasks, each with a connection while it works, and queries that share a view.
//!
//! A reader takes what waits (at most [`SHARE`]) and looks on one connection at one point of the history,
//! everybody at once: their statements are on their way together, and a view is opened and closed once for
//! all of them. Somebody alone waits for nobody. A statement that fails spoils the view: whoever has no answer
//! then looks alone, and again while the database cannot be reached.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{Object, Pool};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;

use super::lend;
use super::transaction::{PATIENCE, PgTransaction, patiently};
use crate::StoreError;
use crate::port::{Query, Result};

/// How many queries share a view at most.
const SHARE: usize = 16;
/// How many readers work side by side.
pub(super) const READERS: usize = 6;
/// How many queries may wait for the readers.
const QUEUE: usize = 4096;
/// How often a query is run while the database cannot be reached.
const TRIES: u32 = 3;

/// The handle that queries use.
pub(super) struct Readers(mpsc::Sender<Box<dyn Request>>);

impl Readers {
    /// Starts them; they end when the handle is dropped and the queue is empty.
    pub(super) fn start(pool: &Pool) -> Self {
        let (sender, queue) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..READERS {
            tokio::spawn(work(pool.clone(), Arc::clone(&queue)));
        }
        Self(sender)
    }

    /// Runs `query` on one view of the store.
    pub(super) async fn run<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        let (reply, answer) = oneshot::channel();
        let late = tokio::time::sleep(PATIENCE).deadline();
        let request = Box::new(Waiting { query, reply: Some(reply), late });
        self.0.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// A query of any kind, as a reader sees it.
trait Request: Send {
    /// Looks, and answers what it has found, if the view has `begun`. `Some` when it failed, and nobody was
    /// answered.
    fn look<'a>(
        &'a mut self,
        connection: &'a Object,
        begun: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = Option<StoreError>> + Send + 'a>>;
    /// Whether somebody still waits, and not for too long.
    fn is_awaited(&self) -> bool;
    /// Answers what became of it.
    fn fail(&mut self, fault: StoreError);
}

struct Waiting<Q: Query> {
    query: Q,
    reply: Option<oneshot::Sender<Result<Q::Output>>>,
    /// When it has waited for long enough.
    late: Instant,
}

impl<Q: Query> Request for Waiting<Q> {
    fn look<'a>(
        &'a mut self,
        connection: &'a Object,
        begun: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = Option<StoreError>> + Send + 'a>> {
        Box::pin(async move {
            let mut tx = PgTransaction::reading(connection);
            let mut reply = self.reply.take()?;
            // A query that panics must not take the reader down, and nobody looks for somebody who hung up.
            let looked = AssertUnwindSafe(self.query.run(&mut tx)).catch_unwind();
            let looked = tokio::select! {
                looked = looked => looked.unwrap_or(Err(StoreError::Closed)),
                () = reply.closed() => return None,
            };
            let fault = match looked {
                Ok(_) if !begun.load(Ordering::Relaxed) => no_answer(),
                Ok(found) => {
                    drop(reply.send(Ok(found)));
                    return None;
                }
                Err(fault) => fault,
            };
            self.reply = Some(reply);
            Some(fault)
        })
    }

    fn is_awaited(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| !reply.is_closed()) && self.late.elapsed().is_zero()
    }

    fn fail(&mut self, fault: StoreError) {
        drop(self.reply.take().map(|reply| reply.send(Err(fault))));
    }
}

type Queue = Arc<Mutex<mpsc::Receiver<Box<dyn Request>>>>;

async fn work(pool: Pool, queue: Queue) {
    loop {
        let mut share = Vec::with_capacity(SHARE);
        if queue.lock().await.recv_many(&mut share, SHARE).await == 0 {
            return;
        }
        share.retain_mut(|request| {
            let awaited = request.is_awaited();
            if !awaited {
                request.fail(no_answer());
            }
            awaited
        });
        if share.is_empty() {
            continue;
        }
        let alone = share.len() == 1;
        let faults = look(&pool, &mut share).await;
        let failed = share.iter_mut().zip(faults).filter_map(|(request, fault)| {
            // Whoever was alone has failed by itself already.
            fault.map(|fault| look_alone(&pool, request, alone.then_some(fault)))
        });
        join_all(failed).await;
    }
}

/// Looks for somebody by themselves, again while there is hope. They may have `failed` once.
async fn look_alone(pool: &Pool, request: &mut Box<dyn Request>, mut failed: Option<StoreError>) {
    let mut tries = 0_u32;
    loop {
        tries = tries.saturating_add(1);
        let fault = match failed.take() {
            Some(fault) => fault,
            None => match look(pool, std::slice::from_mut(request)).await.pop().flatten() {
                Some(fault) => fault,
                None => return,
            },
        };
        let again = matches!(fault, StoreError::Unreachable(_)) && tries < TRIES;
        if !again || !request.is_awaited() {
            return request.fail(fault);
        }
    }
}

/// Everybody looks at once, on one view. Whoever found something was answered; the others are told why
/// not, each in its place.
async fn look(pool: &Pool, share: &mut [Box<dyn Request>]) -> Vec<Option<StoreError>> {
    let connection = match lend(pool).await {
        Ok(connection) => Looking(Some(connection)),
        Err(fault) => {
            let why = if let StoreError::Unreachable(why) = &fault {
                why.clone()
            } else {
                fault.to_string()
            };
            return share.iter().map(|_| Some(StoreError::Unreachable(why.clone()))).collect();
        }
    };
    connection.at(share).await
}

/// A connection on which a view is open. When it is not closed in order, it is not lent to anybody else, and
/// the server ends the view with it.
struct Looking(Option<Object>);

impl Looking {
    async fn at(mut self, share: &mut [Box<dyn Request>]) -> Vec<Option<StoreError>> {
        let Some(connection) = &self.0 else { return Vec::new() };
        let begun = AtomicBool::new(false);
        // On its way before the first question, answered before it, and not waited for.
        let view = async {
            let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            let begin = patiently(async { Ok(connection.batch_execute(begin).await?) });
            begun.store(begin.await.is_ok(), Ordering::Relaxed);
        };
        let looks = share.iter_mut().map(|request| request.look(connection, &begun));
        let ((), faults) = futures_util::join!(view, join_all(looks));
        // There is nothing to keep, and if this fails, so does whatever is asked next.
        drop(connection.batch_execute("ROLLBACK").now_or_never());
        if begun.into_inner() && faults.iter().all(Option::is_none) {
            drop(self.0.take());
        }
        faults
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

fn no_answer() -> StoreError {
    StoreError::Unreachable("the database does not answer".to_owned())
}
