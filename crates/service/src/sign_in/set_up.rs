//! The link that sets an account up: the first one of an empty store, or one that is there and has no means of
//! signing in, or has lost them. There are no default credentials (nothing else lets the first person in).

use std::time::Duration;

use domain::account::{Account, AccountId, Email, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::{Errand, Means, Ticket};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::password::{Chosen, PasswordFault};
use domain::session::{Method, SessionToken, Stage, TicketToken};
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow, NewAccount};
use store::credentials::{self, NewCredential};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};
use store::tickets::{self, NewTicket};

use super::{Come, may_enter, see};
use crate::Service;
use crate::allowance::Guess;
use crate::hashing::Busy;
use crate::sessions::{self, Started};

/// For how long a set-up link works.
const LIFE: Duration = Duration::from_hours(24);

/// For whom a set-up link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetUpFor {
    /// The first administrator, who says which address is theirs.
    First,
    /// This account.
    Account(Email),
}

/// What became of a set-up.
#[must_use]
pub enum SetUp {
    /// Too many passwords are being stretched. Nothing was judged.
    Busy(Busy),
    /// The account is set up, and its owner signed in.
    Done(SessionToken),
    /// The link works no longer, or never did.
    Gone,
    /// The address is none.
    NoAddress,
    /// The password cannot be chosen.
    Password(PasswordFault),
    /// It was tried too often. Nothing was judged.
    Wait(Duration),
}

impl Service {
    /// A link for the first administrator, as long as there is no account: it ends the one before.
    pub async fn first_set_up_link(&self) -> Result<Option<TicketToken>, StoreError> {
        let (token, ticket) = self.set_up_ticket(None);
        Ok(self.store.write(OfferFirst(ticket)).await?.then_some(token))
    }

    /// A link that sets up the account with this address; it ends the one before. `None` when there is no such
    /// account, or it is suspended.
    pub async fn set_up_link(&self, email: &Email) -> Result<Option<TicketToken>, StoreError> {
        let Some(known) = self.known(email).await? else { return Ok(None) };
        let account = known.id();
        let (token, ticket) = self.set_up_ticket(Some(account));
        Ok(self.store.write(Offer { account, ticket }).await?.then_some(token))
    }

    fn set_up_ticket(&self, account: Option<AccountId>) -> (TicketToken, NewTicket) {
        let token = TicketToken::new(draw(&*self.entropy));
        let now = self.clock.now();
        let ticket = Ticket {
            id: self.number(),
            errand: Errand::SetUp,
            account,
            subject: None,
            data: None,
            created_at: now,
            until: now.plus(LIFE),
            attempts: 0,
        };
        let hash = self.store.hash(Kind::Ticket, token.secret());
        (token, NewTicket::bare(&ticket, &hash))
    }

    /// For whom that link is. `None` when it works no longer. It stays.
    pub async fn look_at_set_up(
        &self,
        token: &str,
        come: Come<'_>,
    ) -> Result<Result<Option<SetUpFor>, Duration>, StoreError> {
        if let Some(wait) = self.try_at(Guess::SignInFrom, come.network, come.network).await? {
            return Ok(Err(wait));
        }
        Ok(Ok(self.set_up_for(token).await?.map(|(_, whom)| whom)))
    }

    async fn set_up_for(&self, token: &str) -> Result<Option<(KeyedHash, SetUpFor)>, StoreError> {
        let Some(token) = TicketToken::parse(token.trim()) else { return Ok(None) };
        let hash = self.store.hash(Kind::Ticket, token.secret());
        Ok(match self.store.read(Look(hash, self.clock.now())).await? {
            Offered::Nothing => None,
            Offered::First => Some((hash, SetUpFor::First)),
            Offered::Account(account) => {
                let account = account.open(&*self.store.columns(&*self.entropy).await?)?;
                Some((hash, SetUpFor::Account(account.email)))
            }
        })
    }

    /// Sets an account up: with a password, or without one for whoever adds a passkey next.
    pub async fn set_up(
        &self,
        token: &str,
        address: &str,
        password: Option<&str>,
        come: Come<'_>,
    ) -> Result<SetUp, StoreError> {
        if let Some(wait) = self.try_at(Guess::SignInFrom, come.network, come.network).await? {
            return Ok(SetUp::Wait(wait));
        }
        let Some((hash, whom)) = self.set_up_for(token).await? else { return Ok(SetUp::Gone) };
        let is_first = whom == SetUpFor::First;
        let email = match whom {
            SetUpFor::Account(email) => email,
            SetUpFor::First => match Email::parse(address) {
                Ok(email) => email,
                Err(_) => return Ok(SetUp::NoAddress),
            },
        };
        let chosen = match password.map(|password| Chosen::new(password, &email)).transpose() {
            Ok(chosen) => chosen,
            Err(fault) => return Ok(SetUp::Password(fault)),
        };
        let account = match self.known(&email).await? {
            Some(known) if !is_first => known.id(),
            None if is_first => AccountId::new(self.number()),
            Some(_) | None => return Ok(SetUp::Gone),
        };
        let seal = self.store.columns(&*self.entropy).await?;
        let password = match chosen {
            Some(chosen) => match self.keep_password(account, chosen, come).await {
                Ok(kept) => Some(NewCredential::new(&kept, &seal)),
                Err(busy) => return Ok(SetUp::Busy(busy)),
            },
            None => None,
        };
        let now = self.clock.now();
        let first = is_first.then(|| {
            let address = self.address(&email);
            let role = Role::Administrator;
            let new = Account { id: account, email, role, created_at: now, suspended_at: None };
            NewAccount::new(&new, address, &seal)
        });
        let (token, started) =
            self.beginning(account, (Stage::Whole, Method::SetUpLink), come.seat).await?;
        let taken = Take { hash, account, first, password, started, now };
        Ok(if self.store.write(taken).await? { SetUp::Done(token) } else { SetUp::Gone })
    }
}

struct OfferFirst(NewTicket);

impl Unit for OfferFirst {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        if accounts::any(tx).await? {
            return Ok(false);
        }
        tickets::withdraw_all(tx, Errand::SetUp).await?;
        tickets::insert(tx, &self.0).await?;
        Ok(true)
    }
}

struct Offer {
    account: AccountId,
    ticket: NewTicket,
}

impl Unit for Offer {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        if !may_enter(tx, self.account).await? {
            return Ok(false);
        }
        tickets::withdraw(tx, Errand::SetUp, self.account).await?;
        tickets::insert(tx, &self.ticket).await?;
        Ok(true)
    }
}

/// What a set-up link stands for.
enum Offered {
    Account(AccountRow),
    First,
    Nothing,
}

struct Look(KeyedHash, Timestamp);

impl Query for Look {
    type Output = Offered;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Offered> {
        let Some(ticket) = tickets::look(view, Errand::SetUp, &self.0, self.1).await? else {
            return Ok(Offered::Nothing);
        };
        let Some(account) = ticket.account()? else {
            let any = accounts::any(view).await?;
            return Ok(if any { Offered::Nothing } else { Offered::First });
        };
        let account = accounts::by_id(view, account).await?;
        let account = account.filter(|account| !account.is_suspended());
        Ok(account.map_or(Offered::Nothing, Offered::Account))
    }
}

struct Take {
    hash: KeyedHash,
    account: AccountId,
    /// The account, where it is the first.
    first: Option<NewAccount>,
    password: Option<NewCredential>,
    started: Started,
    now: Timestamp,
}

impl Unit for Take {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self { hash, account, first, password, started, now } = self;
        let Some(ticket) = tickets::take(tx, Errand::SetUp, hash, *now).await? else {
            return Ok(false);
        };
        let actor = Actor::LinkHolder;
        let about = |kind| Event::new(*now, kind, actor).about(account.get());
        match (first, ticket.account()?) {
            (Some(first), None) if !accounts::any(tx).await? => {
                accounts::insert(tx, first).await?;
                tx.record(&about(EventKind::AccountCreated)).await?;
            }
            (None, Some(whose)) if whose == *account && may_enter(tx, whose).await? => {
                sessions::end_others(tx, (*account, actor), None, *now).await?;
            }
            _ => return Ok(false),
        }
        if let Some(password) = password {
            let replaced = credentials::remove_means(tx, *account, Means::Password).await? > 0;
            credentials::insert(tx, password).await?;
            let kind =
                if replaced { EventKind::CredentialChanged } else { EventKind::CredentialAdded };
            tx.record(&about(kind)).await?;
        }
        see(tx, *account, *now).await?;
        sessions::begin(tx, started).await?;
        Ok(true)
    }
}
