//! Destroyed rows leave the tables within a minute.
//!
//! PostgreSQL keeps old versions of rows until they are vacuumed. Its own vacuum comes by when a fifth
//! of a table has changed, which may be never: so whenever keys were destroyed, their table and that of
//! the payloads are vacuumed, by one node at a time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::lend;
use super::writer::Shared;
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
            let destroyed = shared.destroyed.swap(0, Ordering::Relaxed);
            if destroyed == 0 {
                continue;
            }
            match vacuum(&shared).await {
                Ok(true) => {}
                // The next time then.
                Ok(false) => drop(shared.destroyed.fetch_add(destroyed, Ordering::Relaxed)),
                Err(error) => {
                    tracing::warn!(%error, "destroyed rows could not be vacuumed");
                    shared.destroyed.fetch_add(destroyed, Ordering::Relaxed);
                }
            }
        }
    }))
}

/// Whether this node did it; another one may be at it.
async fn vacuum(shared: &Shared) -> Result<bool> {
    let connection = lend(&shared.pool).await?;
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
