//! Passkeys, as rows: the means of signing in of kind 4, and the ceremonies that wait for an answer.
//!
//! A passkey is found by the keyed hash of what its authenticator calls it; what its answers are judged by is
//! sealed. A ceremony is a ticket of kind 3: [`take`] deletes it, in the transaction that ends it.

use domain::account::AccountId;
use domain::hashes::KeyedHash;
use domain::organisation::Name;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const CREDENTIALS: &str = "credentials";
const PASSKEY: &[&str] = &["id", "account", "label", "data", "created_at", "used_at", "counter"];
const BY_LOOKUP: Statement =
    Statement::find(CREDENTIALS, PASSKEY, "WHERE kind = 4 AND lookup = ?1");
const OF_ACCOUNT: Statement = Statement::find(
    CREDENTIALS,
    PASSKEY,
    "WHERE account = ?1 AND kind = 4 ORDER BY created_at, id LIMIT 200",
);
const OTHER_MEANS: Statement = Statement::find(
    CREDENTIALS,
    &["id"],
    "WHERE account = ?1 AND id <> ?2 AND kind IN (1, 4, 5) LIMIT 1",
);
const INSERT: Statement = Statement::insert(
    CREDENTIALS,
    &["id", "account", "label", "data", "created_at", "used_at", "counter", "kind", "lookup"],
    "ON CONFLICT DO NOTHING",
);
const SHOW: Statement = Statement::change(
    CREDENTIALS,
    "UPDATE credentials SET counter = ?1, data = ?2, used_at = ?3 WHERE id = ?4 AND counter = ?5",
);
const RENAME: Statement = Statement::change(
    CREDENTIALS,
    "UPDATE credentials SET label = ?1 WHERE id = ?2 AND account = ?3 AND kind = 4",
);
const REMOVE: Statement = Statement::change(
    CREDENTIALS,
    "DELETE FROM credentials WHERE id = ?1 AND account = ?2 AND kind = 4",
);

const TICKETS: &str = "tickets";
const CEREMONY: &[&str] = &["id", "account", "subject", "data", "until"];
const CEREMONY_BY_HASH: Statement =
    Statement::find(TICKETS, CEREMONY, "WHERE kind = 3 AND hash = ?1");
const ASK: Statement = Statement::insert(
    TICKETS,
    &["id", "account", "subject", "data", "until", "kind", "hash", "created_at", "attempts"],
    "",
);
const TAKE: Statement =
    Statement::change(TICKETS, "DELETE FROM tickets WHERE kind = 3 AND hash = ?1 AND until > ?2");

/// A passkey that was made.
#[derive(Clone, Debug)]
pub struct Passkey {
    /// Its number: random.
    pub id: i64,
    /// Whose it is.
    pub account: AccountId,
    /// What they call it.
    pub label: Name,
    /// What its answers are judged by, as the judge has written it.
    pub data: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// How often it says that it was used.
    pub counter: u32,
}

/// A passkey as it lies in the store: its texts are still sealed.
#[derive(Clone, Debug)]
pub struct PasskeyRow(Found);

impl PasskeyRow {
    /// Whose it is.
    pub fn account(&self) -> Result<AccountId> {
        self.0.integer("account").map(AccountId::new)
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Passkey> {
        let found = &self.0;
        let text = |column| open(found, CREDENTIALS, column, seal);
        let label = Name::parse(&text("label")?);
        Ok(Passkey {
            id: found.id(),
            account: self.account()?,
            label: label.map_err(|_| found.impossible("label"))?,
            data: text("data")?,
            created_at: found.time("created_at")?,
            used_at: found.nullable("used_at")?.map(Timestamp::from_millis),
            counter: found.number("counter")?,
        })
    }
}

fn open(
    found: &Found,
    table: &'static str,
    column: &'static str,
    seal: &ColumnSeal,
) -> Result<String> {
    let sealed = found.any_bytes(column)?.ok_or_else(|| found.impossible(column))?;
    seal.open(Place { table, row: found.id(), column }, sealed)
}

fn sealed(
    table: &'static str,
    row: i64,
    column: &'static str,
    text: &str,
    seal: &ColumnSeal,
) -> Value {
    seal.seal(Place { table, row, column }, text).as_slice().into()
}

/// A passkey that is about to be kept, with its texts sealed.
#[derive(Clone, Debug)]
pub struct NewPasskey(Vec<Value>);

impl NewPasskey {
    /// Seals `passkey`, whose authenticator calls it what this is the hash of.
    pub fn new(passkey: &Passkey, lookup: &KeyedHash, seal: &ColumnSeal) -> Self {
        let id = passkey.id;
        Self(vec![
            id.into(),
            passkey.account.get().into(),
            sealed(CREDENTIALS, id, "label", passkey.label.as_str(), seal),
            sealed(CREDENTIALS, id, "data", &passkey.data, seal),
            passkey.created_at.as_millis().into(),
            passkey.used_at.map(Timestamp::as_millis).into(),
            i64::from(passkey.counter).into(),
            4.into(),
            lookup.as_bytes().as_slice().into(),
        ])
    }
}

/// A passkey that has answered, with what its next answer is judged by sealed.
#[derive(Clone, Debug)]
pub struct ShownPasskey {
    values: Vec<Value>,
}

impl ShownPasskey {
    /// Seals `data`: what is known of `passkey` after this answer.
    pub fn new(
        passkey: &Passkey,
        (counter, data): (u32, &str),
        now: Timestamp,
        seal: &ColumnSeal,
    ) -> Self {
        let values = vec![
            i64::from(counter).into(),
            sealed(CREDENTIALS, passkey.id, "data", data, seal),
            now.as_millis().into(),
            passkey.id.into(),
            i64::from(passkey.counter).into(),
        ];
        Self { values }
    }
}

/// A new name of a passkey, sealed.
#[derive(Clone, Debug)]
pub struct NewLabel {
    id: i64,
    label: Value,
}

impl NewLabel {
    /// Seals `label` for the passkey with this number.
    pub fn new(id: i64, label: &Name, seal: &ColumnSeal) -> Self {
        Self { id, label: sealed(CREDENTIALS, id, "label", label.as_str(), seal) }
    }
}

/// The passkey that its authenticator calls what this is the hash of.
pub async fn by_lookup<V: View>(view: &mut V, lookup: &KeyedHash) -> Result<Option<PasskeyRow>> {
    let found = view.find(&BY_LOOKUP, &[lookup.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(PasskeyRow))
}

/// The passkeys of an account, the oldest first.
pub async fn of_account<V: View>(view: &mut V, account: AccountId) -> Result<Vec<PasskeyRow>> {
    let found = view.find(&OF_ACCOUNT, &[account.get().into()]).await?;
    Ok(found.into_iter().map(PasskeyRow).collect())
}

/// Whether an account has a means of signing in beside the one with this number.
pub async fn has_other_means<V: View>(view: &mut V, account: AccountId, id: i64) -> Result<bool> {
    let found = view.find(&OTHER_MEANS, &[account.get().into(), id.into()]).await?;
    Ok(!found.is_empty())
}

/// Keeps a passkey. Says whether nobody had it.
pub async fn insert<T: Transaction>(tx: &mut T, passkey: &NewPasskey) -> Result<bool> {
    Ok(tx.change(&INSERT, &passkey.0).await? == 1)
}

/// Keeps what an answer has changed. Says whether the passkey was still as it was judged by.
pub async fn show<T: Transaction>(tx: &mut T, shown: &ShownPasskey) -> Result<bool> {
    Ok(tx.change(&SHOW, &shown.values).await? == 1)
}

/// Gives a passkey of this account another name. Says whether there was one.
pub async fn rename<T: Transaction>(
    tx: &mut T,
    account: AccountId,
    label: &NewLabel,
) -> Result<bool> {
    let values = [label.label.clone(), label.id.into(), account.get().into()];
    Ok(tx.change(&RENAME, &values).await? == 1)
}

/// Removes a passkey of this account. Says whether there was one.
pub async fn remove<T: Transaction>(tx: &mut T, account: AccountId, id: i64) -> Result<bool> {
    Ok(tx.change(&REMOVE, &[id.into(), account.get().into()]).await? == 1)
}

/// A ceremony that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Whose answer it must be; anybody's with a passkey when it is `None`.
    pub account: Option<AccountId>,
    /// In which session it was begun, and must end.
    pub session: Option<i64>,
    /// What is remembered until then.
    pub data: String,
    /// From then on it is over.
    pub until: Timestamp,
}

/// A ceremony that is about to begin, sealed.
#[derive(Clone, Debug)]
pub struct NewCeremony(Vec<Value>);

impl NewCeremony {
    /// Seals `ceremony` under a number, for the ticket with this hash.
    pub fn new(
        id: i64,
        ceremony: &Ceremony,
        hash: &KeyedHash,
        now: Timestamp,
        seal: &ColumnSeal,
    ) -> Self {
        Self(vec![
            id.into(),
            ceremony.account.map(AccountId::get).into(),
            ceremony.session.into(),
            sealed(TICKETS, id, "data", &ceremony.data, seal),
            ceremony.until.as_millis().into(),
            3.into(),
            hash.as_bytes().as_slice().into(),
            now.as_millis().into(),
            0.into(),
        ])
    }
}

/// A ceremony as it lies in the store: what is remembered is still sealed.
#[derive(Clone, Debug)]
pub struct CeremonyRow(Found);

impl CeremonyRow {
    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Ceremony> {
        let found = &self.0;
        Ok(Ceremony {
            account: found.nullable("account")?.map(AccountId::new),
            session: found.nullable("subject")?,
            data: open(found, TICKETS, "data", seal)?,
            until: found.time("until")?,
        })
    }
}

/// Begins a ceremony.
pub async fn ask<T: Transaction>(tx: &mut T, ceremony: &NewCeremony) -> Result<()> {
    one(tx, "insert ceremony", &ASK, &ceremony.0).await
}

/// The ceremony whose ticket has this hash, whether or not it is over.
pub async fn ceremony<V: View>(view: &mut V, hash: &KeyedHash) -> Result<Option<CeremonyRow>> {
    let found = view.find(&CEREMONY_BY_HASH, &[hash.as_bytes().as_slice().into()]).await?;
    Ok(found.into_iter().next().map(CeremonyRow))
}

/// Ends the ceremony whose ticket has this hash. Says whether it waited: of all who end one, one does.
pub async fn take<T: Transaction>(tx: &mut T, hash: &KeyedHash, now: Timestamp) -> Result<bool> {
    let values = [hash.as_bytes().as_slice().into(), now.as_millis().into()];
    Ok(tx.change(&TAKE, &values).await? == 1)
}
