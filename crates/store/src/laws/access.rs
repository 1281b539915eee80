//! API keys and sessions: found by a hash, worth nothing from the moment on at which it is said so.

use domain::account::{AccountId, ApiKey, KeyOwner, Scope, Scopes};
use domain::hashes::{KeyedHash, Kind};
use domain::network::Networks;
use domain::organisation::{Name, OrganisationId};
use domain::session::{IDLE, LIFE, Method, Session, Stage};

use super::bench::{Bench, NOW};
use super::{Fault, Result, holds};
use crate::api_keys::{self, ApiKeyRow, NewApiKey};
use crate::port::{Query, Result as StoreResult, Transaction, Unit, View};
use crate::sessions::{self, NewSession, SessionRow};

struct KeepKey(NewApiKey);

impl Unit for KeepKey {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        api_keys::insert(tx, &self.0).await
    }
}

enum ChangeKey {
    EndByNow(i64),
    Remind(i64),
    Revoke(i64),
}

impl Unit for ChangeKey {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        match *self {
            Self::EndByNow(id) => api_keys::end_by(tx, id, NOW).await.map(|()| true),
            Self::Remind(id) => api_keys::remind(tx, id, NOW).await,
            Self::Revoke(id) => api_keys::revoke(tx, id, NOW).await,
        }
    }
}

enum Keys {
    Ending,
    OfAccount(AccountId),
    OfOrganisation(OrganisationId),
    With(KeyedHash),
}

impl Query for Keys {
    type Output = Vec<ApiKeyRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Vec<ApiKeyRow>> {
        match self {
            Self::Ending => api_keys::ending(view, NOW, NOW.plus(LIFE), 10).await,
            Self::OfAccount(account) => api_keys::of_account(view, *account, NOW).await,
            Self::OfOrganisation(id) => api_keys::of_organisation(view, *id, NOW).await,
            Self::With(hash) => Ok(api_keys::by_hash(view, hash).await?.into_iter().collect()),
        }
    }
}

fn key(id: i64, owner: KeyOwner) -> Result<ApiKey> {
    let label = Name::parse("billing export").map_err(|_| Fault::Not("that is a name"))?;
    let networks = Networks::parse("10.0.0.0/8").map_err(|_| Fault::Not("those are networks"))?;
    Ok(ApiKey {
        id,
        owner,
        label: Some(label),
        scopes: Scopes::of(&[Scope::SecretsCreate, Scope::ReceiptsRead]),
        networks: Some(networks),
        per_minute: Some(60),
        created_at: NOW,
        expires_at: Some(NOW.plus(IDLE)),
        revoked_at: None,
        used_on: None,
        replaces: Some(4),
        reminded_at: None,
    })
}

async fn read(bench: &Bench<'_>, keys: Keys) -> Result<Vec<ApiKey>> {
    let seal = bench.store.columns(bench.entropy).await?;
    let rows = bench.store.read(keys).await?;
    Ok(rows.iter().map(|row| row.open(&seal)).collect::<StoreResult<_>>()?)
}

pub(super) async fn a_key_is_found_by_its_hash(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let (account, other) = (AccountId::new(7), AccountId::new(8));
    let (mine, theirs) = (OrganisationId::new(9), OrganisationId::new(10));
    let owners = [
        KeyOwner::Account(account),
        KeyOwner::Member(account, mine),
        KeyOwner::Service(mine),
        KeyOwner::Member(other, theirs),
    ];
    let mut kept = Vec::new();
    for (id, owner) in (20..).zip(owners) {
        let (key, hash) = (key(id, owner)?, bench.hash(Kind::ApiKey));
        bench.store.write(KeepKey(NewApiKey::new(&key, &hash, &seal))).await?;
        let again = bench.store.write(KeepKey(NewApiKey::new(&key, &hash, &seal))).await;
        holds(again.is_err(), "there is one of each")?;
        let found = read(bench, Keys::With(hash)).await?;
        holds(found == [key.clone()], "it is read as it was kept")?;
        kept.push(key);
    }
    let [first, second, third, _] = &kept[..] else { return Err(Fault::Not("there are four")) };
    let of = read(bench, Keys::OfAccount(account)).await?;
    holds(of == [first.clone(), second.clone()], "an account has its own")?;
    let of = read(bench, Keys::OfOrganisation(mine)).await?;
    holds(of == [second.clone(), third.clone()], "an organisation has those that act in it")
}

pub(super) async fn a_key_ends_once(bench: &Bench<'_>) -> Result {
    let seal = bench.store.columns(bench.entropy).await?;
    let mut hashes = Vec::new();
    for id in [30, 31] {
        let hash = bench.hash(Kind::ApiKey);
        let key = key(id, KeyOwner::Account(AccountId::new(7)))?;
        bench.store.write(KeepKey(NewApiKey::new(&key, &hash, &seal))).await?;
        hashes.push(hash);
    }
    let change = async |change| bench.store.write(change).await;
    holds(read(bench, Keys::Ending).await?.len() == 2, "both end soon")?;
    holds(change(ChangeKey::Remind(30)).await?, "its owner is told")?;
    holds(!change(ChangeKey::Remind(30)).await?, "once")?;
    holds(change(ChangeKey::Revoke(31)).await?, "it is revoked")?;
    holds(!change(ChangeKey::Revoke(31)).await?, "once")?;
    holds(read(bench, Keys::Ending).await?.is_empty(), "of neither there is anything to tell")?;
    change(ChangeKey::EndByNow(30)).await?;
    change(ChangeKey::EndByNow(31)).await?;
    let mut ends = Vec::new();
    for hash in hashes {
        for row in bench.store.read(Keys::With(hash)).await? {
            ends.push((row.is_valid(NOW)?, row.open(&seal)?.expires_at));
        }
    }
    let expected = [(false, Some(NOW)), (false, Some(NOW.plus(IDLE)))];
    holds(ends == expected, "what was revoked does not end another time")
}

struct Sit(NewSession);

impl Unit for Sit {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        sessions::insert(tx, &self.0).await
    }
}

enum ChangeSession {
    Confirm(i64, KeyedHash),
    End(AccountId, i64),
    EndOthers(AccountId, i64),
    ForgetLater,
}

impl Unit for ChangeSession {
    type Output = usize;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<usize> {
        match self {
            Self::Confirm(id, hash) => {
                sessions::confirm(tx, *id, Method::Passkey, hash, NOW).await.map(usize::from)
            }
            Self::End(account, id) => sessions::end(tx, *account, *id).await.map(usize::from),
            Self::EndOthers(account, id) => sessions::end_others(tx, *account, Some(*id)).await,
            Self::ForgetLater => sessions::forget(tx, NOW.plus(IDLE)).await.map(|()| 0),
        }
    }
}

struct With(KeyedHash);

impl Query for With {
    type Output = Option<SessionRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        sessions::by_hash(view, &self.0).await
    }
}

fn session(id: i64, account: AccountId, stage: Stage) -> Session {
    Session {
        id,
        account,
        stage,
        method: Method::Password,
        created_at: NOW,
        seen_at: NOW,
        ends_at: NOW.plus(LIFE),
        confirmed_at: None,
        agent: "Firefox, Linux".to_owned(),
        network: "192.0.2.0/24".to_owned(),
    }
}

/// Keeps sessions: two whole ones and a half one of one account, and one of another.
async fn sit(bench: &Bench<'_>, mine: AccountId, theirs: AccountId) -> Result<[KeyedHash; 4]> {
    let seal = bench.store.columns(bench.entropy).await?;
    let hashes = [(); 4].map(|()| bench.hash(Kind::Session));
    let whose = [
        (1, mine, Stage::Whole),
        (2, mine, Stage::Whole),
        (3, mine, Stage::Half),
        (4, theirs, Stage::Whole),
    ];
    for ((id, account, stage), hash) in whose.into_iter().zip(hashes) {
        let session = session(id, account, stage);
        bench.store.write(Sit(NewSession::new(&session, &hash, &seal))).await?;
        let found = bench.store.read(With(hash)).await?;
        let found = found.map(|row| row.open(&seal)).transpose()?;
        holds(found == Some(session), "it is read as it was kept")?;
    }
    Ok(hashes)
}

async fn are_there<const N: usize>(bench: &Bench<'_>, hashes: [KeyedHash; N]) -> Result<[bool; N]> {
    let mut there = [false; N];
    for (place, hash) in there.iter_mut().zip(hashes) {
        *place = bench.store.read(With(hash)).await?.is_some();
    }
    Ok(there)
}

pub(super) async fn a_session_is_known_by_its_token_until_it_ends(bench: &Bench<'_>) -> Result {
    let (mine, theirs) = (AccountId::new(1), AccountId::new(2));
    let [first, second, half, other] = sit(bench, mine, theirs).await?;
    let change = async |change| bench.store.write(change).await;
    let (fresh, never) = (bench.hash(Kind::Session), bench.hash(Kind::Session));
    holds(change(ChangeSession::Confirm(1, fresh)).await? == 1, "it is confirmed")?;
    let there = are_there(bench, [first, fresh]).await?;
    holds(there == [false, true], "the token from before is worth nothing")?;
    holds(change(ChangeSession::Confirm(3, never)).await? == 0, "a half one is not confirmed")?;
    holds(are_there(bench, [half, never]).await? == [true, false], "and stays as it is")?;
    holds(change(ChangeSession::End(theirs, 1)).await? == 0, "nobody else ends it")?;
    holds(change(ChangeSession::EndOthers(mine, 1)).await? == 2, "the others end")?;
    let there = are_there(bench, [fresh, second, half, other]).await?;
    holds(there == [true, false, false, true], "at once, and no others than those")?;
    change(ChangeSession::ForgetLater).await?;
    let there = are_there(bench, [fresh, other]).await?;
    holds(there == [false, false], "what is over is forgotten")
}
