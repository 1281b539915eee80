//! Signing in without a passkey or a provider: passwords, one-time codes, recovery codes, mailed links, and the
//! link that sets an account up.
//!
//! That there is no such account, no such password, or that the account is suspended is one answer, with the
//! same work before it (R25): one stretched password and one written event. Whoever has a second factor gets
//! a half session from the first one. What works once is taken in the transaction that lets somebody in. In
//! reading order: `password`, `second` (codes, and confirming), `link`, `set_up`, `means` (what somebody has,
//! and how that changes).

mod link;
mod means;
mod password;
mod second;
mod set_up;

use std::time::Duration;

use domain::account::{AccountId, Email};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::credential::Means;
use domain::session::{Method, SessionToken, Stage};
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow};
use store::credentials::{self, CredentialRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::allowance::Guess;
use crate::hashing::Busy;
use crate::sessions::Seat;

pub use means::{Altered, Change, Codes, Owned};
pub use second::Asks;
pub use set_up::{SetUp, SetUpFor};

/// From where somebody tries.
#[derive(Clone, Copy, Debug)]
pub struct Come<'a> {
    /// Their browser and network, as their session will say it.
    pub seat: &'a Seat,
    /// Their network, as it is counted.
    pub network: &'a [u8],
}

/// What became of a try.
#[must_use]
pub enum Answer {
    /// Too many passwords are being stretched. Nothing was judged.
    Busy(Busy),
    /// The second factor is missing. The token is that of a half session.
    Half(SessionToken),
    /// The token is that of a whole session.
    In(SessionToken),
    /// No, whatever the reason is.
    Refused,
    /// It was tried too often. Nothing was judged.
    Wait(Duration),
}

impl Answer {
    fn entered(token: SessionToken, stage: Stage) -> Self {
        match stage {
            Stage::Half => Self::Half(token),
            Stage::Whole => Self::In(token),
        }
    }
}

/// An account with its means of signing in.
struct Known {
    account: AccountRow,
    means: Vec<CredentialRow>,
}

impl Known {
    fn id(&self) -> AccountId {
        self.account.id()
    }

    fn stage(&self) -> Stage {
        stage_of(&self.means)
    }
}

/// How far the first factor brings somebody who has these.
fn stage_of(means: &[CredentialRow]) -> Stage {
    let second = has(means, Means::OneTimeCodes) || has(means, Means::Passkey);
    if second { Stage::Half } else { Stage::Whole }
}

fn has(rows: &[CredentialRow], means: Means) -> bool {
    // A row of a kind that nobody knows counts for nothing.
    rows.iter().any(|row| row.means().is_ok_and(|kind| kind == means))
}

fn first(rows: &[CredentialRow], means: Means) -> Option<&CredentialRow> {
    rows.iter().find(|row| row.means().is_ok_and(|kind| kind == means))
}

/// What the second factor makes of the first.
const fn with_code(first: Method) -> Method {
    match first {
        Method::MailedLink => Method::LinkAndCode,
        Method::LinkAndCode
        | Method::Passkey
        | Method::Password
        | Method::PasswordAndCode
        | Method::PasswordAndPasskey
        | Method::Provider
        | Method::SetUpLink => Method::PasswordAndCode,
    }
}

impl Service {
    /// Takes a try of this network at this account. Says how long to wait when there is none left.
    async fn try_at(
        &self,
        guess: Guess,
        whom: &[u8],
        network: &[u8],
    ) -> Result<Option<Duration>, StoreError> {
        let from = self.guess(Guess::SignInFrom, network).await?;
        let taken = match from {
            Ok(()) => self.guess(guess, whom).await?,
            Err(wait) => Err(wait),
        };
        Ok(taken.err().map(|wait| Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }

    /// Writes down that somebody was refused: the same for an account that is not there.
    async fn refuse(&self, account: Option<AccountId>) -> Result<Answer, StoreError> {
        let event = Event::new(self.clock.now(), EventKind::SignInRefused, Actor::Stranger);
        let event = account.map_or(event, |account| event.about(account.get()));
        self.store.write(Write(event)).await?;
        Ok(Answer::Refused)
    }

    async fn known(&self, email: &Email) -> Result<Option<Known>, StoreError> {
        self.store.read(ByAddress(self.address(email))).await
    }

    async fn means_of(&self, account: AccountId) -> Result<Vec<CredentialRow>, StoreError> {
        self.store.read(MeansOf(account)).await
    }
}

/// Whether an account may sign in, at the moment of the transaction. Nobody changes how until its end.
async fn may_enter<T: Transaction>(tx: &mut T, account: AccountId) -> StoreResult<bool> {
    accounts::hold(tx, account).await?;
    Ok(accounts::by_id(tx, account).await?.is_some_and(|account| !account.is_suspended()))
}

/// Writes down that somebody was here.
async fn see<T: Transaction>(tx: &mut T, account: AccountId, now: Timestamp) -> StoreResult<()> {
    accounts::see(tx, account, crate::accounts::day(now)).await
}

struct ByAddress(domain::hashes::KeyedHash);

impl Query for ByAddress {
    type Output = Option<Known>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let account = accounts::by_address(view, &self.0).await?;
        // Asked for in vain as well: the same work (R25).
        let id = account.as_ref().map_or(AccountId::new(0), AccountRow::id);
        let means = credentials::of_account(view, id).await?;
        Ok(account.map(|account| Known { account, means }))
    }
}

struct MeansOf(AccountId);

impl Query for MeansOf {
    type Output = Vec<CredentialRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        credentials::of_account(view, self.0).await
    }
}

struct Write(Event);

impl Unit for Write {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        tx.record(&self.0).await
    }
}

/// Forgets what works once and was not used in its time.
#[derive(Clone, Copy)]
pub(crate) struct ForgetTickets {
    pub(crate) now: Timestamp,
}

impl Unit for ForgetTickets {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        store::tickets::forget(tx, self.now).await.map(drop)
    }
}
