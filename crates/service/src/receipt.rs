//! Receipts: what a sender keeps. See the fate of a secret, burn it, unlock it.
//!
//! A receipt outlives its payload, and never holds anything that opens (law 6, R53).

use domain::audit::{Actor, Event, Kind as EventKind};
use domain::hashes::{KeyedHash, Kind};
use domain::secret::{End, Row, Secret, Standing};
use domain::time::Timestamp;
use envelope::ReceiptToken;
use store::StoreError;
use store::ids::Tag;
use store::port::{Kept, Query, Result as StoreResult, Transaction, Unit, View, settle};

use crate::Service;

/// The fate of one secret.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its short name.
    pub reference: String,
    /// What is known about it.
    pub secret: Secret,
    /// What happened, oldest first.
    pub events: Vec<Event>,
}

/// What burning led to. Burning and opening race; exactly one wins, and this says which (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burn {
    /// It is burned, now or before.
    Burned,
    /// The time was up first.
    Expired,
    /// Its key was lost before.
    Lost,
    /// Every view has its reader.
    Opened,
}

/// What unlocking led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// It waits again.
    Unlocked,
    /// It was not locked.
    NotLocked,
}

#[derive(Clone, Copy)]
struct Holder {
    row: Row,
    tag: Tag,
    token: KeyedHash,
    now: Timestamp,
}

impl Holder {
    async fn find<V: View>(&self, view: &mut V) -> StoreResult<Option<Kept>> {
        let kept = view.secret(self.row).await?;
        Ok(kept.filter(|kept| kept.tag == self.tag && kept.verifiers.receipt == self.token))
    }

    async fn receipt<V: View>(&self, view: &mut V, secret: Secret) -> StoreResult<Found> {
        let events = view.events(self.row).await?;
        Ok(Found { secret, events })
    }
}

struct Found {
    secret: Secret,
    events: Vec<Event>,
}

impl Service {
    fn holder(&self, token: &ReceiptToken) -> Holder {
        let (row, tag) = self.store.locate(token.id());
        let token = self.store.hash(Kind::Receipt, token.hash().as_bytes());
        Holder { row, tag, token, now: self.clock.now() }
    }

    fn receipt_of(&self, found: Found) -> Receipt {
        let Found { secret, events } = found;
        Receipt { reference: self.store.reference(secret.row), secret, events }
    }

    /// The fate of a secret. `None` is the one answer.
    pub async fn receipt(&self, token: &ReceiptToken) -> Result<Option<Receipt>, StoreError> {
        let found = self.store.read(Follow(self.holder(token))).await?;
        self.count_unknown(found.is_none());
        Ok(found.map(|found| self.receipt_of(found)))
    }

    /// Burns what is left of a secret. `None` is the one answer.
    pub async fn burn(&self, token: &ReceiptToken) -> Result<Option<(Burn, Receipt)>, StoreError> {
        let burned = self.store.write(BurnIt(self.holder(token))).await?;
        self.count_unknown(burned.is_none());
        Ok(burned.map(|(burn, found)| (burn, self.receipt_of(found))))
    }

    /// Unlocks a secret whose wrong passphrases were used up. `None` is the one answer.
    pub async fn unlock(
        &self,
        token: &ReceiptToken,
    ) -> Result<Option<(Unlock, Receipt)>, StoreError> {
        let unlocked = self.store.write(UnlockIt(self.holder(token))).await?;
        self.count_unknown(unlocked.is_none());
        Ok(unlocked.map(|(unlock, found)| (unlock, self.receipt_of(found))))
    }
}

struct Follow(Holder);

impl Query for Follow {
    type Output = Option<Found>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<Found>> {
        let Some(kept) = self.0.find(view).await? else { return Ok(None) };
        self.0.receipt(view, kept.secret).await.map(Some)
    }
}

struct BurnIt(Holder);

impl Unit for BurnIt {
    type Output = Option<(Burn, Found)>;

    fn about(&self) -> Option<Row> {
        Some(self.0.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let now = self.0.now;
        let Some(kept) = self.0.find(tx).await? else { return Ok(None) };
        let before = kept.secret;
        let after = if let Some(after) = before.burn(now) {
            settle(tx, &before, &after, now).await?;
            let kind = EventKind::Burned;
            tx.record(&Event { at: now, kind, actor: Actor::Sender, row: Some(before.row) })
                .await?;
            after
        } else {
            before
        };
        let burn = match after.standing {
            Standing::Ended(End::Burned { .. }) => Burn::Burned,
            Standing::Delivering | Standing::Ended(End::Opened { .. }) => Burn::Opened,
            // Waiting or locked here means that the time is up and the sweeper has yet to come by.
            Standing::Waiting | Standing::Locked | Standing::Ended(End::Expired { .. }) => {
                Burn::Expired
            }
            Standing::Ended(End::Lost { .. }) => Burn::Lost,
        };
        Ok(Some((burn, self.0.receipt(tx, after).await?)))
    }
}

struct UnlockIt(Holder);

impl Unit for UnlockIt {
    type Output = Option<(Unlock, Found)>;

    fn about(&self) -> Option<Row> {
        Some(self.0.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let now = self.0.now;
        let Some(kept) = self.0.find(tx).await? else { return Ok(None) };
        let Some(after) = kept.secret.unlock() else {
            let found = self.0.receipt(tx, kept.secret).await?;
            return Ok(Some((Unlock::NotLocked, found)));
        };
        settle(tx, &kept.secret, &after, now).await?;
        tx.forget_attempts(after.row).await?;
        let kind = EventKind::Unlocked;
        tx.record(&Event { at: now, kind, actor: Actor::Sender, row: Some(after.row) }).await?;
        Ok(Some((Unlock::Unlocked, self.0.receipt(tx, after).await?)))
    }
}
