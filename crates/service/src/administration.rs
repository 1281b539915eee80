//! Administration: who is here, suspending somebody, and how the instance is.
//!
//! An administrator looks after accounts and never at what they have shared: nothing here opens a payload or
//! names a link (R67). Whoever reads about others leaves an event, and so does whoever changes something.

use domain::account::{Account, AccountId, Role};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::organisation::OrganisationId;
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow};
use store::organisations::{self, OrganisationRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::references::Named;
use crate::sessions;

/// How many a list shows at most, the latest first.
const LISTED: u32 = 1000;

/// An account, as administrators see it.
#[derive(Clone, Debug)]
pub struct ListedAccount {
    /// What names it.
    pub reference: String,
    /// What is known about it.
    pub account: Account,
    /// On which day somebody last used it.
    pub seen_on: Option<Timestamp>,
}

/// An organisation, as administrators see it.
#[derive(Clone, Debug)]
pub struct ListedPlace {
    /// What names it.
    pub reference: String,
    /// What it is called.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
    /// How many members it has.
    pub members: u64,
}

/// What became of suspending somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// It is so.
    Done,
    /// It was so before.
    Before,
    /// Nobody would look after the instance.
    LastAdministrator,
    /// There is no such account.
    Unknown,
}

/// How the instance is.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// How many bytes the payloads of all secrets take.
    pub live_bytes: u64,
    /// How many they may.
    pub max_total: u64,
    /// How many bytes the file system has left.
    pub free_space: u64,
    /// How many must be left for a creation to be taken.
    pub keep_free: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// How many organisations.
    pub organisations: u64,
    /// Whether mail is sent.
    pub sends_mail: bool,
    /// How many passphrases are being stretched, and how many wait for that.
    pub stretching: (usize, usize),
}

impl Service {
    /// The accounts of the instance, the latest first, a thousand at most. Reading leaves an event.
    pub async fn accounts(&self, actor: Actor) -> Result<Vec<ListedAccount>, StoreError> {
        let now = self.clock.now();
        let rows = self.store.write(ReadAccounts { actor, now }).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = |row: AccountRow| {
            let reference = self.name(Named::Account, row.id().get());
            let seen_on = row.seen_on()?;
            Ok(ListedAccount { reference, account: row.open(&seal)?, seen_on })
        };
        rows.into_iter().map(listed).collect()
    }

    /// The organisations of the instance, the latest first, a thousand at most. Reading leaves an event.
    pub async fn places(&self, actor: Actor) -> Result<Vec<ListedPlace>, StoreError> {
        let now = self.clock.now();
        let rows = self.store.write(ReadPlaces { actor, now }).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = |(row, members): (OrganisationRow, u64)| {
            let organisation = row.open(&seal)?;
            Ok(ListedPlace {
                reference: self.name(Named::Organisation, organisation.id.get()),
                name: organisation.name.as_str().to_owned(),
                created_at: organisation.created_at,
                members,
            })
        };
        rows.into_iter().map(listed).collect()
    }

    async fn numbered(&self, reference: &str) -> Result<Option<AccountId>, StoreError> {
        let everybody = self.store.read(Everybody).await?;
        Ok(everybody.into_iter().find(|id| self.name(Named::Account, id.get()) == reference))
    }

    /// From here on an account may do nothing: its sessions are over, and its keys are worth nothing for as long as
    /// that lasts.
    pub async fn suspend(&self, actor: Actor, reference: &str) -> Result<Suspended, StoreError> {
        let Some(account) = self.numbered(reference).await? else { return Ok(Suspended::Unknown) };
        let now = self.clock.now();
        self.store.write(Suspend { account, actor, since: Some(now), now }).await
    }

    /// The account may do what it might before.
    pub async fn resume(&self, actor: Actor, reference: &str) -> Result<Suspended, StoreError> {
        let Some(account) = self.numbered(reference).await? else { return Ok(Suspended::Unknown) };
        let now = self.clock.now();
        self.store.write(Suspend { account, actor, since: None, now }).await
    }

    /// How the instance is.
    pub async fn condition(&self) -> Result<Condition, StoreError> {
        let (accounts, organisations) = self.store.read(Count).await?;
        let load = self.hashing();
        Ok(Condition {
            live_bytes: self.store.live_bytes(),
            max_total: self.limits.max_total,
            free_space: self.store.free_space()?,
            keep_free: self.limits.keep_free,
            accounts,
            organisations,
            sends_mail: self.sends_mail(),
            stretching: (load.running, load.waiting),
        })
    }
}

struct Everybody;

impl Query for Everybody {
    type Output = Vec<AccountId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        accounts::all(view).await
    }
}

struct ReadAccounts {
    actor: Actor,
    now: Timestamp,
}

impl Unit for ReadAccounts {
    type Output = Vec<AccountRow>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        tx.record(&Event::new(self.now, EventKind::RecordsRead, self.actor)).await?;
        accounts::latest(tx, LISTED).await
    }
}

struct ReadPlaces {
    actor: Actor,
    now: Timestamp,
}

impl Unit for ReadPlaces {
    type Output = Vec<(OrganisationRow, u64)>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        tx.record(&Event::new(self.now, EventKind::RecordsRead, self.actor)).await?;
        let mut listed = Vec::new();
        for row in organisations::latest(tx, LISTED).await? {
            let id: OrganisationId = row.id();
            listed.push((row, organisations::count_members(tx, id).await?));
        }
        Ok(listed)
    }
}

struct Count;

impl Query for Count {
    type Output = (u64, u64);

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        Ok((accounts::count(view).await?, organisations::count(view).await?))
    }
}

struct Suspend {
    account: AccountId,
    actor: Actor,
    since: Option<Timestamp>,
    now: Timestamp,
}

impl Unit for Suspend {
    type Output = Suspended;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Suspended> {
        // Everybody who looks after the instance is held, so that two who suspend each other leave one.
        let administrators = accounts::hold_administrators(tx).await?;
        let Some(row) = accounts::by_id(tx, self.account).await? else {
            return Ok(Suspended::Unknown);
        };
        let suspends = self.since.is_some();
        if row.is_suspended() == suspends {
            return Ok(Suspended::Before);
        }
        if suspends && row.role()? == Role::Administrator {
            let mut others = administrators.iter().filter(|other| other.id() != self.account);
            if others.all(AccountRow::is_suspended) {
                return Ok(Suspended::LastAdministrator);
            }
        }
        accounts::suspend(tx, self.account, self.since).await?;
        let kind = if suspends {
            sessions::end_others(tx, (self.account, self.actor), None, self.now).await?;
            EventKind::AccountSuspended
        } else {
            EventKind::AccountResumed
        };
        let event = Event::new(self.now, kind, self.actor).about(self.account.get());
        tx.record(&event).await?;
        Ok(Suspended::Done)
    }
}
