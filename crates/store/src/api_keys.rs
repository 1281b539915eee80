//! API keys, as rows: found by a hash, and never forgotten while their owner is there, so that a list says what
//! there was.

use domain::account::{AccountId, ApiKey, KeyOwner, Scopes};
use domain::hashes::KeyedHash;
use domain::network::Networks;
use domain::organisation::{Name, OrganisationId};
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const KEYS: &str = "api_keys";
const KEY: &[&str] = &[
    "id",
    "account",
    "organisation",
    "scopes",
    "created_at",
    "expires_at",
    "revoked_at",
    "used_on",
    "label",
    "networks",
    "per_minute",
    "replaces",
    "reminded_at",
];
const BY_HASH: Statement = Statement::find(KEYS, KEY, "WHERE hash = ?1");
const BY_ID: Statement = Statement::find(KEYS, KEY, "WHERE id = ?1");
/// Those that are worth something have a bound of their own, and are always among them.
const OF_ACCOUNT: Statement = Statement::find(
    KEYS,
    KEY,
    "WHERE account = ?1 ORDER BY CASE WHEN revoked_at IS NULL AND coalesce(expires_at, ?2) >= ?2
     THEN 0 ELSE 1 END, created_at DESC, id LIMIT 500",
);
const OF_ORGANISATION: Statement = Statement::find(
    KEYS,
    KEY,
    "WHERE organisation = ?1 ORDER BY CASE WHEN revoked_at IS NULL AND coalesce(expires_at, ?2) >= ?2
     THEN 0 ELSE 1 END, created_at DESC, id LIMIT 10000",
);
const ENDING: Statement = Statement::find(
    KEYS,
    KEY,
    "WHERE revoked_at IS NULL AND reminded_at IS NULL AND expires_at > ?1 AND expires_at <= ?2
     ORDER BY expires_at, id LIMIT ?3",
);
const INSERT: Statement = Statement::insert(
    KEYS,
    &[
        "id",
        "account",
        "organisation",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "used_on",
        "label",
        "networks",
        "per_minute",
        "replaces",
        "reminded_at",
        "hash",
    ],
    "",
);
const REVOKE: Statement = Statement::change(
    KEYS,
    "UPDATE api_keys SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL",
);
const END_BY: Statement = Statement::change(
    KEYS,
    "UPDATE api_keys SET expires_at = ?1
     WHERE id = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)",
);
const USE: Statement = Statement::change(
    KEYS,
    "UPDATE api_keys SET used_on = ?1 WHERE id = ?2 AND (used_on IS NULL OR used_on < ?1)",
);
const REMIND: Statement = Statement::change(
    KEYS,
    "UPDATE api_keys SET reminded_at = ?1 WHERE id = ?2 AND reminded_at IS NULL",
);

/// An API key as it lies in the store: its texts are still sealed.
#[derive(Clone, Debug)]
pub struct ApiKeyRow(Found);

impl ApiKeyRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// Whose it is.
    pub fn owner(&self) -> Result<KeyOwner> {
        let account = self.0.nullable("account")?.map(AccountId::new);
        let organisation = self.0.nullable("organisation")?.map(OrganisationId::new);
        match (account, organisation) {
            (Some(account), None) => Ok(KeyOwner::Account(account)),
            (Some(account), Some(organisation)) => Ok(KeyOwner::Member(account, organisation)),
            (None, Some(organisation)) => Ok(KeyOwner::Service(organisation)),
            (None, None) => Err(self.0.impossible("account")),
        }
    }

    /// Whether it is worth anything.
    pub fn is_valid(&self, now: Timestamp) -> Result<bool> {
        let ended = self.0.nullable("expires_at")?.is_some_and(|end| end <= now.as_millis());
        Ok(!ended && self.0.nullable("revoked_at")?.is_none())
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<ApiKey> {
        let found = &self.0;
        let time = |column| -> Result<Option<Timestamp>> {
            Ok(found.nullable(column)?.map(Timestamp::from_millis))
        };
        let text = |column| {
            let place = Place { table: KEYS, row: found.id(), column };
            found.any_bytes(column)?.map(|sealed| seal.open(place, sealed)).transpose()
        };
        let label = text("label")?.map(|label| Name::parse(&label)).transpose();
        let networks = text("networks")?.map(|networks| Networks::parse(&networks)).transpose();
        let scopes = Scopes::from_bits(found.number("scopes")?);
        let per_minute = found.nullable("per_minute")?.map(u32::try_from).transpose();
        Ok(ApiKey {
            id: found.id(),
            owner: self.owner()?,
            label: label.map_err(|_| found.impossible("label"))?,
            scopes: scopes.ok_or_else(|| found.impossible("scopes"))?,
            networks: networks.map_err(|_| found.impossible("networks"))?,
            per_minute: per_minute.map_err(|_| found.impossible("per_minute"))?,
            created_at: found.time("created_at")?,
            expires_at: time("expires_at")?,
            revoked_at: time("revoked_at")?,
            used_on: time("used_on")?,
            replaces: found.nullable("replaces")?,
            reminded_at: time("reminded_at")?,
        })
    }
}

/// An API key that is about to be kept, with its texts sealed.
#[derive(Clone, Debug)]
pub struct NewApiKey(Vec<Value>);

impl NewApiKey {
    /// Seals `key`, whose token has this hash.
    pub fn new(key: &ApiKey, hash: &KeyedHash, seal: &ColumnSeal) -> Self {
        let time = |at: Option<Timestamp>| Value::from(at.map(Timestamp::as_millis));
        let sealed = |column, text: Option<&str>| {
            let place = Place { table: KEYS, row: key.id, column };
            text.map_or(Value::Null, |text| seal.seal(place, text).as_slice().into())
        };
        let networks = key.networks.as_ref().map(ToString::to_string);
        Self(vec![
            key.id.into(),
            key.owner.account().map(AccountId::get).into(),
            key.owner.organisation().map(OrganisationId::get).into(),
            i64::from(key.scopes.bits()).into(),
            key.created_at.as_millis().into(),
            time(key.expires_at),
            time(key.revoked_at),
            time(key.used_on),
            sealed("label", key.label.as_ref().map(Name::as_str)),
            sealed("networks", networks.as_deref()),
            key.per_minute.map(i64::from).into(),
            key.replaces.into(),
            time(key.reminded_at),
            hash.as_bytes().as_slice().into(),
        ])
    }
}

/// Keeps an API key.
pub async fn insert<T: Transaction>(tx: &mut T, key: &NewApiKey) -> Result<()> {
    one(tx, "insert API key", &INSERT, &key.0).await
}

/// The API key with this hash, whether or not it is worth anything.
pub async fn by_hash<V: View>(view: &mut V, hash: &KeyedHash) -> Result<Option<ApiKeyRow>> {
    let found = view.find(&BY_HASH, &[hash.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(ApiKeyRow))
}

/// The API key with this number.
pub async fn by_id<V: View>(view: &mut V, id: i64) -> Result<Option<ApiKeyRow>> {
    Ok(view.find(&BY_ID, &[id.into()]).await?.into_iter().next().map(ApiKeyRow))
}

/// The API keys of an account, also those that act in an organisation: first those that are worth something at
/// `now`, then the latest of the others, the later before the earlier; five hundred at most.
pub async fn of_account<V: View>(
    view: &mut V,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<ApiKeyRow>> {
    let values = [account.get().into(), now.as_millis().into()];
    Ok(view.find(&OF_ACCOUNT, &values).await?.into_iter().map(ApiKeyRow).collect())
}

/// The API keys that act in an organisation, its members' and its own, in the same order; ten thousand at most.
pub async fn of_organisation<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<Vec<ApiKeyRow>> {
    let values = [organisation.get().into(), now.as_millis().into()];
    Ok(view.find(&OF_ORGANISATION, &values).await?.into_iter().map(ApiKeyRow).collect())
}

/// Up to `limit` keys that end between `now` and `soon`, and whose owners do not know yet.
pub async fn ending<V: View>(
    view: &mut V,
    now: Timestamp,
    soon: Timestamp,
    limit: u32,
) -> Result<Vec<ApiKeyRow>> {
    let values = [now.as_millis().into(), soon.as_millis().into(), i64::from(limit).into()];
    let found = view.find(&ENDING, &values).await?;
    Ok(found.into_iter().map(ApiKeyRow).collect())
}

/// From `now` on a key is worth nothing. Says whether it was not revoked before.
pub async fn revoke<T: Transaction>(tx: &mut T, id: i64, now: Timestamp) -> Result<bool> {
    Ok(tx.change(&REVOKE, &[now.as_millis().into(), id.into()]).await? == 1)
}

/// A key ends at `end`, if it does not end before.
pub async fn end_by<T: Transaction>(tx: &mut T, id: i64, end: Timestamp) -> Result<()> {
    tx.change(&END_BY, &[end.as_millis().into(), id.into()]).await.map(drop)
}

/// Remembers that a key was used on the day that began at `day`.
pub async fn see<T: Transaction>(tx: &mut T, id: i64, day: Timestamp) -> Result<()> {
    tx.change(&USE, &[day.as_millis().into(), id.into()]).await.map(drop)
}

/// The owner of a key was told at `now` that it ends soon. Says whether nobody had told them before.
pub async fn remind<T: Transaction>(tx: &mut T, id: i64, now: Timestamp) -> Result<bool> {
    Ok(tx.change(&REMIND, &[now.as_millis().into(), id.into()]).await? == 1)
}
