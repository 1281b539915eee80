//! Making a passkey, by somebody who is signed in and has confirmed that it is them.

use domain::account::AccountId;
use domain::audit::{Event, Kind as EventKind};
use domain::credential::{Credential, Means};
use domain::hashes::KeyedHash;
use domain::organisation::Name;
use domain::session::TicketToken;
use domain::time::Timestamp;
use store::credentials::{self, NewCredential};
use store::port::{Result as StoreResult, Transaction, Unit};
use store::{StoreError, accounts};

use super::ceremony::{Handle, Site};
use super::{Aim, Begun, MOST, Purpose, of_account, take};
use crate::Service;
use crate::people::Person;
use crate::sessions::end_others;

/// What became of the wish for a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// It was made.
    Made,
    /// Somebody else has that very passkey.
    AlreadyThere,
    /// The account has as many as it may have.
    Enough,
    /// The answer does not answer the question, or came too late.
    Refused,
}

/// What became of the wish to be asked for a passkey.
pub enum Making {
    /// A question.
    Asked(Begun),
    /// The account has as many as it may have.
    Enough,
}

impl Service {
    /// What names an account to authenticators.
    pub(super) fn handle(&self, account: AccountId) -> Option<Handle> {
        Handle::of(&self.account_reference(account))
    }

    /// Asks for a new passkey of this person, and for none that they have.
    pub async fn ask_for_new_passkey(
        &self,
        site: &Site,
        person: &Person,
    ) -> Result<Making, StoreError> {
        let known = self.known_passkeys(person.account.id).await?;
        if known.len() >= MOST {
            return Ok(Making::Enough);
        }
        let known = known.iter().filter_map(Site::id_of).collect();
        let handle = self.handle(person.account.id);
        let email = person.account.email.as_str();
        let question = handle.and_then(|handle| site.ask_to_make(handle, email, known).ok());
        // The judge refuses to ask only without a handle or a name, and here are both.
        let Some(question) = question else { return Ok(Making::Enough) };
        self.ask_passkey(Purpose::of(person, Aim::Make), question).await.map(Making::Asked)
    }

    /// Keeps the passkey that was made, under the name that its owner gives it.
    pub async fn make_passkey(
        &self,
        site: &Site,
        person: &Person,
        ticket: &TicketToken,
        (response, label): (&[u8], Name),
    ) -> Result<Make, StoreError> {
        let purpose = Purpose::of(person, Aim::Make);
        let Some((ticket, state)) = self.asked_passkey(purpose, ticket).await? else {
            return Ok(Make::Refused);
        };
        let Ok(made) = site.made(&state, response) else {
            self.spend(ticket, None).await?;
            return Ok(Make::Refused);
        };
        let now = self.clock.now();
        let account = person.account.id;
        let passkey = Credential {
            id: self.number(),
            account,
            means: Means::Passkey,
            lookup: Some(self.passkey_lookup(&made.id)),
            label: Some(label.as_str().to_owned()),
            data: Some(made.passkey.into()),
            created_at: now,
            used_at: None,
            counter: Some(0),
        };
        let passkey = NewCredential::new(&passkey, &*self.store.columns(&*self.entropy).await?);
        let event = Event::new(now, EventKind::CredentialAdded, person.actor());
        let event = event.about(account.get());
        let session = person.session.id;
        self.store.write(KeepPasskey { ticket, account, session, passkey, event, now }).await
    }
}

struct KeepPasskey {
    ticket: KeyedHash,
    account: AccountId,
    session: i64,
    passkey: NewCredential,
    event: Event,
    now: Timestamp,
}

impl Unit for KeepPasskey {
    type Output = Make;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Make> {
        if !take(tx, &self.ticket, self.now).await? {
            return Ok(Make::Refused);
        }
        accounts::hold(tx, self.account).await?;
        let alive = store::sessions::of_account(tx, self.account).await?;
        if !alive.iter().any(|row| row.id() == self.session) {
            return Ok(Make::Refused);
        }
        if of_account(tx, self.account).await?.len() >= MOST {
            return Ok(Make::Enough);
        }
        if !credentials::insert(tx, &self.passkey).await? {
            return Ok(Make::AlreadyThere);
        }
        tx.record(&self.event).await?;
        // Whoever was there before does not see the change through.
        end_others(tx, (self.account, self.event.actor), Some(self.session), self.now).await?;
        Ok(Make::Made)
    }
}
