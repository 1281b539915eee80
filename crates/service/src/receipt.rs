//! Receipts: what a sender keeps. See the fate of a secret, burn it, unlock it.
//!
//! A receipt outlives its payload, and never holds anything that opens (law 6, R53). What a sender has
//! sealed is followed with a [`ReceiptToken`], what the server has sealed with a [`ServerReceipt`].

use domain::account::{AccountId, KeyOwner};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::hashes::{KeyedHash, Kind};
use domain::owned::Owned;
use domain::secret::{End, Row, SealedBy, Secret, Standing};
use domain::time::Timestamp;
use envelope::{Handle, ReceiptHash, ReceiptToken, SecretId, ServerReceipt};
use store::StoreError;
use store::ids::Tag;
use store::owned::{self, OwnedRow};
use store::port::{Kept, Query, Result as StoreResult, Transaction, Unit, View, settle};

use crate::Service;
use crate::overview::is_theirs;

/// What gives the right to follow and to burn.
#[derive(Clone, Copy)]
pub enum Token<'a> {
    /// The sender has made it.
    Sender(&'a ReceiptToken),
    /// The server has made it, and forgotten it.
    Server(&'a ServerReceipt),
    /// What a list shows: it takes the account that owns the secret as well.
    Owner(&'a Handle, AccountId),
}

impl<'a> From<&'a ReceiptToken> for Token<'a> {
    fn from(token: &'a ReceiptToken) -> Self {
        Self::Sender(token)
    }
}

impl<'a> From<&'a ServerReceipt> for Token<'a> {
    fn from(token: &'a ServerReceipt) -> Self {
        Self::Server(token)
    }
}

/// The fate of one secret.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The public id of the secret.
    pub id: SecretId,
    /// Its short name.
    pub reference: String,
    /// What is known about it.
    pub secret: Secret,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Until when it can be followed.
    pub until: Timestamp,
    /// What its owner knows beside, if it has one and the server has sealed it.
    pub owned: Option<Owned>,
}

/// What burning led to. Burning and opening race; exactly one wins, and this says which (R16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burn {
    /// It is burned, by this.
    Burned,
    /// It was burned before.
    BurnedBefore,
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

/// Somebody who shows a token.
#[derive(Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) row: Row,
    tag: Tag,
    right: Right,
    pub(crate) now: Timestamp,
}

/// What somebody's right comes from.
#[derive(Clone, Copy)]
enum Right {
    /// Nothing.
    None,
    /// The secret is theirs.
    Owner(KeyOwner),
    /// They hold the token with this hash.
    Token(KeyedHash),
}

impl Holder {
    /// The secret whose token it is, to the moment at which the receipt ends.
    pub(crate) async fn find<V: View>(&self, view: &mut V) -> StoreResult<Option<Kept>> {
        let Some(kept) = view.secret(self.row).await? else { return Ok(None) };
        let is_kept = self.now < kept.receipt_until || kept.secret.has_payload();
        let rightful = match self.right {
            Right::None => false,
            Right::Owner(owner) => {
                let owned = owned::find(view, self.row).await?;
                owned.map(|owned| is_theirs(owner, &owned)).transpose()?.unwrap_or_default()
            }
            Right::Token(hash) => kept.verifiers.receipt == hash,
        };
        Ok((is_kept && kept.tag == self.tag && rightful).then_some(kept))
    }

    /// What the holder of the token may know about it.
    pub(crate) async fn receipt<V: View>(&self, view: &mut V, kept: Kept) -> StoreResult<Found> {
        let events = view.events(self.row).await?;
        let owned = match kept.secret.sealed_by {
            SealedBy::Sender => None,
            SealedBy::Server { .. } => owned::find(view, self.row).await?,
        };
        Ok(Found { kept, events, owned })
    }

    /// Burns what is left.
    pub(crate) async fn burn<T: Transaction>(
        &self,
        tx: &mut T,
        kept: Kept,
    ) -> StoreResult<(Burn, Found)> {
        let now = self.now;
        let before = kept.secret;
        let burns = before.burn(now);
        let burned = if burns.is_some() { Burn::Burned } else { Burn::BurnedBefore };
        let after = if let Some(after) = burns {
            settle(tx, &before, &after, now).await?;
            let kind = EventKind::Burned;
            tx.record(&Event::new(now, kind, Actor::Sender).of(before.row)).await?;
            after
        } else {
            before
        };
        let burn = match after.standing {
            Standing::Ended(End::Burned { .. }) => burned,
            Standing::Delivering | Standing::Ended(End::Opened { .. }) => Burn::Opened,
            // Waiting or locked here means that the time is up and the sweeper has yet to come by.
            Standing::Waiting | Standing::Locked | Standing::Ended(End::Expired { .. }) => {
                Burn::Expired
            }
            Standing::Ended(End::Lost { .. }) => Burn::Lost,
        };
        Ok((burn, self.receipt(tx, Kept { secret: after, ..kept }).await?))
    }
}

/// A secret and what happened to it.
pub(crate) struct Found {
    kept: Kept,
    events: Vec<Event>,
    owned: Option<OwnedRow>,
}

impl Service {
    pub(crate) fn holder(&self, token: Token<'_>) -> Holder {
        let of = |hash: ReceiptHash| Right::Token(self.store.hash(Kind::Receipt, hash.as_bytes()));
        let ((row, tag), right) = match token {
            Token::Sender(token) => (self.store.locate(token.id()), of(token.hash())),
            Token::Server(token) => (self.store.locate_receipt(token.id()), of(token.hash())),
            Token::Owner(handle, account) => {
                let (row, tag) = self.store.locate_receipt(handle.id());
                let ours = self.store.handle(row, tag).is(handle);
                let owner = Right::Owner(KeyOwner::Account(account));
                ((row, tag), if ours { owner } else { Right::None })
            }
        };
        Holder { row, tag, right, now: self.clock.now() }
    }

    /// The owner of a secret that was found among theirs. Nothing outside can say so: it takes no token.
    pub(crate) fn owner_of(&self, kept: &Kept, owner: KeyOwner) -> Holder {
        let (row, tag, right) = (kept.secret.row, kept.tag, Right::Owner(owner));
        Holder { row, tag, right, now: self.clock.now() }
    }

    pub(crate) async fn receipt_of(&self, found: Found) -> Result<Receipt, StoreError> {
        let Found { kept, events, owned } = found;
        let secret = kept.secret;
        let owned = match owned {
            Some(owned) => Some(owned.open(&*self.store.columns(&*self.entropy).await?)?),
            None => None,
        };
        Ok(Receipt {
            id: self.store.identify(secret.row, kept.tag),
            reference: self.store.reference(secret.row),
            secret,
            events,
            until: kept.receipt_until,
            owned,
        })
    }

    /// The fate of a secret. `None` is the one answer.
    pub async fn receipt(
        &self,
        token: impl Into<Token<'_>> + Send,
    ) -> Result<Option<Receipt>, StoreError> {
        let found = self.store.read(Follow(self.holder(token.into()))).await?;
        self.count_unknown(found.is_none());
        let Some(found) = found else { return Ok(None) };
        self.receipt_of(found).await.map(Some)
    }

    /// Burns what is left of a secret. `None` is the one answer.
    pub async fn burn(
        &self,
        token: impl Into<Token<'_>> + Send,
    ) -> Result<Option<(Burn, Receipt)>, StoreError> {
        let burned = self.store.write(BurnIt(self.holder(token.into()))).await?;
        self.count_unknown(burned.is_none());
        let Some((burn, found)) = burned else { return Ok(None) };
        Ok(Some((burn, self.receipt_of(found).await?)))
    }

    /// Unlocks a secret whose wrong passphrases were used up. `None` is the one answer. What the server has
    /// sealed stays locked: whoever holds its receipt can name its link, and would guess for ever (R29).
    pub async fn unlock(
        &self,
        token: &ReceiptToken,
    ) -> Result<Option<(Unlock, Receipt)>, StoreError> {
        let unlocked = self.store.write(UnlockIt(self.holder(token.into()))).await?;
        self.count_unknown(unlocked.is_none());
        let Some((unlock, found)) = unlocked else { return Ok(None) };
        Ok(Some((unlock, self.receipt_of(found).await?)))
    }
}

struct Follow(Holder);

impl Query for Follow {
    type Output = Option<Found>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Option<Found>> {
        let Some(kept) = self.0.find(view).await? else { return Ok(None) };
        self.0.receipt(view, kept).await.map(Some)
    }
}

/// Burns what is left.
pub(crate) struct BurnIt(pub(crate) Holder);

impl Unit for BurnIt {
    type Output = Option<(Burn, Found)>;

    fn about(&self) -> Option<Row> {
        Some(self.0.row)
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        let Some(kept) = self.0.find(tx).await? else { return Ok(None) };
        self.0.burn(tx, kept).await.map(Some)
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
            let found = self.0.receipt(tx, kept).await?;
            return Ok(Some((Unlock::NotLocked, found)));
        };
        settle(tx, &kept.secret, &after, now).await?;
        tx.forget_attempts(after.row).await?;
        let kind = EventKind::Unlocked;
        tx.record(&Event::new(now, kind, Actor::Sender).of(after.row)).await?;
        let kept = Kept { secret: after, ..kept };
        Ok(Some((Unlock::Unlocked, self.0.receipt(tx, kept).await?)))
    }
}
