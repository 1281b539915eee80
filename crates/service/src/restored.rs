//! Restored: a copy of everything was put back, and nobody knows what happened to its secrets since.
//!
//! Each of them may have been opened or burned after the copy was made, and one that has ended must not wait
//! again (law 4, R56). So all that wait are ended, as lost: their senders are told, and can share again. Uploads
//! that were not complete are given up.

use domain::audit::{Actor, Event, Head, Kind as EventKind};
use domain::time::Timestamp;
use store::StoreError;
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::sweep::lose;

/// How many rows one transaction takes.
const BATCH: u32 = 128;
/// Everything that waits has expired by then.
const END_OF_TIME: Timestamp = Timestamp::from_millis(i64::MAX);

impl Service {
    /// Ends every secret that waits, and says how many there were. Nobody may be served before.
    pub async fn end_restored(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.store.write(Note { now }).await?;
        let mut all = 0_u64;
        loop {
            let ended = self.store.write(EndSome { now }).await?;
            if ended == 0 {
                // Last, so that it is begun again if it breaks off.
                self.store.write(Settled).await?;
                return Ok(all);
            }
            all = all.saturating_add(ended);
        }
    }

    /// Whether a copy was put back, and what waits in it has not been ended yet.
    pub async fn was_restored(&self) -> Result<bool, StoreError> {
        self.store.read(IsRestored).await
    }

    /// The end of the audit trail, for the anchor.
    pub async fn trail_end(&self) -> Result<Head, StoreError> {
        self.store.read(TrailEnd).await
    }
}

struct Note {
    now: Timestamp,
}

impl Unit for Note {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        // From here on it is finished, whoever begins it again.
        tx.mark_restore().await?;
        let (kind, actor) = (EventKind::Restored, Actor::System);
        tx.record(&Event { at: self.now, kind, actor, row: None }).await
    }
}

struct EndSome {
    now: Timestamp,
}

impl Unit for EndSome {
    /// How many it has ended; none when none is left.
    type Output = u64;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<u64> {
        // Another node may have ended everything, and taken new secrets since.
        if !tx.is_restored().await? {
            return Ok(0);
        }
        let mut rows = tx.expired(END_OF_TIME, BATCH).await?;
        rows.extend(tx.lapsed_uploads(END_OF_TIME, BATCH).await?);
        for row in &rows {
            lose(tx, *row, self.now).await?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }
}

struct Settled;

impl Unit for Settled {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.forget_restore().await
    }
}

struct IsRestored;

impl Query for IsRestored {
    type Output = bool;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<bool> {
        view.is_restored().await
    }
}

struct TrailEnd;

impl Query for TrailEnd {
    type Output = Head;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Head> {
        view.trail_end().await
    }
}
