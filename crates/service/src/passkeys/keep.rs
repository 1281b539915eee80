//! The passkeys of somebody: their list, their names, and removing one.

use std::sync::Arc;

use domain::account::AccountId;
use domain::audit::{Event, Kind as EventKind};
use domain::credential::{Credential, Means};
use domain::organisation::Name;
use domain::time::Timestamp;
use store::credentials::{self, CredentialRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::sealed::ColumnSeal;
use store::{StoreError, accounts};

use super::{change, of_account};
use crate::Service;
use crate::people::Person;
use crate::references::Named;
use crate::sessions::end_others;

/// A passkey in the list of its owner.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What names it.
    pub reference: String,
    /// What its owner calls it.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// What became of the wish to remove a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was removed, and everybody else who was signed in to the account is so no longer.
    Removed,
    /// Nobody could sign in without it.
    Last,
    /// There is none of this name.
    Unknown,
}

impl Service {
    pub(super) async fn known_passkeys(
        &self,
        account: AccountId,
    ) -> Result<Vec<Credential>, StoreError> {
        let rows = self.store.read(OfAccount(account)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        rows.iter().map(|row| row.open(&seal)).collect()
    }

    /// The passkeys of somebody, the oldest first.
    pub async fn passkeys(&self, person: &Person) -> Result<Vec<Listed>, StoreError> {
        let known = self.known_passkeys(person.account.id).await?;
        let listed = |passkey: Credential| Listed {
            reference: self.name(Named::Credential, passkey.id),
            label: passkey.label.unwrap_or_default(),
            created_at: passkey.created_at,
            used_at: passkey.used_at,
        };
        Ok(known.into_iter().map(listed).collect())
    }

    /// Whether somebody who is half signed in may finish with a passkey.
    pub async fn has_passkeys(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(!self.store.read(OfAccount(account)).await?.is_empty())
    }

    async fn named_passkey(
        &self,
        person: &Person,
        reference: &str,
    ) -> Result<Option<i64>, StoreError> {
        let known = self.known_passkeys(person.account.id).await?;
        let named = known.iter().find(|known| self.name(Named::Credential, known.id) == reference);
        Ok(named.map(|named| named.id))
    }

    /// Gives a passkey of this person another name. Says whether there was one.
    pub async fn rename_passkey(
        &self,
        person: &Person,
        reference: &str,
        label: &Name,
    ) -> Result<bool, StoreError> {
        let Some(id) = self.named_passkey(person, reference).await? else { return Ok(false) };
        let seal = self.store.columns(&*self.entropy).await?;
        let account = person.account.id;
        let event = Event::new(self.clock.now(), EventKind::CredentialChanged, person.actor());
        let event = event.about(account.get());
        self.store.write(Rename { passkey: (account, id), label: label.clone(), event, seal }).await
    }

    /// Removes a passkey of this person, and ends every other session of theirs (R61).
    pub async fn remove_passkey(
        &self,
        person: &Person,
        reference: &str,
    ) -> Result<Removal, StoreError> {
        let Some(id) = self.named_passkey(person, reference).await? else {
            return Ok(Removal::Unknown);
        };
        let (account, session, now) = (person.account.id, person.session.id, self.clock.now());
        let event = Event::new(now, EventKind::CredentialRemoved, person.actor());
        let event = event.about(account.get());
        self.store.write(Remove { account, id, session, event, now }).await
    }
}

struct OfAccount(AccountId);

impl Query for OfAccount {
    type Output = Vec<CredentialRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        of_account(view, self.0).await
    }
}

struct Rename {
    passkey: (AccountId, i64),
    label: Name,
    event: Event,
    seal: Arc<ColumnSeal>,
}

impl Unit for Rename {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let label = Some(self.label.as_str().to_owned());
        let named = |passkey| Some(Credential { label, ..passkey });
        let renamed = change(tx, &self.seal, self.passkey, named).await?;
        if renamed {
            tx.record(&self.event).await?;
        }
        Ok(renamed)
    }
}

/// Removes one of the things that somebody signs in with by themselves, unless it is the last.
pub(crate) struct Remove {
    pub(crate) account: AccountId,
    pub(crate) id: i64,
    pub(crate) session: i64,
    pub(crate) event: Event,
    pub(crate) now: Timestamp,
}

impl Unit for Remove {
    type Output = Removal;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Removal> {
        let Self { account, id, session, event, now } = self;
        // Of two who remove the last two at the same time, one comes second.
        accounts::hold(tx, *account).await?;
        let mut others = 0_usize;
        for row in credentials::of_account(tx, *account).await? {
            let counts = matches!(row.means()?, Means::Password | Means::Passkey | Means::Identity);
            others = others.saturating_add(usize::from(counts && row.id() != *id));
        }
        if others == 0 {
            return Ok(Removal::Last);
        }
        if !credentials::remove(tx, *id, *account).await? {
            return Ok(Removal::Unknown);
        }
        tx.record(event).await?;
        end_others(tx, (*account, event.actor), Some(*session), *now).await?;
        Ok(Removal::Removed)
    }
}
