//! Means of signing in, as rows.

use domain::account::AccountId;
use domain::credential::{Credential, Means};
use domain::hashes::KeyedHash;
use domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const CREDENTIALS: &str = "credentials";
const COLUMNS: &[&str] =
    &["id", "account", "kind", "lookup", "label", "data", "created_at", "used_at", "counter"];
const BY_LOOKUP: Statement =
    Statement::find(CREDENTIALS, COLUMNS, "WHERE kind = ?1 AND lookup = ?2");
const OF_ACCOUNT: Statement = Statement::find(
    CREDENTIALS,
    COLUMNS,
    "WHERE account = ?1 ORDER BY kind, created_at, id LIMIT 1000",
);
const INSERT: Statement = Statement::insert(CREDENTIALS, COLUMNS, "ON CONFLICT DO NOTHING");
const REPLACE: Statement = Statement::change(
    CREDENTIALS,
    "UPDATE credentials SET label = ?2, data = ?3, used_at = ?4, counter = ?5 WHERE id = ?1",
);
const ADVANCE: Statement = Statement::change(
    CREDENTIALS,
    "UPDATE credentials SET used_at = ?2, counter = ?3
     WHERE id = ?1 AND (counter IS NULL OR counter < ?3)",
);
const USE: Statement =
    Statement::change(CREDENTIALS, "UPDATE credentials SET used_at = ?2 WHERE id = ?1");
const REMOVE: Statement =
    Statement::change(CREDENTIALS, "DELETE FROM credentials WHERE id = ?1 AND account = ?2");
const REMOVE_MEANS: Statement =
    Statement::change(CREDENTIALS, "DELETE FROM credentials WHERE account = ?1 AND kind = ?2");
const REMOVE_ALL: Statement =
    Statement::change(CREDENTIALS, "DELETE FROM credentials WHERE account = ?1");

/// A means of signing in as it lies in the store: what tells something is still sealed.
#[derive(Clone, Debug)]
pub struct CredentialRow(Found);

impl CredentialRow {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.0.id()
    }

    /// Whose it is.
    pub fn account(&self) -> Result<AccountId> {
        self.0.integer("account").map(AccountId::new)
    }

    /// What kind it is.
    pub fn means(&self) -> Result<Means> {
        let kind = self.0.integer("kind")?;
        let means = Means::ALL.into_iter().find(|means| column(*means) == kind);
        means.ok_or_else(|| self.0.impossible("kind"))
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Credential> {
        let found = &self.0;
        let text = |column| -> Result<Option<String>> {
            let place = Place { table: CREDENTIALS, row: found.id(), column };
            found.any_bytes(column)?.map(|sealed| seal.open(place, sealed)).transpose()
        };
        let lookup = found.any_bytes("lookup")?.is_some();
        Ok(Credential {
            id: found.id(),
            account: self.account()?,
            means: self.means()?,
            lookup: if lookup { Some(found.hash("lookup")?) } else { None },
            label: text("label")?,
            data: text("data")?.map(Zeroizing::new),
            created_at: found.time("created_at")?,
            used_at: found.nullable("used_at")?.map(Timestamp::from_millis),
            counter: found.nullable("counter")?,
        })
    }
}

const fn column(means: Means) -> i64 {
    match means {
        Means::Password => 1,
        Means::OneTimeCodes => 2,
        Means::RecoveryCode => 3,
        Means::Passkey => 4,
        Means::Identity => 5,
    }
}

/// A means of signing in that is about to be kept, sealed. Kept anew, it replaces label, data, use and counter.
#[derive(Clone, Debug)]
pub struct NewCredential {
    id: i64,
    values: Vec<Value>,
}

impl NewCredential {
    /// Seals `credential`.
    pub fn new(credential: &Credential, seal: &ColumnSeal) -> Self {
        let id = credential.id;
        let sealed = |column, text: Option<&str>| {
            let place = Place { table: CREDENTIALS, row: id, column };
            text.map_or(Value::Null, |text| seal.seal(place, text).as_slice().into())
        };
        let values = vec![
            id.into(),
            credential.account.get().into(),
            column(credential.means).into(),
            credential.lookup.as_ref().map(|hash| hash.as_bytes().as_slice()).into(),
            sealed("label", credential.label.as_deref()),
            sealed("data", credential.data.as_ref().map(|data| data.as_str())),
            credential.created_at.as_millis().into(),
            credential.used_at.map(Timestamp::as_millis).into(),
            credential.counter.into(),
        ];
        Self { id, values }
    }

    /// Its number.
    pub const fn id(&self) -> i64 {
        self.id
    }
}

/// Keeps a means of signing in. Says whether nobody has one that is found by the same.
pub async fn insert<T: Transaction>(tx: &mut T, credential: &NewCredential) -> Result<bool> {
    Ok(tx.change(&INSERT, &credential.values).await? == 1)
}

/// Replaces what can change of a means of signing in; whose it is, its kind and what finds it cannot.
pub async fn replace<T: Transaction>(tx: &mut T, credential: &NewCredential) -> Result<()> {
    let [id, _, _, _, label, data, _, used_at, counter] = credential.values.as_slice() else {
        return Err(REPLACE.misfit());
    };
    let values = [id, label, data, used_at, counter].map(Clone::clone);
    one(tx, "replace credential", &REPLACE, &values).await
}

/// The means of this kind that is found by this hash.
pub async fn by_lookup<V: View>(
    view: &mut V,
    means: Means,
    hash: &KeyedHash,
) -> Result<Option<CredentialRow>> {
    let values = [column(means).into(), hash.as_bytes().as_slice().into()];
    Ok(view.find(&BY_LOOKUP, &values).await?.into_iter().next().map(CredentialRow))
}

/// Every means of an account, by kind, the oldest first.
pub async fn of_account<V: View>(view: &mut V, account: AccountId) -> Result<Vec<CredentialRow>> {
    let found = view.find(&OF_ACCOUNT, &[account.get().into()]).await?;
    Ok(found.into_iter().map(CredentialRow).collect())
}

/// Notes that a code of this time step was shown. Says whether it is a later one than all before: two who show
/// the same do not both get in.
pub async fn advance<T: Transaction>(
    tx: &mut T,
    id: i64,
    step: i64,
    now: Timestamp,
) -> Result<bool> {
    let values = [id.into(), now.as_millis().into(), step.into()];
    Ok(tx.change(&ADVANCE, &values).await? == 1)
}

/// Notes that a means was shown.
pub async fn note_use<T: Transaction>(tx: &mut T, id: i64, now: Timestamp) -> Result<()> {
    tx.change(&USE, &[id.into(), now.as_millis().into()]).await.map(drop)
}

/// Removes one means of an account. Says whether it had it: two who show the same recovery code do not both
/// get in.
pub async fn remove<T: Transaction>(tx: &mut T, id: i64, account: AccountId) -> Result<bool> {
    Ok(tx.change(&REMOVE, &[id.into(), account.get().into()]).await? == 1)
}

/// Removes every means of one kind from an account. Says how many there were.
pub async fn remove_means<T: Transaction>(
    tx: &mut T,
    account: AccountId,
    means: Means,
) -> Result<usize> {
    tx.change(&REMOVE_MEANS, &[account.get().into(), column(means).into()]).await
}

/// Removes every means of an account.
pub async fn remove_all<T: Transaction>(tx: &mut T, account: AccountId) -> Result<()> {
    tx.change(&REMOVE_ALL, &[account.get().into()]).await.map(drop)
}
