//! Restored: a copy of everything was put back, and nobody knows what happened to its secrets since.
//!
//! Each of them may have been opened or burned after the copy was made, and one that has ended must not wait
//! again (law 4, R56). So all that wait are ended, as lost: their senders are told, and can share again. Uploads
//! that were not complete are given up.

use domain::audit::{Actor, Event, Head, Kind as EventKind};
use domain::secret::Row;
use domain::time::Timestamp;
use store::StoreError;
use store::port::{NextSecrets, Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::sweep::lose;

/// How many rows one transaction takes.
const BATCH: u32 = 128;
/// Every upload is over by then.
const END_OF_TIME: Timestamp = Timestamp::from_millis(i64::MAX);

impl Service {
    /// Ends every secret that waits, and says how many there were; `None` when no copy was put back. The
    /// operator may have `told` that one was. Nobody may be served before.
    pub async fn end_restored(&self, told: bool) -> Result<Option<u64>, StoreError> {
        let now = self.clock.now();
        if !self.store.write(Note { now, told }).await? {
            return Ok(None);
        }
        let (mut all, mut after) = (0_u64, Some(Row::new(i64::MIN)));
        while let Some(row) = after {
            let ended = self.store.write(EndSome { after: row, now }).await?;
            all = all.saturating_add(ended.count);
            after = ended.last;
        }
        // Last, so that it is begun again if it breaks off.
        self.store.write(Settled).await?;
        Ok(Some(all))
    }

    /// The end of the audit trail, for the anchor.
    pub async fn trail_end(&self) -> Result<Head, StoreError> {
        self.store.read(TrailEnd).await
    }
}

struct Note {
    now: Timestamp,
    told: bool,
}

impl Unit for Note {
    /// Whether there is anything to end.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        // Another node may have ended everything, and taken new secrets since.
        if !self.told && !tx.is_restored().await? {
            return Ok(false);
        }
        // From here on it is finished, whoever begins it again.
        tx.mark_restore().await?;
        let (kind, actor) = (EventKind::Restored, Actor::System);
        tx.record(&Event::new(self.now, kind, actor)).await?;
        Ok(true)
    }
}

struct EndSome {
    after: Row,
    now: Timestamp,
}

#[derive(Default)]
struct Ended {
    count: u64,
    /// How far it has come; `None` when nothing is left.
    last: Option<Row>,
}

impl Unit for EndSome {
    type Output = Ended;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Ended> {
        // So it may while this one is at it.
        if !tx.is_restored().await? {
            return Ok(Ended::default());
        }
        let uploads = tx.lapsed_uploads(END_OF_TIME, BATCH).await?;
        let NextSecrets { open, last } = tx.next_secrets(self.after, BATCH).await?;
        for row in uploads.iter().chain(&open) {
            lose(tx, *row, self.now).await?;
        }
        let count = u64::try_from(uploads.len().saturating_add(open.len())).unwrap_or(u64::MAX);
        // Uploads that are left are found again behind the last secret.
        Ok(Ended { count, last: last.or_else(|| uploads.last().map(|_| self.after)) })
    }
}

struct Settled;

impl Unit for Settled {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.forget_restore().await
    }
}

struct TrailEnd;

impl Query for TrailEnd {
    type Output = Head;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Head> {
        view.trail_end().await
    }
}
