//! What goes with an account, as rows: what was there for it alone. The trail stays.

use domain::account::AccountId;
use domain::secret::Row;
use domain::time::Timestamp;

use crate::codec::Columns as _;
use crate::port::{Result, Transaction, View, one};
use crate::rows::{Found, Statement};

const WAITING: Statement = Statement::find(
    "owned JOIN secrets USING (row)",
    &["row"],
    "WHERE account = ?1 AND standing IN (1, 2) AND expires_at > ?2 ORDER BY row LIMIT ?3",
);
const ADMINISTRATORS: Statement =
    Statement::find("accounts", &["id"], "WHERE role = 2 AND suspended_at IS NULL ORDER BY id");
const KEYS: Statement = Statement::find(
    "api_keys",
    &["id", "organisation"],
    "WHERE account = ?1 AND revoked_at IS NULL ORDER BY id",
);
/// What an organisation sees goes on, and is nobody's in it.
const DISOWN: Statement = Statement::change(
    "owned",
    "UPDATE owned SET account = NULL WHERE row IN
     (SELECT row FROM owned WHERE account = ?1 AND organisation IS NOT NULL LIMIT 1000)",
);
const FORGET_OWNED: Statement = Statement::change(
    "owned",
    "DELETE FROM owned WHERE row IN
     (SELECT row FROM owned WHERE account = ?1 AND organisation IS NULL LIMIT 1000)",
);
const OWN: [Statement; 5] = [
    Statement::change("sessions", "DELETE FROM sessions WHERE account = ?1"),
    Statement::change("credentials", "DELETE FROM credentials WHERE account = ?1"),
    Statement::change("tickets", "DELETE FROM tickets WHERE account = ?1"),
    Statement::change("letters", "DELETE FROM letters WHERE account = ?1"),
    Statement::change("api_keys", "DELETE FROM api_keys WHERE account = ?1"),
];
const DELETE: Statement = Statement::change("accounts", "DELETE FROM accounts WHERE id = ?1");

/// Up to `limit` secrets of an account that could be burned now.
pub async fn waiting<V: View>(
    view: &mut V,
    account: AccountId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Row>> {
    let values = [account.get().into(), now.as_millis().into(), i64::from(limit).into()];
    let found = view.find(&WAITING, &values).await?;
    Ok(found.iter().map(|found| Row::new(found.id())).collect())
}

/// Whether the instance has an administrator beside this account, to the end of the transaction.
pub async fn has_other_administrator<T: Transaction>(
    tx: &mut T,
    account: AccountId,
) -> Result<bool> {
    let found = tx.find(&ADMINISTRATORS.hold(), &[]).await?;
    Ok(found.iter().any(|found| found.id() != account.get()))
}

/// The API keys of an account that are not revoked, and the organisation that each is for.
pub async fn keys<V: View>(view: &mut V, account: AccountId) -> Result<Vec<(i64, Option<i64>)>> {
    let found = view.find(&KEYS, &[account.get().into()]).await?;
    let key = |found: &Found| Ok((found.id(), found.nullable("organisation")?));
    found.iter().map(key).collect()
}

/// Deletes an account, and everything by which somebody signs in to it or acts for it.
pub async fn delete<T: Transaction>(tx: &mut T, account: AccountId) -> Result<()> {
    for statement in &OWN {
        tx.change(statement, &[account.get().into()]).await?;
    }
    one(tx, "delete account", &DELETE, &[account.get().into()]).await
}

/// Forgets what an account has noted about its secrets, and whose those of organisations were: a thousand of
/// each at most. Says whether there may be more.
pub async fn forget_owned<T: Transaction>(tx: &mut T, account: AccountId) -> Result<bool> {
    let forgotten = tx.change(&FORGET_OWNED, &[account.get().into()]).await?;
    let disowned = tx.change(&DISOWN, &[account.get().into()]).await?;
    Ok(forgotten > 0 || disowned > 0)
}
