//! The identities at providers that somebody signs in with: their list, and removing one.

use domain::account::AccountId;
use domain::audit::{Event, Kind as EventKind};
use domain::credential::{Credential, Means};
use domain::time::Timestamp;
use store::StoreError;
use store::credentials::{self, CredentialRow};
use store::port::{Query, Result as StoreResult, View};

use crate::Service;
use crate::passkeys::keep::{Removal, Remove};
use crate::people::Person;
use crate::references::Named;

/// An identity in the list of its owner.
#[derive(Clone, Debug)]
pub struct ListedIdentity {
    /// What names it.
    pub reference: String,
    /// At which provider it is.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

impl Service {
    /// The identities that somebody signs in with, the oldest first.
    pub async fn identities(&self, person: &Person) -> Result<Vec<ListedIdentity>, StoreError> {
        let rows = self.store.read(OfAccount(person.account.id)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = |row: CredentialRow| {
            let Credential { id, label, created_at, used_at, .. } = row.open(&seal)?;
            let (reference, label) = (self.name(Named::Credential, id), label.unwrap_or_default());
            Ok(ListedIdentity { reference, label, created_at, used_at })
        };
        rows.into_iter().map(listed).collect()
    }

    /// Removes an identity of this person, unless nobody could sign in without it, and ends every other session
    /// of theirs (R61).
    pub async fn remove_identity(
        &self,
        person: &Person,
        reference: &str,
    ) -> Result<Removal, StoreError> {
        let rows = self.store.read(OfAccount(person.account.id)).await?;
        let found = rows.iter().map(CredentialRow::id);
        let mut found = found.filter(|id| self.name(Named::Credential, *id) == reference);
        let Some(id) = found.next() else { return Ok(Removal::Unknown) };
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
        let mut identities = Vec::new();
        for row in credentials::of_account(view, self.0).await? {
            if row.means()? == Means::Identity {
                identities.push(row);
            }
        }
        Ok(identities)
    }
}
