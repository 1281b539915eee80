//! The end of an upload: it becomes a secret, or nothing is left of it.

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::secret::Row;
use domain::time::Timestamp;
use envelope::{SecretId, UploadToken};
use store::StoreError;
use store::blobs::parts;
use store::owned;
use store::port::{IdempotencyKey, Kept, Result as StoreResult, Transaction, Unit, Upload};

use super::{Shown, UploadError};
use crate::Service;
use crate::counters::Cause;
use crate::share::{REPEAT, Shared};

impl Service {
    /// All parts are there: keeps the secret, and answers when it is on disk. Asked again, the answer is
    /// the same.
    pub async fn complete_upload(
        &self,
        id: &SecretId,
        token: &UploadToken,
    ) -> Result<Shared, UploadError> {
        let shown = self.shown(id, token);
        match self.store.write(Complete(shown)).await? {
            Completed::Kept(kept) => Ok(self.shared(&kept)),
            Completed::Incomplete => Err(UploadError::Incomplete),
            Completed::Unavailable => {
                self.counters.count(Cause::Unknown);
                Err(UploadError::Unavailable)
            }
        }
    }

    /// Gives an upload up, and destroys what has come. Says whether there was one.
    pub async fn give_up_upload(
        &self,
        id: &SecretId,
        token: &UploadToken,
    ) -> Result<bool, StoreError> {
        let known = self.store.write(GiveUp(self.shown(id, token))).await?;
        self.count_unknown(!known);
        Ok(known)
    }
}

/// Destroys an upload, and forgets whose the secret would have been.
pub(crate) async fn destroy<T: Transaction>(
    tx: &mut T,
    row: Row,
    now: Timestamp,
) -> StoreResult<()> {
    owned::forget(tx, row).await?;
    tx.destroy_upload(row, now).await
}

struct Complete(Shown);

enum Completed {
    Incomplete,
    Kept(Box<Kept>),
    Unavailable,
}

impl Unit for Complete {
    type Output = Completed;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Completed> {
        let Shown { row, token, now, .. } = self.0;
        let Some(Upload { kept, .. }) = self.0.find(tx).await? else {
            return self.repeat(tx).await;
        };
        if tx.parts(row).await?.len() != usize::try_from(parts(kept.secret.size)).unwrap_or(0) {
            return Ok(Completed::Incomplete);
        }
        tx.complete_upload(row).await?;
        // The token is used up, and whoever lost the answer asks again with it.
        let (fingerprint, until) = ([0; 32], now.plus(REPEAT));
        let used = IdempotencyKey { hash: token, fingerprint, row, until };
        tx.insert_idempotency_key(&used, now).await?;
        let (kind, actor) = (EventKind::Created, Actor::Sender);
        tx.record(&Event::new(now, kind, actor).of(row)).await?;
        Ok(Completed::Kept(Box::new(kept)))
    }
}

impl Complete {
    /// The answer to an upload that was completed before.
    async fn repeat<T: Transaction>(&self, tx: &mut T) -> StoreResult<Completed> {
        let Shown { row, tag, token, now } = self.0;
        let used = tx.idempotency_key(&token, now).await?.filter(|used| used.row == row);
        if used.is_none() {
            return Ok(Completed::Unavailable);
        }
        let kept = tx.secret(row).await?.filter(|kept| kept.tag == tag);
        Ok(kept.map_or(Completed::Unavailable, |kept| Completed::Kept(Box::new(kept))))
    }
}

struct GiveUp(Shown);

impl Unit for GiveUp {
    /// Whether there was such an upload.
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let known = self.0.find(tx).await?.is_some();
        if known {
            destroy(tx, self.0.row, self.0.now).await?;
        }
        Ok(known)
    }
}
