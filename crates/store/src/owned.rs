//! What is known about secrets that belong to somebody, as rows.

use domain::account::AccountId;
use domain::organisation::OrganisationId;
use domain::owned::Owned;
use domain::secret::Row;
use domain::time::Timestamp;

use crate::codec::{self, Columns as _};
use crate::port::{Kept, Result, Transaction, View, one};
use crate::rows::{Found, Statement, Value};
use crate::sealed::{ColumnSeal, Place};

const OWNED: &str = "owned";
const COLUMNS: &[&str] =
    &["row", "account", "organisation", "api_key", "memo", "recipients", "changed_at"];
const BY_ROW: Statement = Statement::find(OWNED, COLUMNS, "WHERE row = ?1");
/// Secrets and what is known about them, in one look.
const BOTH: &str = "owned JOIN secrets USING (row)";
const OF_BOTH: &[&str] = &[
    "row",
    "tag",
    "standing",
    "ended_at",
    "created_at",
    "expires_at",
    "receipt_until",
    "lifetime",
    "views",
    "views_taken",
    "failed_limit",
    "failed_action",
    "failed",
    "delivery",
    "passphrase",
    "sealed_by",
    "size",
    "link_proof",
    "proof",
    "receipt",
    "account",
    "organisation",
    "api_key",
    "memo",
    "recipients",
    "changed_at",
];
const OF_ACCOUNT: Statement =
    Statement::find(BOTH, OF_BOTH, "WHERE account = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3");
const OF_ORGANISATION: Statement = Statement::find(
    BOTH,
    OF_BOTH,
    "WHERE organisation = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3",
);
const INSERT: Statement = Statement::insert(OWNED, COLUMNS, "");
const REPLACE: Statement = Statement::change(
    OWNED,
    "UPDATE owned SET memo = ?2, recipients = ?3, changed_at = ?4 WHERE row = ?1",
);
const NOT_MAILED: Statement =
    Statement::change(OWNED, "UPDATE owned SET recipients = NULL, changed_at = ?2 WHERE row = ?1");
const FORGET: Statement = Statement::change(OWNED, "DELETE FROM owned WHERE row = ?1");

/// What is known, as it lies in the store: texts are still sealed.
#[derive(Clone, Debug)]
pub struct OwnedRow(Found);

impl OwnedRow {
    /// Which secret it is about.
    pub fn row(&self) -> Row {
        Row::new(self.0.id())
    }

    /// Whose it is.
    pub fn account(&self) -> Result<Option<AccountId>> {
        Ok(self.0.nullable("account")?.map(AccountId::new))
    }

    /// For which organisation it was shared.
    pub fn organisation(&self) -> Result<Option<OrganisationId>> {
        Ok(self.0.nullable("organisation")?.map(OrganisationId::new))
    }

    /// Reads it.
    pub fn open(&self, seal: &ColumnSeal) -> Result<Owned> {
        let found = &self.0;
        let text = |column| {
            let place = Place { table: OWNED, row: found.id(), column };
            found.any_bytes(column)?.map(|sealed| seal.open(place, sealed)).transpose()
        };
        Ok(Owned {
            row: self.row(),
            account: self.account()?,
            organisation: self.organisation()?,
            api_key: found.nullable("api_key")?,
            memo: text("memo")?,
            recipients: text("recipients")?,
            changed_at: found.time("changed_at")?,
        })
    }
}

/// What is about to be kept, with its texts sealed.
#[derive(Clone, Debug)]
pub struct NewOwned(Vec<Value>);

impl NewOwned {
    /// Seals `owned`.
    pub fn new(owned: &Owned, seal: &ColumnSeal) -> Self {
        let (memo, recipients) = texts(owned, seal);
        Self(vec![
            owned.row.get().into(),
            owned.account.map(AccountId::get).into(),
            owned.organisation.map(OrganisationId::get).into(),
            owned.api_key.into(),
            memo,
            recipients,
            owned.changed_at.as_millis().into(),
        ])
    }
}

/// What replaces what an owner has noted.
#[derive(Clone, Debug)]
pub struct ChangedOwned(Vec<Value>);

impl ChangedOwned {
    /// Seals `owned`.
    pub fn new(owned: &Owned, seal: &ColumnSeal) -> Self {
        let (memo, recipients) = texts(owned, seal);
        let (row, changed_at) = (owned.row.get().into(), owned.changed_at.as_millis().into());
        Self(vec![row, memo, recipients, changed_at])
    }
}

fn texts(owned: &Owned, seal: &ColumnSeal) -> (Value, Value) {
    let sealed = |column, text: &Option<String>| {
        let place = Place { table: OWNED, row: owned.row.get(), column };
        text.as_ref().map_or(Value::Null, |text| seal.seal(place, text).as_slice().into())
    };
    (sealed("memo", &owned.memo), sealed("recipients", &owned.recipients))
}

/// What is known about the secret in `row`; nothing about most.
pub async fn find<V: View>(view: &mut V, row: Row) -> Result<Option<OwnedRow>> {
    let found = view.find(&BY_ROW, &[row.get().into()]).await?;
    Ok(found.into_iter().next().map(OwnedRow))
}

/// The same, and nobody else changes it before the end of the transaction.
pub async fn held<T: Transaction>(tx: &mut T, row: Row) -> Result<Option<OwnedRow>> {
    let found = tx.find(&BY_ROW.hold(), &[row.get().into()]).await?;
    Ok(found.into_iter().next().map(OwnedRow))
}

/// Up to `limit` secrets of an account that came before `before`, the latest first. One that cannot be read is
/// left out and logged.
pub async fn of_account<V: View>(
    view: &mut V,
    account: AccountId,
    before: Option<Row>,
    limit: u32,
) -> Result<Vec<(Kept, OwnedRow)>> {
    listed(view, &OF_ACCOUNT, account.get(), before, limit).await
}

/// The same of what was shared for an organisation, by whomever.
pub async fn of_organisation<V: View>(
    view: &mut V,
    organisation: OrganisationId,
    before: Option<Row>,
    limit: u32,
) -> Result<Vec<(Kept, OwnedRow)>> {
    listed(view, &OF_ORGANISATION, organisation.get(), before, limit).await
}

async fn listed<V: View>(
    view: &mut V,
    statement: &Statement,
    whose: i64,
    before: Option<Row>,
    limit: u32,
) -> Result<Vec<(Kept, OwnedRow)>> {
    let before = before.map_or(i64::MAX, Row::get);
    let values = [whose.into(), before.into(), i64::from(limit).into()];
    let mut listed = Vec::new();
    for found in view.find(statement, &values).await? {
        if let Some(kept) = codec::readable(codec::kept(&found))? {
            listed.push((kept, OwnedRow(found)));
        }
    }
    Ok(listed)
}

/// Keeps what is known about a secret.
pub async fn insert<T: Transaction>(tx: &mut T, owned: &NewOwned) -> Result<()> {
    one(tx, "insert owned", &INSERT, &owned.0).await
}

/// Replaces what an owner has noted.
pub async fn replace<T: Transaction>(tx: &mut T, owned: &ChangedOwned) -> Result<()> {
    one(tx, "replace owned", &REPLACE, &owned.0).await
}

/// The link was not mailed after all.
pub async fn not_mailed<T: Transaction>(tx: &mut T, row: Row, now: Timestamp) -> Result<()> {
    tx.change(&NOT_MAILED, &[row.get().into(), now.as_millis().into()]).await.map(drop)
}

/// Forgets what is known about a secret.
pub async fn forget<T: Transaction>(tx: &mut T, row: Row) -> Result<()> {
    tx.change(&FORGET, &[row.get().into()]).await.map(drop)
}
