//! Means of signing in, and what works once: found by a hash, used once, gone when used.

use std::time::Duration;

use domain::account::AccountId;
use domain::credential::{Credential, Errand, Means, Ticket};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::time::Timestamp;
use zeroize::Zeroizing;

use super::bench::{Bench, NOW};
use super::{Fault, Result, holds};
use crate::credentials::{self, CredentialRow, NewCredential};
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};
use crate::tickets::{self, NewTicket, TicketRow};

const MAJA: AccountId = AccountId::new(7);
const OTTO: AccountId = AccountId::new(8);

fn number(bench: &Bench<'_>) -> i64 {
    i64::from_be_bytes(draw(bench.entropy))
}

fn means(bench: &Bench<'_>, account: AccountId, means: Means) -> Credential {
    Credential {
        id: number(bench),
        account,
        means,
        lookup: Some(bench.hash(Kind::Credential)),
        label: Some("the blue one".to_owned()),
        data: Some(Zeroizing::new("what proves it".to_owned())),
        created_at: NOW,
        used_at: None,
        counter: None,
    }
}

struct Add(NewCredential);

impl Unit for Add {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        credentials::insert(tx, &self.0).await
    }
}

struct ByLookup(Means, KeyedHash);

impl Query for ByLookup {
    type Output = Option<CredentialRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        credentials::by_lookup(view, self.0, &self.1).await
    }
}

struct Of(AccountId);

impl Query for Of {
    type Output = Vec<CredentialRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        credentials::of_account(view, self.0).await
    }
}

enum Change {
    Replace(NewCredential),
    Remove(i64, AccountId),
    RemoveMeans(AccountId, Means),
}

impl Unit for Change {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        match self {
            Self::Replace(new) => credentials::replace(tx, new).await.map(|()| true),
            Self::Remove(id, account) => credentials::remove(tx, *id, *account).await,
            Self::RemoveMeans(account, means) => {
                Ok(credentials::remove_means(tx, *account, *means).await? > 0)
            }
        }
    }
}

pub(super) async fn a_means_is_found_by_what_it_is_found_by(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let passkey = means(bench, MAJA, Means::Passkey);
    let lookup = passkey.lookup.ok_or(Fault::Not("it has one"))?;
    let add =
        |credential: &Credential| bench.store.write(Add(NewCredential::new(credential, &seal)));
    holds(add(&passkey).await?, "it is kept")?;
    let copy = Credential { id: number(bench), account: OTTO, ..passkey.clone() };
    holds(!add(&copy).await?, "nobody else has one that is found by the same")?;
    let other = Credential { id: number(bench), means: Means::Identity, ..passkey.clone() };
    holds(add(&other).await?, "another kind is another thing")?;
    let found = bench.store.read(ByLookup(Means::Passkey, lookup)).await?;
    let found = found.map(|row| row.open(&seal)).transpose()?;
    holds(found.as_ref() == Some(&passkey), "it is read as it was kept")?;
    let absent = bench.store.read(ByLookup(Means::Passkey, bench.hash(Kind::Credential))).await?;
    holds(absent.is_none(), "and nothing else")?;
    let label = Some("the red one".to_owned());
    let changed = Credential { label, used_at: Some(NOW), counter: Some(4), ..passkey.clone() };
    bench.store.write(Change::Replace(NewCredential::new(&changed, &seal))).await?;
    let of = bench.store.read(Of(MAJA)).await?;
    let of = of.iter().map(|row| row.open(&seal)).collect::<StoreResult<Vec<_>>>()?;
    holds(of == [changed, other], "what can change is replaced")?;
    holds(!bench.store.write(Change::Remove(passkey.id, OTTO)).await?, "others remove nothing")?;
    holds(bench.store.write(Change::Remove(passkey.id, MAJA)).await?, "it is removed")?;
    holds(!bench.store.write(Change::Remove(passkey.id, MAJA)).await?, "once")?;
    let removed = bench.store.write(Change::RemoveMeans(MAJA, Means::Identity)).await?;
    holds(removed && bench.store.read(Of(MAJA)).await?.is_empty(), "all of a kind are removed")
}

struct Show(i64, i64);

impl Unit for Show {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        credentials::advance(tx, self.0, self.1, NOW).await
    }
}

pub(super) async fn a_code_is_shown_once(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let codes = means(bench, MAJA, Means::OneTimeCodes);
    bench.store.write(Add(NewCredential::new(&codes, &seal))).await?;
    let show = |step| bench.store.write(Show(codes.id, step));
    let (one, two) = tokio::join!(show(10), show(10));
    holds(one? != two?, "of two who show the same code one gets in")?;
    holds(!show(9).await?, "an earlier one is worth nothing any more")?;
    holds(show(11).await?, "a later one is")
}

fn ticket(bench: &Bench<'_>, errand: Errand) -> Ticket {
    Ticket {
        id: number(bench),
        errand,
        account: Some(MAJA),
        subject: Some(3),
        data: Some(Zeroizing::new("what to remember".to_owned())),
        created_at: NOW,
        until: NOW.plus(Duration::from_mins(15)),
        attempts: 0,
    }
}

enum Give {
    Insert(NewTicket),
    /// Keeps it after ending those before it.
    Only(NewTicket, AccountId),
    Replace(NewTicket),
    Forget(Timestamp),
}

impl Unit for Give {
    type Output = usize;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<usize> {
        match self {
            Self::Insert(new) => tickets::insert(tx, new).await.map(|()| 1),
            Self::Only(new, account) => {
                let ended = tickets::withdraw(tx, Errand::SignInLink, *account).await?;
                tickets::insert(tx, new).await.map(|()| ended)
            }
            Self::Replace(new) => tickets::replace(tx, new).await.map(|()| 1),
            Self::Forget(now) => tickets::forget(tx, *now).await,
        }
    }
}

struct Take(Errand, KeyedHash, Timestamp);

impl Unit for Take {
    type Output = Option<TicketRow>;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Self::Output> {
        tickets::take(tx, self.0, &self.1, self.2).await
    }
}

struct Look(Errand, KeyedHash, Timestamp);

impl Query for Look {
    type Output = Option<TicketRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        tickets::look(view, self.0, &self.1, self.2).await
    }
}

pub(super) async fn what_works_once_works_once(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let (given, hash) = (ticket(bench, Errand::SetUp), bench.hash(Kind::Ticket));
    bench.store.write(Give::Insert(NewTicket::new(&given, &hash, &seal))).await?;
    let take = |errand| bench.store.write(Take(errand, hash, NOW));
    holds(take(Errand::SignInLink).await?.is_none(), "it is worth nothing as something else")?;
    let seen = bench.store.read(Look(Errand::SetUp, hash, NOW)).await?;
    holds(seen.is_some(), "whoever looks takes nothing")?;
    let changed = Ticket { account: Some(OTTO), subject: None, ..given };
    bench.store.write(Give::Replace(NewTicket::new(&changed, &hash, &seal))).await?;
    let (one, two) = tokio::join!(take(Errand::SetUp), take(Errand::SetUp));
    let taken = match (one?, two?) {
        (Some(taken), None) | (None, Some(taken)) => taken.open(&seal)?,
        _ => return Err(Fault::Not("of two who take it one has it")),
    };
    holds(taken == changed, "it is read as it was kept")?;
    holds(take(Errand::SetUp).await?.is_none(), "it is gone")
}

pub(super) async fn what_works_once_ends_with_its_time(bench: &Bench<'_>) -> Result {
    let (given, hash) = (ticket(bench, Errand::Journey), bench.hash(Kind::Ticket));
    bench.store.write(Give::Insert(NewTicket::bare(&given, &hash))).await?;
    let before = Timestamp::from_millis(given.until.as_millis().saturating_sub(1));
    let looked = bench.store.read(Look(Errand::Journey, hash, before)).await?;
    holds(looked.is_some(), "it is worth something to the last moment")?;
    holds(bench.store.write(Give::Forget(before)).await? == 0, "and not forgotten before")?;
    let late = bench.store.write(Take(Errand::Journey, hash, given.until)).await?;
    holds(late.is_none(), "and nothing after it")?;
    holds(bench.store.write(Give::Forget(given.until)).await? == 1, "then it is forgotten")
}

pub(super) async fn the_last_of_two_links_is_the_one(bench: &Bench<'_>) -> Result {
    let hashes = [bench.hash(Kind::Ticket), bench.hash(Kind::Ticket)];
    let mut ended = Vec::new();
    for hash in &hashes {
        let given = NewTicket::bare(&ticket(bench, Errand::SignInLink), hash);
        ended.push(bench.store.write(Give::Only(given, MAJA)).await?);
    }
    holds(ended == [0, 1], "a new link ends the one before")?;
    let [first, last] = hashes;
    let take = |hash| bench.store.write(Take(Errand::SignInLink, hash, NOW));
    holds(take(first).await?.is_none(), "the first is worth nothing")?;
    holds(take(last).await?.is_some(), "the last is")
}
