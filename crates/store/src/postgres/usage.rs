//! How much room the payloads of one owner take, and how often somebody may ask.

use domain::hashes::KeyedHash;

use super::ahead;
use super::transaction::PgTransaction;
use crate::port::{Allowance, Result, Usage};

/// As it is for this transaction: what its own batch has changed counts.
pub(super) async fn of(tx: &mut PgTransaction<'_>, owner: &KeyedHash) -> Result<Usage> {
    let (mut bytes, mut secrets) = ahead::room(tx, owner).await?;
    let changed = tx.pending.as_ref().and_then(|pending| pending.usage.get(&owner.as_bytes()[..]));
    if let Some((more, number)) = changed {
        (bytes, secrets) = (bytes.saturating_add(*more), secrets.saturating_add(*number));
    }
    let number = |value| u64::try_from(value).unwrap_or(0);
    Ok(Usage { bytes: number(bytes), secrets: number(secrets) })
}

/// Takes from an allowance, or says when it will have enough. One statement: nodes that ask at once never
/// get more than there is.
pub(super) async fn allow(
    tx: &PgTransaction<'_>,
    key: &KeyedHash,
    asked: Allowance,
) -> Result<std::result::Result<(), i64>> {
    let Allowance { now, cost, full } = asked;
    let sql = "INSERT INTO allowances AS a (key, full_at) VALUES ($1, $2::BIGINT + $3::BIGINT)
         ON CONFLICT (key) DO UPDATE SET full_at = greatest(a.full_at, $2) + $3
             WHERE greatest(a.full_at, $2) + $3 <= $2 + $4::BIGINT
         RETURNING full_at";
    let now = now.as_millis();
    let key: &[u8] = key.as_bytes();
    if tx.first(sql, &[&key, &now, &cost, &full]).await?.is_some() {
        return Ok(Ok(()));
    }
    let sql = "SELECT full_at FROM allowances WHERE key = $1";
    let found = tx.first(sql, &[&key]).await?;
    let full_at: i64 = found.map(|found| found.try_get(0)).transpose()?.unwrap_or(now);
    let wait = full_at.saturating_add(cost).saturating_sub(full).saturating_sub(now);
    Ok(Err(wait.max(1)))
}
