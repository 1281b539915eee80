//! Accounts, as rows.

use domain::account::{Account, AccountId, Email, Role};
use domain::hashes::KeyedHash;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{self, Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const ACCOUNTS: &str = "accounts";
const ACCOUNT: &[&str] = &["id", "email", "role", "created_at", "suspended_at", "seen_on"];
const BY_ADDRESS: Statement = Statement::find(ACCOUNTS, ACCOUNT, "WHERE email_hash = ?1");
const BY_ID: Statement = Statement::find(ACCOUNTS, ACCOUNT, "WHERE id = ?1");
const LATEST: Statement =
    Statement::find(ACCOUNTS, ACCOUNT, "ORDER BY created_at DESC, id LIMIT ?1");
const ALL: Statement = Statement::find(ACCOUNTS, &["id"], "");
const ADMINISTRATORS: Statement =
    Statement::find(ACCOUNTS, ACCOUNT, "WHERE role = 2 ORDER BY id").hold();
const COUNT: Statement = Statement::find(ACCOUNTS, &["count(*)"], "");
const SUSPEND: Statement =
    Statement::change(ACCOUNTS, "UPDATE accounts SET suspended_at = ?1 WHERE id = ?2");
const ANY: Statement = Statement::find(ACCOUNTS, ACCOUNT, "LIMIT 1");
const INSERT: Statement = Statement::insert(
    ACCOUNTS,
    &["id", "email", "role", "created_at", "suspended_at", "email_hash"],
    "ON CONFLICT (email_hash) DO NOTHING",
);
const GIVE_ROLE: Statement =
    Statement::change(ACCOUNTS, "UPDATE accounts SET role = ?1 WHERE id = ?2 AND role <> ?1");

const SEE: Statement = Statement::change(
    ACCOUNTS,
    "UPDATE accounts SET seen_on = ?1 WHERE id = ?2 AND (seen_on IS NULL OR seen_on < ?1)",
);

/// An account as it lies in the store: its address is still sealed.
#[derive(Clone, Debug)]
pub struct AccountRow(Found);

impl AccountRow {
    /// Its number.
    pub fn id(&self) -> AccountId {
        AccountId::new(self.0.id())
    }

    /// What it is for.
    pub fn role(&self) -> Result<Role> {
        match self.0.integer("role")? {
            1 => Ok(Role::Member),
            2 => Ok(Role::Administrator),
            _ => Err(self.0.impossible("role")),
        }
    }

    /// Whether it may do nothing.
    pub fn is_suspended(&self) -> bool {
        !matches!(self.0.nullable("suspended_at"), Ok(None))
    }

    /// On which day it was last used.
    pub fn seen_on(&self) -> Result<Option<Timestamp>> {
        Ok(self.0.nullable("seen_on")?.map(Timestamp::from_millis))
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Account> {
        let found = &self.0;
        let place = Place { table: ACCOUNTS, row: found.id(), column: "email" };
        let sealed = found.any_bytes("email")?.ok_or_else(|| found.impossible("email"))?;
        let email = Email::parse(&seal.open(place, sealed)?);
        Ok(Account {
            id: self.id(),
            email: email.map_err(|_| found.impossible("email"))?,
            role: self.role()?,
            created_at: found.time("created_at")?,
            suspended_at: found.nullable("suspended_at")?.map(Timestamp::from_millis),
        })
    }
}

/// An account that is about to be kept, with its address sealed.
#[derive(Clone, Debug)]
pub struct NewAccount {
    id: AccountId,
    email_hash: KeyedHash,
    values: Vec<Value>,
}

impl NewAccount {
    /// Seals `account`, whose address has this hash.
    pub fn new(account: &Account, email_hash: KeyedHash, seal: &ColumnSeal) -> Self {
        let id = account.id.get();
        let place = Place { table: ACCOUNTS, row: id, column: "email" };
        let values = vec![
            id.into(),
            seal.seal(place, account.email.as_str()).as_slice().into(),
            role_column(account.role).into(),
            account.created_at.as_millis().into(),
            account.suspended_at.map(Timestamp::as_millis).into(),
            email_hash.as_bytes().as_slice().into(),
        ];
        Self { id: account.id, email_hash, values }
    }
}

/// Keeps an account, unless somebody has that address already. Returns whose it is, and whether that is new.
pub async fn insert<T: Transaction>(tx: &mut T, account: &NewAccount) -> Result<(AccountId, bool)> {
    let created = tx.change(&INSERT, &account.values).await? == 1;
    let kept = by_address(tx, &account.email_hash).await?;
    Ok((kept.map_or(account.id, |kept| kept.id()), created))
}

const fn role_column(role: Role) -> i64 {
    match role {
        Role::Member => 1,
        Role::Administrator => 2,
    }
}

/// Gives an account a role. Says whether it had another one.
pub async fn give_role<T: Transaction>(tx: &mut T, id: AccountId, role: Role) -> Result<bool> {
    let values = [role_column(role).into(), id.get().into()];
    Ok(tx.change(&GIVE_ROLE, &values).await? == 1)
}

/// Whether there is any account.
pub async fn any<V: View>(view: &mut V) -> Result<bool> {
    Ok(!view.find(&ANY, &[]).await?.is_empty())
}

/// The account with the address of this hash.
pub async fn by_address<V: View>(view: &mut V, hash: &KeyedHash) -> Result<Option<AccountRow>> {
    let found = view.find(&BY_ADDRESS, &[hash.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(AccountRow))
}

/// The account with this number.
pub async fn by_id<V: View>(view: &mut V, id: AccountId) -> Result<Option<AccountRow>> {
    let found = view.find(&BY_ID, &[id.get().into()]).await?;
    Ok(found.into_iter().next().map(AccountRow))
}

/// Up to `limit` accounts, the latest first.
pub async fn latest<V: View>(view: &mut V, limit: u32) -> Result<Vec<AccountRow>> {
    let found = view.find(&LATEST, &[i64::from(limit).into()]).await?;
    Ok(found.into_iter().map(AccountRow).collect())
}

/// The number of every account.
pub async fn all<V: View>(view: &mut V) -> Result<Vec<AccountId>> {
    let found = view.find(&ALL, &[]).await?;
    Ok(found.iter().map(|found| AccountId::new(found.id())).collect())
}

/// How many there are.
pub async fn count<V: View>(view: &mut V) -> Result<u64> {
    rows::count(view, &COUNT, &[]).await
}

/// Those who look after the instance. Until the end of the transaction nobody else changes who they are.
pub async fn hold_administrators<T: Transaction>(tx: &mut T) -> Result<Vec<AccountRow>> {
    Ok(tx.find(&ADMINISTRATORS, &[]).await?.into_iter().map(AccountRow).collect())
}

/// From `since` on an account may do nothing; with nothing it may again.
pub async fn suspend<T: Transaction>(
    tx: &mut T,
    id: AccountId,
    since: Option<Timestamp>,
) -> Result<()> {
    let values = [since.map(Timestamp::as_millis).into(), id.get().into()];
    one(tx, "suspend account", &SUSPEND, &values).await
}

/// Remembers that an account was used on the day that began at `day`.
pub async fn see<T: Transaction>(tx: &mut T, id: AccountId, day: Timestamp) -> Result<()> {
    tx.change(&SEE, &[day.as_millis().into(), id.get().into()]).await.map(drop)
}

/// Until the end of the transaction nobody else counts anything for this account.
pub async fn hold<T: Transaction>(tx: &mut T, id: AccountId) -> Result<()> {
    tx.find(&BY_ID.hold(), &[id.get().into()]).await.map(drop)
}
