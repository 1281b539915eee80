//! Envelopes that come in parts. They are few and large: what changes is sent at once.

use domain::hashes::KeyedHash;
use domain::job::Task;
use domain::secret::Row;
use domain::time::Timestamp;

use super::columns::PgColumns;
use super::known::none_touched;
use super::ring;
use super::transaction::{Params, PgTransaction};
use crate::codec::{self, UPLOAD};
use crate::port::{NewPayload, Result, Upload};

pub(super) async fn find(tx: &PgTransaction<'_>, row: Row) -> Result<Option<Upload>> {
    read(tx, "row", &[&row.get()]).await
}

pub(super) async fn of_token(tx: &PgTransaction<'_>, token: &KeyedHash) -> Result<Option<Upload>> {
    read(tx, "token", &[&&token.as_bytes()[..]]).await
}

/// A batch holds what it reads.
async fn read(tx: &PgTransaction<'_>, column: &str, value: Params<'_>) -> Result<Option<Upload>> {
    let held = if tx.is_writing() { "FOR UPDATE" } else { "" };
    let sql = format!("SELECT {UPLOAD} FROM uploads WHERE {column} = $1 {held}");
    let Some(found) = tx.first(&sql, value).await? else { return Ok(None) };
    codec::upload(&PgColumns::new("uploads", "row", &found)?).map(Some)
}

pub(super) async fn parts(tx: &PgTransaction<'_>, row: Row) -> Result<Vec<u32>> {
    let sql = "SELECT number FROM upload_parts WHERE row = $1 ORDER BY number";
    let found = tx.rows(sql, &[&row.get()]).await?;
    let number = |row: &tokio_postgres::Row| {
        Ok(u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(u32::MAX))
    };
    found.iter().map(number).collect()
}

pub(super) async fn lapsed(tx: &PgTransaction<'_>, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
    // Another node may be at it: it takes what it has begun.
    let held = if tx.is_writing() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!("SELECT row FROM uploads WHERE until <= $1 ORDER BY until LIMIT $2 {held}");
    let found = tx.rows(&sql, &[&now.as_millis(), &i64::from(limit)]).await?;
    found.iter().map(|row| Ok(Row::new(row.try_get(0)?))).collect()
}

pub(super) async fn insert(
    tx: &mut PgTransaction<'_>,
    upload: &Upload,
    payload: &NewPayload,
) -> Result<()> {
    let (kept, secret) = (&upload.kept, &upload.kept.secret);
    let budget = secret.terms.failed_passphrases;
    let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let row = secret.row.get();
    // As whoever creates a secret: the database says which key wraps.
    let in_force = tx.keys()?.in_force();
    let (wrapped_by, key) = in_force.current(payload.ring, payload.key)?;
    let pending = tx.pending()?;
    pending.grown = pending.grown.saturating_add(secret.size);
    let owner = payload.owner.map(|owner| owner.as_bytes().to_vec());
    pending.count(owner.as_deref(), bounded(secret.size), 1);
    let sql = "INSERT INTO secret_keys (row, ring, key) VALUES ($1, $2, $3)";
    let params: Params<'_> = &[&row, &i64::from(wrapped_by.get()), &&key.as_bytes()[..]];
    tx.one("insert key", sql, params).await?;
    ring::judge(tx, in_force.active).await?;
    let sql = "INSERT INTO payloads (row, owner, body) VALUES ($1, $2, NULL)";
    tx.one("insert payload", sql, &[&row, &owner]).await?;
    tx.one(
        "insert upload",
        "INSERT INTO uploads (row, tag, created_at, expires_at, receipt_until, lifetime, views,
             failed_limit, failed_action, delivery, passphrase, sealed_by, size, link_proof, proof,
             receipt, token, until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        &[
            &row,
            &&kept.tag.as_bytes()[..],
            &secret.created_at.as_millis(),
            &secret.expires_at.as_millis(),
            &kept.receipt_until.as_millis(),
            &bounded(secret.terms.lifetime.seconds()),
            &i64::from(secret.terms.views.get()),
            &i64::from(budget.limit()),
            &codec::action_column(budget.action()),
            &codec::delivery_column(secret.terms.delivery),
            &i64::from(secret.passphrase),
            &codec::sealed_by_column(secret.sealed_by),
            &bounded(secret.size),
            &&kept.verifiers.link_proof.as_bytes()[..],
            &&kept.verifiers.proof.as_bytes()[..],
            &&kept.verifiers.receipt.as_bytes()[..],
            &&upload.token.as_bytes()[..],
            &upload.until.as_millis(),
        ],
    )
    .await
}

pub(super) async fn insert_part(
    tx: &PgTransaction<'_>,
    row: Row,
    number: u32,
    until: Timestamp,
) -> Result<()> {
    let sql = "UPDATE uploads SET until = $2 WHERE row = $1";
    tx.one("update upload", sql, &[&row.get(), &until.as_millis()]).await?;
    let sql = "INSERT INTO upload_parts (row, number) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.any(sql, &[&row.get(), &i64::from(number)]).await.map(drop)
}

pub(super) async fn complete(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    let params: Params<'_> = &[&row.get()];
    // An earlier unit of this batch may have looked for it, and found nothing.
    tx.pending()?.held.remove(&row);
    let sql = format!("{} WHERE row = $1", codec::COMPLETE);
    tx.one("complete upload", &sql, params).await?;
    tx.one("delete upload", "DELETE FROM uploads WHERE row = $1", params).await?;
    tx.any("DELETE FROM upload_parts WHERE row = $1", params).await.map(drop)
}

pub(super) async fn destroy(tx: &mut PgTransaction<'_>, row: Row, now: Timestamp) -> Result<()> {
    let params: Params<'_> = &[&row.get()];
    let gone = tx.first("DELETE FROM uploads WHERE row = $1 RETURNING size", params).await?;
    let size: i64 = gone.ok_or_else(|| none_touched("destroy upload"))?.try_get(0)?;
    tx.any("DELETE FROM upload_parts WHERE row = $1", params).await?;
    tx.any("DELETE FROM secret_keys WHERE row = $1", params).await?;
    let payload = tx.first("DELETE FROM payloads WHERE row = $1 RETURNING owner", params).await?;
    let payload = payload.ok_or_else(|| none_touched("destroy payload"))?;
    let owner: Option<Vec<u8>> = payload.try_get(0)?;
    let pending = tx.pending()?;
    pending.shrunk = pending.shrunk.saturating_add(u64::try_from(size).unwrap_or(0));
    pending.count(owner.as_deref(), size.saturating_neg(), -1);
    pending.jobs.push((Task::RemoveBlob(row), now));
    Ok(())
}
