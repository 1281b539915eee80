//! What belongs to an account: its secrets in a list, and its notes about them.
//!
//! A list shows handles: by itself a handle neither follows nor burns (law 6).

use std::time::Duration;

use domain::account::{AccountId, ApiKey};
use domain::organisation::OrganisationId;
use domain::owned::Owned;
use domain::secret::Secret;
use domain::time::Timestamp;
use envelope::{Handle, SecretId};
use store::StoreError;
use store::owned::{self, ChangedOwned, OwnedRow};
use store::port::{Kept, Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::people::Asker;
use crate::receipt::{Holder, Receipt, Token};

/// How many secrets a list shows at most, the latest first.
const LISTED: u32 = 1000;

/// Whose a secret will be.
pub struct Owner {
    /// The account; nobody's, where an organisation's own key makes it.
    pub account: Option<AccountId>,
    /// For which organisation it is shared.
    pub organisation: Option<OrganisationId>,
    /// The number of the API key that makes it.
    pub api_key: Option<i64>,
    /// To whom its link is mailed, obscured.
    pub recipients: Option<String>,
}

impl Owner {
    /// Whose it is when somebody who is known makes it.
    pub const fn by(asker: &Asker) -> Self {
        match asker {
            Asker::Key(bearer) => Self::of(&bearer.key, None),
            Asker::Person(person) => {
                let account = Some(person.account.id);
                Self { account, organisation: None, api_key: None, recipients: None }
            }
        }
    }

    /// Whose it is when a program makes it with this key.
    pub const fn of(key: &ApiKey, recipients: Option<String>) -> Self {
        let (account, organisation) = (key.owner.account(), key.owner.organisation());
        Self { account, organisation, api_key: Some(key.id), recipients }
    }
}

/// A secret in the list of its owner.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The public id of the secret.
    pub id: SecretId,
    /// What names it there.
    pub handle: Handle,
    /// What is known about it.
    pub secret: Secret,
    /// Until when it can be followed.
    pub until: Timestamp,
    /// What its owner has noted.
    pub owned: Owned,
}

impl Service {
    /// The secrets of an account that are not older than `age`, the latest first.
    pub async fn recent(
        &self,
        account: AccountId,
        age: Duration,
    ) -> Result<Vec<Listed>, StoreError> {
        let now = self.clock.now();
        let found = self.store.read(Recent { account, since: now.minus(age), now }).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = found.into_iter().map(|(kept, owned)| {
            let (row, tag) = (kept.secret.row, kept.tag);
            Ok(Listed {
                id: self.store.identify(row, tag),
                handle: self.store.handle(row, tag),
                secret: kept.secret,
                until: kept.receipt_until,
                owned: owned.open(&seal)?,
            })
        });
        listed.collect()
    }

    /// Replaces the note about a secret, for the account that owns it and holds the receipt or the handle.
    /// `None` is the one answer.
    pub async fn note(
        &self,
        token: impl Into<Token<'_>> + Send,
        account: AccountId,
        memo: Option<String>,
    ) -> Result<Option<Receipt>, StoreError> {
        let seal = self.store.columns(&*self.entropy).await?;
        let token = token.into();
        let Some(receipt) = self.receipt(token).await? else { return Ok(None) };
        let Some(owned) = receipt.owned.clone().filter(|owned| owned.account == Some(account))
        else {
            return Ok(None);
        };
        let owned = Owned { memo, changed_at: self.clock.now(), ..owned };
        let changed = ChangedOwned::new(&owned, &seal);
        let noted = self.store.write(Note { holder: self.holder(token), account, changed }).await?;
        Ok(noted.then_some(Receipt { owned: Some(owned), ..receipt }))
    }
}

struct Recent {
    account: AccountId,
    since: Timestamp,
    now: Timestamp,
}

impl Query for Recent {
    type Output = Vec<(Kept, OwnedRow)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let mut listed = owned::of_account(view, self.account, None, LISTED).await?;
        listed.retain(|(kept, _)| {
            kept.secret.created_at >= self.since && self.now < kept.receipt_until
        });
        Ok(listed)
    }
}

struct Note {
    holder: Holder,
    account: AccountId,
    changed: ChangedOwned,
}

impl Unit for Note {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        if self.holder.find(tx).await?.is_none() {
            return Ok(false);
        }
        let owned = owned::held(tx, self.holder.row).await?;
        let Some(owned) = owned else { return Ok(false) };
        if owned.account()? != Some(self.account) {
            return Ok(false);
        }
        owned::replace(tx, &self.changed).await.map(|()| true)
    }
}
