//! Turn: server keys that change while the program runs (R48).
//!
//! Keys that were put in place are taken up, and per-secret keys are wrapped anew until the active key of
//! the ring has wrapped all of them. Payloads are not touched. It goes a few keys at a time, and never so
//! long that what else the sweeper does would be late.

use std::time::Duration;

use domain::time::Timestamp;
use store::StoreError;
use store::at_rest::RingId;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View, WrappedAnew};

use crate::Service;

/// How many keys one transaction wraps, so that nobody waits long behind it.
const BATCH: u32 = 128;
/// How long one sweep is at it.
const AT_ONCE: Duration = Duration::from_secs(2);

impl Service {
    /// Takes up the server's keys that were put in place since it last looked; `asked` looks in any case.
    /// Keys that cannot be taken up change nothing: those from before stay in force.
    pub async fn look_at_keys(&self, asked: bool) {
        match self.store.look_at_keys(asked).await {
            Ok(true) => {
                let ring = self.store.active_ring().get();
                tracing::info!(ring, "the server's keys were taken up; this one wraps what is new");
            }
            Ok(false) if asked => tracing::info!("the server's keys are as they were"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the server's keys stay as they were");
            }
        }
    }

    /// Wraps per-secret keys anew that another key of the ring than the active one has wrapped.
    pub(crate) async fn turn(&self) -> Result<(), StoreError> {
        let start = self.clock.now();
        let mut total = 0_u64;
        if self.store.is_turning()
            && let Err(error) = self.store.wrap_columns_anew().await
        {
            // It keeps no secret's key from its turn (R54).
            tracing::error!(%error, "the key of what is known about people was not wrapped anew");
        }
        while self.store.is_turning() {
            let active = self.store.active_ring();
            let rings = self.store.read(InUse).await?;
            let old: Vec<RingId> = rings.into_iter().filter(|ring| *ring != active).collect();
            let Some(pass) = self.turn_from(&old, start).await? else {
                tracing::info!("keys are being wrapped anew; the next sweep goes on");
                return Ok(());
            };
            total = total.saturating_add(pass.count);
            match pass {
                // What another node holds at this moment is looked at again.
                Pass { seen: 0, .. } if !old.is_empty() => return Ok(()),
                Pass { seen: 0, .. } => self.store.has_turned(active),
                Pass { count: 0, seen } => {
                    tracing::error!(seen, "keys cannot be wrapped anew: their secrets do not open");
                    self.store.has_turned(active);
                }
                Pass { .. } => {}
            }
        }
        if total > 0 {
            let ring = self.store.active_ring().get();
            tracing::info!(ring, total, "keys were wrapped anew, and none is left to be");
        }
        Ok(())
    }

    /// Goes through what `rings` have wrapped, once; `None` when it would take too long.
    async fn turn_from(
        &self,
        rings: &[RingId],
        start: Timestamp,
    ) -> Result<Option<Pass>, StoreError> {
        let mut pass = Pass { seen: 0, count: 0 };
        for ring in rings {
            let mut after = None;
            loop {
                let done = self.store.write(Turn { ring: *ring, after }).await?;
                pass.seen = pass.seen.saturating_add(done.seen.into());
                pass.count = pass.count.saturating_add(done.count.into());
                after = done.last;
                if after.is_none() {
                    break;
                }
                if start.until(self.clock.now()) >= AT_ONCE {
                    return Ok(None);
                }
                self.readiness.wrote(self.clock.now());
            }
        }
        Ok(Some(pass))
    }
}

/// One way through what is to be wrapped anew.
struct Pass {
    /// How many keys were looked at.
    seen: u64,
    /// How many of them were wrapped anew.
    count: u64,
}

struct InUse;

impl Query for InUse {
    type Output = Vec<RingId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<RingId>> {
        view.rings_in_use().await
    }
}

struct Turn {
    ring: RingId,
    after: Option<i64>,
}

impl Unit for Turn {
    type Output = WrappedAnew;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<WrappedAnew> {
        tx.wrap_anew(self.ring, self.after, BATCH).await
    }
}
