//! Acknowledge: the reader says that the content arrived. The last delivery destroys the payload.

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::claim::Outcome;
use domain::hashes::{KeyedHash, Kind};
use domain::secret::Row;
use domain::time::Timestamp;
use envelope::{ClaimToken, SecretId};
use store::StoreError;
use store::ids::Tag;
use store::port::{Result as StoreResult, Transaction, Unit, settle};

use crate::Service;

impl Service {
    /// Ends a claim as delivered. `false` is the one answer: there is no such claim. Saying it twice
    /// is no fault.
    pub async fn acknowledge(&self, id: &SecretId, claim: &ClaimToken) -> Result<bool, StoreError> {
        let (row, tag) = self.store.locate(id);
        let token = self.store.hash(Kind::Claim, claim.hash().as_bytes());
        let now = self.clock.now();
        let known = self.store.write(Acknowledge { row, tag, token, now }).await?;
        self.count_unknown(!known);
        Ok(known)
    }
}

struct Acknowledge {
    row: Row,
    tag: Tag,
    token: KeyedHash,
    now: Timestamp,
}

impl Unit for Acknowledge {
    type Output = bool;

    fn about(&self) -> Option<Row> {
        Some(self.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let (row, now) = (self.row, self.now);
        let kept = tx.secret(row).await?.filter(|kept| kept.tag == self.tag);
        let claim = tx.claim(row, &self.token).await?;
        let (Some(kept), Some(claim)) = (kept, claim) else { return Ok(false) };
        match claim.outcome {
            Some(Outcome::Confirmed { .. }) => return Ok(true),
            Some(Outcome::Unconfirmed { .. }) => return Ok(false),
            None => {}
        }
        tx.end_claim(row, &self.token, Outcome::Confirmed { at: now }).await?;
        let kind = EventKind::Delivered;
        tx.record(&Event::new(now, kind, Actor::LinkHolder).of(row)).await?;
        // Who has won the only view that was won is the one who speaks.
        let others =
            if kept.secret.views_taken > 1 { tx.running_claims(row, now).await? } else { 0 };
        let after = kept.secret.delivery_over(others, now);
        if after != kept.secret {
            settle(tx, &kept.secret, &after, now).await?;
        }
        Ok(true)
    }
}
