//! Accounts, and programs that ask for them with a key.
//!
//! A key is found by its hash alone, and every time anew: revoked on one node, it is worth nothing on any
//! other from the next request on. That the account, the key or the pair is wrong is one answer (R25).

use domain::account::{Account, AccountId, ApiKey, ApiKeyToken, Email, Role, Scope};
use domain::audit::{Actor, Event, Kind as EventKind};
use domain::entropy::draw;
use domain::hashes::{KeyedHash, Kind};
use domain::time::Timestamp;
use store::StoreError;
use store::accounts::{self, AccountRow, NewAccount};
use store::api_keys::{self, ApiKeyRow};
use store::port::{Query, Result as StoreResult, Transaction, Unit, View};

use crate::Service;

/// A program that has shown a key of somebody, and whose it is.
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

/// A program that has shown a key.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// For whom it acts; nobody, when the key is an organisation's own.
    pub account: Option<Account>,
    /// With which key.
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

    /// Whose key that is, if it belongs to the account with this address. `None` is the one answer.
    pub async fn authenticate(
        &self,
        email: &Email,
        token: &ApiKeyToken,
    ) -> Result<Option<Caller>, StoreError> {
        let Some(Bearer { account: Some(account), key }) = self.holder_of(token).await? else {
            return Ok(None);
        };
        if account.email != *email {
            return Ok(None);
        }
        self.use_key(&key).await;
        Ok(Some(Caller { account, key }))
    }

    /// Who shows this key. `None`: nobody, or nobody any more.
    pub async fn bearer(&self, token: &ApiKeyToken) -> Result<Option<Bearer>, StoreError> {
        let bearer = self.holder_of(token).await?;
        if let Some(bearer) = &bearer {
            self.use_key(&bearer.key).await;
        }
        Ok(bearer)
    }

    async fn holder_of(&self, token: &ApiKeyToken) -> Result<Option<Bearer>, StoreError> {
        let hash = self.store.hash(Kind::ApiKey, token.secret());
        let Some((key, account)) = self.store.read(Show(hash)).await? else { return Ok(None) };
        let seal = self.store.columns(&*self.entropy).await?;
        let key = key.open(&seal)?;
        let account = account.map(|account| account.open(&seal)).transpose()?;
        let suspended = account.as_ref().is_some_and(|account| account.suspended_at.is_some());
        let orphan = account.is_none() && key.owner.account().is_some();
        let fits = key.is_valid(self.clock.now()) && !suspended && !orphan;
        Ok(fits.then_some(Bearer { account, key }))
    }

    /// Notes on which day a key was used. That is worth less than the answer: a full disk stops nobody who
    /// asks (R32).
    async fn use_key(&self, key: &ApiKey) {
        let today = day(self.clock.now());
        if key.used_on.is_none_or(|day| day < today) {
            let used = Use { key: key.id, account: key.owner.account(), today };
            if let Err(error) = self.store.write(used).await {
                tracing::warn!(%error, "the use of an API key was not noted");
            }
        }
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
        tx.record(&Event::new(self.now, kind, Actor::Operator).about(id.get())).await?;
        Ok(joined)
    }
}

struct Show(KeyedHash);

impl Query for Show {
    type Output = Option<(ApiKeyRow, Option<AccountRow>)>;

    async fn run<V: View>(&self, view: &mut V) -> StoreResult<Self::Output> {
        let Some(key) = api_keys::by_hash(view, &self.0).await? else { return Ok(None) };
        let account = match key.owner()?.account() {
            Some(account) => accounts::by_id(view, account).await?,
            None => None,
        };
        Ok(Some((key, account)))
    }
}

struct Use {
    key: i64,
    account: Option<AccountId>,
    today: Timestamp,
}

impl Unit for Use {
    type Output = ();

    async fn run<T: Transaction>(&self, tx: &mut T) -> StoreResult<()> {
        api_keys::see(tx, self.key, self.today).await?;
        match self.account {
            Some(account) => accounts::see(tx, account, self.today).await,
            None => Ok(()),
        }
    }
}
