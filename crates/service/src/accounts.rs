//! Accounts and API keys: who asks, and what they may do.
//!
//! A key is found by its hash alone, and every time anew: revoked on one node, it is worth nothing on any
//! other from the next request on. That the account, the key or the pair is wrong is one answer (R25).

use std::time::Duration;

use domain::account::{Account, AccountId, ApiKey, ApiKeyToken, Email, Role, Scope, Scopes};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow, NewAccount};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;
use crate::references::Named;

/// Somebody who has shown a key of theirs.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is.
    pub account: Account,
    /// With which key.
    pub key: ApiKey,
}

impl Caller {
    /// Whether the key may do that.
    pub const fn may(&self, scope: Scope) -> bool {
        self.key.scopes.has(scope)
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

/// What became of a wish for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// It was made.
    Created,
    /// It was there, and has the role from now on.
    Promoted,
    /// It was there, and has the role already.
    Unchanged,
}

impl Service {
    pub(crate) fn address(&self, email: &Email) -> KeyedHash {
        self.store.hash(Kind::Address, email.as_str().as_bytes())
    }

    /// What names an account to others: in the form of a UUID (RFC 9562, version 8), and it tells nothing.
    pub fn account_reference(&self, account: AccountId) -> String {
        let named = [&b"account"[..], &account.get().to_be_bytes()].concat();
        let hash = self.store.hash(Kind::Reference, &named);
        let mut bytes: [u8; 16] = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0f | 0x80;
        *variant = *variant & 0x3f | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// A number that tells nothing.
    pub(crate) fn number(&self) -> i64 {
        i64::from_be_bytes(draw(&*self.entropy)) & i64::MAX
    }

    /// Makes an account with `role`, or gives the role to the one that is there.
    pub async fn join(&self, email: &Email, role: Role) -> Result<Joined, StoreError> {
        let seal = self.store.columns(&*self.entropy).await?;
        let id = AccountId::new(self.number());
        let created_at = self.clock.now();
        let account = Account { id, email: email.clone(), role, created_at, suspended_at: None };
        let account = NewAccount::new(&account, self.address(email), &seal);
        self.store.write(Join { account, role, now: created_at }).await
    }

    /// Makes an API key for the account with this address. `None` when there is no such account.
    pub async fn create_key(
        &self,
        email: &Email,
        scopes: Scopes,
        lifetime: Option<Duration>,
    ) -> Result<Option<ApiKeyToken>, StoreError> {
        let token = ApiKeyToken::new(draw(&*self.entropy));
        let hash = self.store.hash(Kind::ApiKey, token.secret());
        let now = self.clock.now();
        let expires_at = lifetime.map(|lifetime| now.plus(lifetime));
        let id = self.number();
        let made = CreateKey { id, address: self.address(email), hash, scopes, now, expires_at };
        Ok(self.store.write(made).await?.then_some(token))
    }

    /// The API keys of the account with this address, the oldest first. `None` when there is no such account.
    pub async fn keys_of(&self, email: &Email) -> Result<Option<Vec<ListedKey>>, StoreError> {
        let now = self.clock.now();
        let keys = self.store.read(KeysOf(self.address(email))).await?;
        let listed = |key: ApiKey| ListedKey {
            reference: self.name(Named::Key, key.id),
            valid: key.is_valid(now),
            key,
        };
        Ok(keys.map(|keys| keys.into_iter().map(listed).collect()))
    }

    /// Makes an API key of that account worth nothing, from the next request on. Says whether there was one
    /// with this reference that was worth anything.
    pub async fn revoke_key(&self, email: &Email, reference: &str) -> Result<bool, StoreError> {
        let keys = self.keys_of(email).await?.unwrap_or_default();
        match keys.into_iter().find(|key| key.reference == reference) {
            Some(ListedKey { key, .. }) => {
                self.store.write(RevokeKey(key.id, self.clock.now())).await
            }
            None => Ok(false),
        }
    }

    /// Whose key that is, if it belongs to the account with this address. `None` is the one answer.
    pub async fn authenticate(
        &self,
        email: &Email,
        token: &ApiKeyToken,
    ) -> Result<Option<Caller>, StoreError> {
        let hash = self.store.hash(Kind::ApiKey, token.secret());
        let Some((key, account)) = self.store.read(Show(hash)).await? else { return Ok(None) };
        let now = self.clock.now();
        let account = account.open(&*self.store.columns(&*self.entropy).await?)?;
        let fits = account.email == *email && account.suspended_at.is_none() && key.is_valid(now);
        if !fits {
            return Ok(None);
        }
        let today = day(now);
        if key.used_on.is_none_or(|day| day < today) {
            // That it was used is worth less than the answer: a full disk stops nobody who asks (R32).
            if let Err(error) = self.store.write(Use(key.id, today)).await {
                tracing::warn!(%error, "the use of an API key was not noted");
            }
        }
        Ok(Some(Caller { account, key }))
    }
}

/// The first moment of the day of `now` in UTC.
pub(crate) fn day(now: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let now = now.as_millis();
    Timestamp::from_millis(now.saturating_sub(now.rem_euclid(DAY)))
}

struct Join {
    account: NewAccount,
    role: Role,
    now: Timestamp,
}

impl Unit for Join {
    type Output = Joined;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<Joined> {
        let (id, created) = accounts::insert(tx, &self.account).await?;
        let joined = if created {
            Joined::Created
        } else if accounts::give_role(tx, id, self.role).await? {
            Joined::Promoted
        } else {
            return Ok(Joined::Unchanged);
        };
        let kind = match joined {
            Joined::Created => EventKind::AccountCreated,
            Joined::Promoted | Joined::Unchanged => EventKind::RoleChanged,
        };
        tx.record(&Event::new(self.now, kind, Actor::Operator)).await?;
        Ok(joined)
    }
}

struct CreateKey {
    id: i64,
    address: KeyedHash,
    hash: KeyedHash,
    scopes: Scopes,
    now: Timestamp,
    expires_at: Option<Timestamp>,
}

impl Unit for CreateKey {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Some(account) = accounts::by_address(tx, &self.address).await? else {
            return Ok(false);
        };
        let key = ApiKey {
            id: self.id,
            account: account.id(),
            scopes: self.scopes,
            created_at: self.now,
            expires_at: self.expires_at,
            revoked_at: None,
            used_on: None,
        };
        accounts::insert_key(tx, &key, &self.hash).await?;
        let kind = EventKind::KeyCreated;
        tx.record(&Event::new(self.now, kind, Actor::Operator)).await?;
        Ok(true)
    }
}

struct KeysOf(KeyedHash);

impl Query for KeysOf {
    type Output = Option<Vec<ApiKey>>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(account) = accounts::by_address(view, &self.0).await? else { return Ok(None) };
        accounts::keys_of(view, account.id()).await.map(Some)
    }
}

struct RevokeKey(i64, Timestamp);

impl Unit for RevokeKey {
    type Output = bool;

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<bool> {
        let Self(id, now) = *self;
        let revoked = accounts::revoke_key(tx, id, now).await?;
        if revoked {
            let kind = EventKind::KeyRevoked;
            tx.record(&Event::new(now, kind, Actor::Operator)).await?;
        }
        Ok(revoked)
    }
}

struct Show(KeyedHash);

impl Query for Show {
    type Output = Option<(ApiKey, AccountRow)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(key) = accounts::key_by_hash(view, &self.0).await? else { return Ok(None) };
        Ok(accounts::by_id(view, key.account).await?.map(|account| (key, account)))
    }
}

struct Use(i64, Timestamp);

impl Unit for Use {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        accounts::use_key(tx, self.0, self.1).await
    }
}
