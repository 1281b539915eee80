//! API keys: made, shown once, rotated, reported, revoked.
//!
//! What is kept of a key is a hash (R58). A key is revoked in one row that every request reads anew, so that it is
//! worth nothing from the next request on, on every node. Whoever finds a key where it does not belong may
//! send it here, and it is worth nothing either.

use std::time::Duration;

use domain::account::{AccountId, ApiKey, ApiKeyToken, Email, KeyOwner, Scopes};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::network::Networks;
use domain::organisation::Name;
use domain::time::Timestamp;
use store::StoreError;
use store::accounts;
use store::api_keys::{self, ApiKeyRow, NewApiKey};
use store::port::{Ahead, Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::accounts::Bearer;
use crate::people::Asker;
use crate::references::Named;

/// How many keys that are worth something one owner may have.
const MOST: usize = 100;

/// What somebody wants of a new key.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What it is called.
    pub label: Option<Name>,
    /// What it may do.
    pub scopes: Scopes,
    /// From where; from anywhere without.
    pub networks: Option<Networks>,
    /// How many requests in a minute.
    pub per_minute: Option<u32>,
    /// For how long; for ever without.
    pub lifetime: Option<Duration>,
}

impl Wish {
    /// A key that may do this, for this long.
    pub const fn plain(scopes: Scopes, lifetime: Option<Duration>) -> Self {
        Self { label: None, scopes, networks: None, per_minute: None, lifetime }
    }
}

/// An API key in the list of its owner.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// What names it.
    pub reference: String,
    /// Whether it is worth anything.
    pub valid: bool,
    /// What is known about it.
    pub key: ApiKey,
}

/// A key that was made. The token is shown this once.
pub struct MadeKey {
    /// What a program shows.
    pub token: ApiKeyToken,
    /// What names it from here on.
    pub reference: String,
    /// What is known about it.
    pub key: ApiKey,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The owner has as many as there may be.
    #[error("there are {MOST} keys already: revoke those that nobody uses")]
    TooMany,
    /// There is no key of this name that is worth anything, or no such account.
    #[error("there is no such key")]
    Unknown,
    /// A key makes no key that may do more than it may itself.
    #[error("a key makes no key that may do more than itself, from elsewhere or for longer")]
    Wider,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody may make for whom: a person for themselves, a key for its own owner, and nothing wider than
/// it is (R59).
fn within(asker: &Asker, wish: Wish, now: Timestamp) -> Result<Wish, NoKey> {
    let Asker::Key(Bearer { key, .. }) = asker else { return Ok(wish) };
    let end = wish.lifetime.map(|lifetime| now.plus(lifetime));
    let longer = match (key.expires_at, end) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(mine), Some(end)) => end > mine,
    };
    let elsewhere = key.networks.is_some() && wish.networks != key.networks;
    let faster = key.per_minute.is_some_and(|mine| wish.per_minute.is_none_or(|wish| wish > mine));
    if longer || elsewhere || faster || !key.scopes.cover(wish.scopes) {
        return Err(NoKey::Wider);
    }
    Ok(wish)
}

impl Service {
    /// Makes a key for whoever asks, or for the owner of the key that asks.
    pub async fn make_own_key(&self, asker: &Asker, wish: Wish) -> Result<MadeKey, NoKey> {
        let wish = within(asker, wish, self.clock.now())?;
        self.make(asker.actor(), asker.key_owner(), wish, None).await
    }

    /// Makes another key in the place of one of whoever asks. The old one ends after `overlap`.
    pub async fn rotate_own_key(
        &self,
        asker: &Asker,
        reference: &str,
        overlap: Duration,
    ) -> Result<MadeKey, NoKey> {
        let owner = asker.key_owner();
        let old = self.valid_key(owner, reference).await?.ok_or(NoKey::Unknown)?;
        // A key speaks for its own owner, and not for whoever has others in the same place.
        if matches!(asker, Asker::Key(_)) && old.owner != owner {
            return Err(NoKey::Unknown);
        }
        // A key that is rotated by itself lasts as long as it did: that is what rotation is for.
        if !matches!(asker, Asker::Key(bearer) if bearer.key.id == old.id) {
            within(asker, again(&old), self.clock.now())?;
        }
        self.rotate(asker.actor(), old, overlap).await
    }

    /// Makes a key. Whether the one who asks may do so, and whether the owner is there, is known already.
    pub async fn make_key(
        &self,
        actor: Actor,
        owner: KeyOwner,
        wish: Wish,
    ) -> Result<MadeKey, NoKey> {
        self.make(actor, owner, wish, None).await
    }

    /// Makes a key that may do what `reference` may, and ends that one after `overlap`, if it does not end before
    /// (brief row 13). The new one is worth something for as long as the old one was made for.
    pub async fn rotate_key(
        &self,
        actor: Actor,
        owner: KeyOwner,
        reference: &str,
        overlap: Duration,
    ) -> Result<MadeKey, NoKey> {
        let old = self.valid_key(owner, reference).await?.ok_or(NoKey::Unknown)?;
        self.rotate(actor, old, overlap).await
    }

    async fn rotate(&self, actor: Actor, old: ApiKey, overlap: Duration) -> Result<MadeKey, NoKey> {
        let wish = again(&old);
        self.make(actor, old.owner, wish, Some((old.id, overlap))).await
    }

    async fn make(
        &self,
        actor: Actor,
        owner: KeyOwner,
        wish: Wish,
        replaces: Option<(i64, Duration)>,
    ) -> Result<MadeKey, NoKey> {
        let token = ApiKeyToken::new(draw(&*self.entropy));
        let now = self.clock.now();
        let Wish { label, scopes, networks, per_minute, lifetime } = wish;
        let key = ApiKey {
            id: self.number(),
            owner,
            label,
            scopes,
            networks,
            per_minute,
            created_at: now,
            expires_at: lifetime.map(|lifetime| now.plus(lifetime)),
            revoked_at: None,
            used_on: None,
            replaces: replaces.map(|(old, _)| old),
            reminded_at: None,
        };
        let seal = self.store.columns(&*self.entropy).await?;
        let new = NewApiKey::new(&key, &self.store.hash(Kind::ApiKey, token.secret()), &seal);
        let ends = replaces.map(|(old, overlap)| (old, now.plus(overlap)));
        let make = Make { id: key.id, owner, new, ends, actor, now };
        match self.store.write(make).await? {
            Made::Done => Ok(MadeKey { token, reference: self.name(Named::Key, key.id), key }),
            Made::Gone => Err(NoKey::Unknown),
            Made::TooMany => Err(NoKey::TooMany),
        }
    }

    /// The keys of this owner: first those that are worth something, and of the others the latest.
    pub async fn keys(&self, owner: KeyOwner) -> Result<Vec<ListedKey>, StoreError> {
        let now = self.clock.now();
        let rows = self.store.read(Of(owner, now)).await?;
        let seal = self.store.columns(&*self.entropy).await?;
        let listed = |row: ApiKeyRow| {
            let key = row.open(&seal)?;
            let reference = self.name(Named::Key, key.id);
            Ok(ListedKey { reference, valid: key.is_valid(now), key })
        };
        rows.into_iter().map(listed).collect()
    }

    async fn valid_key(
        &self,
        owner: KeyOwner,
        reference: &str,
    ) -> Result<Option<ApiKey>, StoreError> {
        let keys = self.keys(owner).await?;
        let found = keys.into_iter().find(|listed| listed.valid && listed.reference == reference);
        Ok(found.map(|listed| listed.key))
    }

    /// Makes a key of this owner worth nothing, from the next request on. Says whether there was one of this name
    /// that was worth anything.
    pub async fn revoke_key(
        &self,
        actor: Actor,
        owner: KeyOwner,
        reference: &str,
    ) -> Result<bool, StoreError> {
        let Some(key) = self.valid_key(owner, reference).await? else { return Ok(false) };
        let (now, kind) = (self.clock.now(), EventKind::KeyRevoked);
        self.store.write(Revoke { key: key.id, actor, kind, now }).await
    }

    /// Somebody has found this key where it does not belong: it is worth nothing from the next request on. Says
    /// whether it was worth anything, for the log: whoever sent it learns nothing.
    pub async fn report_key(&self, token: &ApiKeyToken) -> Result<bool, StoreError> {
        let hash = self.store.hash(Kind::ApiKey, token.secret());
        let Some(key) = self.store.read(Found(hash)).await? else { return Ok(false) };
        let (actor, kind) = (Actor::Stranger, EventKind::KeyReported);
        self.store.write(Revoke { key, actor, kind, now: self.clock.now() }).await
    }

    /// The account with this address, as an owner of keys.
    pub async fn key_owner(&self, email: &Email) -> Result<Option<KeyOwner>, StoreError> {
        let account = self.store.read(Known(self.address(email))).await?;
        Ok(account.map(KeyOwner::Account))
    }
}

/// The wish for a key like this one.
fn again(old: &ApiKey) -> Wish {
    Wish {
        label: old.label.clone(),
        scopes: old.scopes,
        networks: old.networks.clone(),
        per_minute: old.per_minute,
        lifetime: old.expires_at.map(|end| old.created_at.until(end)),
    }
}

enum Made {
    Done,
    Gone,
    TooMany,
}

struct Make {
    id: i64,
    owner: KeyOwner,
    new: NewApiKey,
    /// The key that ends, and when.
    ends: Option<(i64, Timestamp)>,
    actor: Actor,
    now: Timestamp,
}

impl Unit for Make {
    type Output = Made;

    fn ahead(&self) -> Ahead {
        let counted = self.owner.account().map(AccountId::get).into_iter().collect();
        Ahead { counted, ..Ahead::default() }
    }

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Made> {
        if let Some(account) = self.owner.account() {
            // Whoever makes another key for it at the same time waits: the count is exact.
            accounts::hold(tx, account).await?;
            if accounts::by_id(tx, account).await?.is_none() {
                return Ok(Made::Gone);
            }
        }
        if has_enough(tx, self.owner, self.now).await? {
            return Ok(Made::TooMany);
        }
        let mut kind = EventKind::KeyCreated;
        if let Some((old, end)) = self.ends {
            let old = api_keys::by_id(tx, old).await?;
            let Some(old) = old else { return Ok(Made::Gone) };
            if !old.is_valid(self.now)? {
                return Ok(Made::Gone);
            }
            api_keys::end_by(tx, old.id(), end).await?;
            kind = EventKind::KeyRotated;
        }
        api_keys::insert(tx, &self.new).await?;
        let event = Event::new(self.now, kind, self.actor).about(self.id);
        tx.record(&event.within(self.owner.organisation())).await?;
        Ok(Made::Done)
    }
}

/// Whether an owner has as many keys that are worth something as there may be.
pub(crate) async fn has_enough<V: View>(
    view: &mut V,
    owner: KeyOwner,
    now: Timestamp,
) -> StoreResult<bool> {
    let mut valid = 0_usize;
    for row in of(view, owner, now).await? {
        valid = valid.saturating_add(usize::from(row.is_valid(now)?));
    }
    Ok(valid >= MOST)
}

/// The keys of an owner; somebody's are also those that act for them in an organisation.
async fn of<V: View>(view: &mut V, owner: KeyOwner, now: Timestamp) -> StoreResult<Vec<ApiKeyRow>> {
    let rows = match owner {
        KeyOwner::Account(account) => return api_keys::of_account(view, account, now).await,
        KeyOwner::Member(account, _) => api_keys::of_account(view, account, now).await?,
        KeyOwner::Service(organisation) => {
            api_keys::of_organisation(view, organisation, now).await?
        }
    };
    let mut kept = Vec::new();
    for row in rows {
        if row.owner()? == owner {
            kept.push(row);
        }
    }
    Ok(kept)
}

struct Of(KeyOwner, Timestamp);

impl Query for Of {
    type Output = Vec<ApiKeyRow>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        of(view, self.0, self.1).await
    }
}

struct Found(KeyedHash);

impl Query for Found {
    type Output = Option<i64>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        Ok(api_keys::by_hash(view, &self.0).await?.map(|row| row.id()))
    }
}

struct Known(KeyedHash);

impl Query for Known {
    type Output = Option<AccountId>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        Ok(accounts::by_address(view, &self.0).await?.map(|account| account.id()))
    }
}

/// Makes a key worth nothing.
struct Revoke {
    key: i64,
    actor: Actor,
    kind: EventKind,
    now: Timestamp,
}

impl Unit for Revoke {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Some(key) = api_keys::by_id(tx, self.key).await? else { return Ok(false) };
        let revoked = key.is_valid(self.now)? && api_keys::revoke(tx, self.key, self.now).await?;
        if revoked {
            let event = Event::new(self.now, self.kind, self.actor).about(self.key);
            tx.record(&event.within(key.owner()?.organisation())).await?;
        }
        Ok(revoked)
    }
}
