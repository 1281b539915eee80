//! Passkeys: making one, signing in without a name, finishing a half session, and confirming.
//!
//! A ceremony is a question and its answer (`ceremony`, which judges). In between it lies in the store, for
//! five minutes, so that any node can end it; the browser has nothing of it but a ticket. The ticket is good
//! for one answer, whatever that answer is worth, and only for what it was asked for: for the same purpose,
//! and in the same session. In reading order: `ceremony`, `make`, `show`, `keep` (the list, names, removal).

mod ceremony;
pub(crate) mod keep;
mod make;
mod show;

use std::time::Duration;

use domain::account::AccountId;
use domain::audit::{Event, Kind as EventKind};
use domain::credential::{Credential, Errand, Means, Ticket};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::session::TicketToken;
use domain::time::Timestamp;
use store::credentials::{self, CredentialRow, NewCredential};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::sealed::ColumnSeal;
use store::tickets::{self, NewTicket, TicketRow};
use store::{StoreError, accounts};

use crate::Service;
use crate::people::{HalfPerson, Person};

pub use ceremony::{NoPasskeys, Site};

use ceremony::Fault;
pub use keep::{Listed, Removal};
pub use make::{Make, Making};
pub use show::Refused;

/// How long a question waits for its answer: as long as W3C advises that people have.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// The most passkeys of one account.
pub const MOST: usize = 20;

/// A question on its way to a browser.
pub struct Begun {
    /// What the answer must come with.
    pub ticket: TicketToken,
    /// What the browser hands to the authenticator, in the JSON of W3C.
    pub options: String,
}

/// What a ceremony is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Confirm,
    Make,
    Second,
    SignIn,
}

impl Aim {
    /// How it is kept, before what the judge has written.
    const fn mark(self) -> char {
        match self {
            Self::Confirm => 'c',
            Self::Make => 'm',
            Self::Second => '2',
            Self::SignIn => 's',
        }
    }
}

/// For whom and for what a ceremony is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Purpose {
    aim: Aim,
    account: Option<AccountId>,
    session: Option<i64>,
}

impl Purpose {
    const SIGN_IN: Self = Self { aim: Aim::SignIn, account: None, session: None };

    const fn of(person: &Person, aim: Aim) -> Self {
        Self { aim, account: Some(person.account.id), session: Some(person.session.id) }
    }

    const fn of_half(half: &HalfPerson) -> Self {
        let (account, session) = (Some(half.account.id), Some(half.session.id));
        Self { aim: Aim::Second, account, session }
    }

    /// What is remembered, if the ticket is for this.
    fn state<'a>(&self, ticket: &'a Ticket) -> Option<&'a str> {
        let same = (ticket.account, ticket.subject) == (self.account, self.session);
        let data = ticket.data.as_ref().filter(|_| same)?;
        data.strip_prefix(self.aim.mark())
    }
}

impl Service {
    /// Remembers a question until it is answered.
    async fn ask_passkey(
        &self,
        purpose: Purpose,
        question: ceremony::Question,
    ) -> Result<Begun, StoreError> {
        let now = self.clock.now();
        let ticket = TicketToken::new(draw(&*self.entropy));
        let data = format!("{}{}", purpose.aim.mark(), question.state);
        let kept = Ticket {
            id: self.number(),
            errand: Errand::Passkey,
            account: purpose.account,
            subject: purpose.session,
            data: Some(data.into()),
            created_at: now,
            until: now.plus(PATIENCE),
            attempts: 0,
        };
        let seal = self.store.columns(&*self.entropy).await?;
        let kept = NewTicket::new(&kept, &self.ticket_hash(&ticket), &seal);
        self.store.write(Ask(kept)).await?;
        Ok(Begun { ticket, options: question.options })
    }

    fn ticket_hash(&self, ticket: &TicketToken) -> KeyedHash {
        self.store.hash(Kind::Ticket, &[&b"passkey"[..], ticket.secret()].concat())
    }

    /// What was remembered for this ticket, if it is for this purpose.
    async fn asked_passkey(
        &self,
        purpose: Purpose,
        ticket: &TicketToken,
    ) -> Result<Option<(KeyedHash, String)>, StoreError> {
        let hash = self.ticket_hash(ticket);
        let Some(row) = self.store.read(Asked(hash, self.clock.now())).await? else {
            return Ok(None);
        };
        let ticket = row.open(&*self.store.columns(&*self.entropy).await?)?;
        Ok(purpose.state(&ticket).map(|state| (hash, state.to_owned())))
    }

    /// Nothing came of an answer: its ticket is worth nothing any more.
    async fn spend(&self, hash: KeyedHash, event: Option<Event>) -> Result<(), StoreError> {
        self.store.write(Spend { hash, event, now: self.clock.now() }).await
    }

    /// How a passkey is found.
    fn passkey_lookup(&self, id: &[u8]) -> KeyedHash {
        self.store.hash(Kind::Credential, &[&b"passkey"[..], id].concat())
    }
}

/// What is written about an answer that was refused.
const fn refusal(fault: Fault) -> EventKind {
    match fault {
        Fault::CounterWentBack => EventKind::CredentialRefused,
        Fault::NoAnswer | Fault::NotVerified => EventKind::SignInRefused,
    }
}

/// The passkeys among the means of an account, the oldest first.
async fn of_account<V: View>(view: &mut V, account: AccountId) -> StoreResult<Vec<CredentialRow>> {
    let mut passkeys = Vec::new();
    for row in credentials::of_account(view, account).await? {
        if row.means()? == Means::Passkey {
            passkeys.push(row);
        }
    }
    Ok(passkeys)
}

/// Changes a passkey of an account as it is now, and nobody else changes one of theirs before the end of the
/// transaction. Says whether it was there, and `change` agreed.
async fn change<T: Transaction>(
    tx: &mut T,
    seal: &ColumnSeal,
    (account, id): (AccountId, i64),
    change: impl FnOnce(Credential) -> Option<Credential>,
) -> StoreResult<bool> {
    accounts::hold(tx, account).await?;
    let found = of_account(tx, account).await?.into_iter().find(|row| row.id() == id);
    let Some(found) = found else { return Ok(false) };
    let Some(changed) = change(found.open(seal)?) else { return Ok(false) };
    credentials::replace(tx, &NewCredential::new(&changed, seal)).await?;
    Ok(true)
}

/// Takes the ticket of a ceremony: of all who end one, one does.
async fn take<T: Transaction>(tx: &mut T, hash: &KeyedHash, now: Timestamp) -> StoreResult<bool> {
    Ok(tickets::take(tx, Errand::Passkey, hash, now).await?.is_some())
}

struct Ask(NewTicket);

impl Unit for Ask {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tickets::insert(tx, &self.0).await
    }
}

struct Asked(KeyedHash, Timestamp);

impl Query for Asked {
    type Output = Option<TicketRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        tickets::look(view, Errand::Passkey, &self.0, self.1).await
    }
}

struct Spend {
    hash: KeyedHash,
    event: Option<Event>,
    now: Timestamp,
}

impl Unit for Spend {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        let taken = take(tx, &self.hash, self.now).await?;
        match &self.event {
            Some(event) if taken => tx.record(event).await,
            _ => Ok(()),
        }
    }
}
