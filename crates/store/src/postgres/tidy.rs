//! Destroyed rows leave the tables within a minute, whichever node destroyed them.
//!
//! PostgreSQL keeps old versions of rows until they are vacuumed. Its own vacuum comes by when a fifth
//! of a table has changed, which may be never: so whenever keys were destroyed, their table and that of
//! the payloads are vacuumed, by one node at a time. From then on no query finds them; their bytes stay in
//! the free space of a page until something else is written there (docs/guide/scaling.md says what
//! that means).

use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::task::JoinHandle;

use super::writer::Shared;
use super::{lend, live_bytes};
use crate::port::Result;

/// How often it is looked for. Law 4 allows 60 s.
const EVERY: Duration = Duration::from_secs(20);
/// The number of the lock that one node holds while it is at it: "vacuum" in ASCII.
const LOCK: i64 = 0x7661_6375_756D;

/// The task; it ends with the engine.
pub(super) struct Tidying(JoinHandle<()>);

impl Drop for Tidying {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts it.
pub(super) fn start(shared: &Shared) -> Tidying {
    let shared = shared.clone();
    Tidying(tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // What other nodes have kept and destroyed, where this one writes nothing itself.
            if let Err(error) = refresh(&shared).await {
                tracing::debug!(%error, "the sum of payloads could not be read");
            }
            let destroyed = shared.destroyed.swap(0, Ordering::Relaxed);
            let done = tidy(&shared, destroyed > 0).await;
            if let Err(error) = &done {
                tracing::warn!(%error, "destroyed rows could not be vacuumed");
            }
            if !matches!(done, Ok(true)) {
                // The next time then.
                shared.destroyed.fetch_add(destroyed, Ordering::Relaxed);
            }
        }
    }))
}

/// Vacuums what needs it; whether there is nothing left to do.
async fn tidy(shared: &Shared, mine: bool) -> Result<bool> {
    let connection = lend(&shared.pool).await?;
    if !mine && !is_untidy(&connection).await? {
        return Ok(true);
    }
    vacuum(&connection).await
}

/// Whether there are old versions of rows, of whichever node: one that was killed has left its own, and
/// one whose commit was in doubt does not know of them.
async fn is_untidy(connection: &Object) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_stat_user_tables
         WHERE relid IN ('secret_keys'::REGCLASS, 'payloads'::REGCLASS) AND n_dead_tup > 0)";
    Ok(connection.query_one(sql, &[]).await?.try_get(0)?)
}

/// Whether this node did it; another one may be at it.
async fn vacuum(connection: &Object) -> Result<bool> {
    let locked = connection.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
    if !locked.try_get::<_, bool>(0)? {
        return Ok(false);
    }
    let done = connection.batch_execute("VACUUM secret_keys").await;
    let done = match done {
        Ok(()) => connection.batch_execute("VACUUM payloads").await,
        failed => failed,
    };
    connection.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    Ok(done.map(|()| true)?)
}

async fn refresh(shared: &Shared) -> Result<()> {
    let before = shared.live_bytes.load(Ordering::Relaxed);
    let sum = live_bytes(&lend(&shared.pool).await?).await?;
    // A commit of this node's since then knows better.
    let _newer =
        shared.live_bytes.compare_exchange(before, sum, Ordering::Relaxed, Ordering::Relaxed);
    Ok(())
}
