//! Secrets, their payloads and their keys.

use domain::job::Task;
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use super::bookkeeping;
use super::columns::PgColumns;
use super::transaction::{Created, Params, PgTransaction};
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::codec::{self, Columns as _, KEPT};
use crate::port::{Body, Kept, KeyPlace, NewPayload, Result, SealedPayload};

pub(super) async fn find(tx: &mut PgTransaction<'_>, row: Row) -> Result<Option<Kept>> {
    tx.settle_row(row).await?;
    let sql = format!("SELECT {KEPT} FROM secrets WHERE row = $1{}", tx.lock());
    let found = tx.first(&sql, &[&row.get()]).await?;
    found.map(|found| codec::kept(&PgColumns::new("secrets", "row", &found)?)).transpose()
}

pub(super) async fn payload(tx: &mut PgTransaction<'_>, row: Row) -> Result<Option<SealedPayload>> {
    tx.settle_row(row).await?;
    let found = tx.first("SELECT body FROM payloads WHERE row = $1", &[&row.get()]).await?;
    let Some(found) = found else { return Ok(None) };
    let body: Option<Vec<u8>> = found.try_get(0)?;
    Ok(Some(SealedPayload { key: KeyPlace::Table, body: body.map_or(Body::Blob, Body::Inline) }))
}

/// The wrapped key of `row`, and which key of the ring wrapped it.
pub(super) async fn key(tx: &PgTransaction<'_>, row: Row) -> Result<Option<(RingId, WrappedKey)>> {
    let sql = "SELECT row, ring, key FROM secret_keys WHERE row = $1";
    let Some(found) = tx.first(sql, &[&row.get()]).await? else { return Ok(None) };
    let columns = PgColumns::new("secret_keys", "row", &found)?;
    let ring = RingId::new(columns.number("ring")?).ok_or_else(|| columns.impossible("ring"))?;
    Ok(Some((ring, WrappedKey::from_bytes(columns.bytes("key")?))))
}

pub(super) fn insert(tx: &mut PgTransaction<'_>, kept: &Kept, payload: &NewPayload) -> Result<()> {
    let body = match &payload.body {
        Body::Inline(sealed) => Some(sealed.clone()),
        Body::Blob => None,
    };
    let pending = tx.pending()?;
    pending.grown = pending.grown.saturating_add(kept.secret.size);
    pending.secrets.push(Created { kept: *kept, ring: payload.ring, key: payload.key, body });
    Ok(())
}

/// Sends the secrets that wait: one statement a table, all on their way before the first is answered.
pub(super) async fn send(tx: &mut PgTransaction<'_>) -> Result<()> {
    let created = std::mem::take(&mut tx.pending()?.secrets);
    if !created.is_empty() {
        let rows: Vec<i64> = created.iter().map(|created| created.kept.secret.row.get()).collect();
        futures_util::try_join!(
            send_secrets(tx, &created, &rows),
            send_payloads(tx, &created, &rows),
            send_keys(tx, &created, &rows),
        )?;
    }
    Ok(())
}

async fn send_secrets(tx: &PgTransaction<'_>, created: &[Created], rows: &Vec<i64>) -> Result<()> {
    let numbers = |of: fn(&Secret) -> i64| -> Vec<i64> {
        created.iter().map(|created| of(&created.kept.secret)).collect()
    };
    let kept = || created.iter().map(|created| &created.kept);
    let hashes = |of: fn(&Kept) -> &[u8]| -> Vec<&[u8]> { kept().map(of).collect() };
    let standings = kept().map(|kept| codec::standing_columns(kept.secret.standing));
    let (standings, ended): (Vec<i64>, Vec<Option<i64>>) = standings.unzip();
    let receipt_until: Vec<i64> = kept().map(|kept| kept.receipt_until.as_millis()).collect();
    let sql = format!(
        "INSERT INTO secrets ({KEPT}) SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[],
             $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::BIGINT[], $7::BIGINT[], $8::BIGINT[],
             $9::BIGINT[], $10::BIGINT[], $11::BIGINT[], $12::BIGINT[], $13::BIGINT[],
             $14::BIGINT[], $15::BIGINT[], $16::BIGINT[], $17::BIGINT[], $18::BYTEA[],
             $19::BYTEA[], $20::BYTEA[])"
    );
    let params: Params<'_> = &[
        rows,
        &hashes(|kept| kept.tag.as_bytes()),
        &standings,
        &ended,
        &numbers(|secret| secret.created_at.as_millis()),
        &numbers(|secret| secret.expires_at.as_millis()),
        &receipt_until,
        &numbers(|secret| bounded(secret.terms.lifetime.seconds())),
        &numbers(|secret| secret.terms.views.get().into()),
        &numbers(|secret| secret.views_taken.into()),
        &numbers(|secret| secret.terms.failed_passphrases.limit().into()),
        &numbers(|secret| codec::action_column(secret.terms.failed_passphrases.action())),
        &numbers(|secret| secret.failed.into()),
        &numbers(|secret| codec::delivery_column(secret.terms.delivery)),
        &numbers(|secret| secret.passphrase.into()),
        &numbers(|secret| codec::sealed_by_column(secret.sealed_by)),
        &numbers(|secret| bounded(secret.size)),
        &hashes(|kept| kept.verifiers.link_proof.as_bytes()),
        &hashes(|kept| kept.verifiers.proof.as_bytes()),
        &hashes(|kept| kept.verifiers.receipt.as_bytes()),
    ];
    tx.exactly(created.len(), "insert secret", &sql, params).await
}

async fn send_payloads(tx: &PgTransaction<'_>, created: &[Created], rows: &Vec<i64>) -> Result<()> {
    let bodies: Vec<Option<&[u8]>> = created.iter().map(|c| c.body.as_deref()).collect();
    let sql = "INSERT INTO payloads (row, body) SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[])";
    tx.exactly(created.len(), "insert payload", sql, &[rows, &bodies]).await
}

async fn send_keys(tx: &PgTransaction<'_>, created: &[Created], rows: &Vec<i64>) -> Result<()> {
    let rings: Vec<i64> = created.iter().map(|created| created.ring.get().into()).collect();
    let keys: Vec<&[u8]> = created.iter().map(|created| &created.key.as_bytes()[..]).collect();
    let sql = "INSERT INTO secret_keys (row, ring, key)
         SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BYTEA[])";
    tx.exactly(created.len(), "insert key", sql, &[rows, &rings, &keys]).await
}

fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) async fn update(
    tx: &mut PgTransaction<'_>,
    before: &Secret,
    after: &Secret,
) -> Result<()> {
    tx.settle_row(before.row).await?;
    let (was, was_ended) = codec::standing_columns(before.standing);
    let (standing, ended_at) = codec::standing_columns(after.standing);
    tx.one(
        "update secret",
        "UPDATE secrets SET standing = $1, ended_at = $2, views_taken = $3, failed = $4
         WHERE row = $5 AND standing = $6 AND ended_at IS NOT DISTINCT FROM $7
             AND views_taken = $8 AND failed = $9",
        &[
            &standing,
            &ended_at,
            &i64::from(after.views_taken),
            &i64::from(after.failed),
            &before.row.get(),
            &was,
            &was_ended,
            &i64::from(before.views_taken),
            &i64::from(before.failed),
        ],
    )
    .await
}

/// Destroys payload and key; says whether the payload was a file. `None` when there was none.
async fn destroy_both(tx: &PgTransaction<'_>, row: Row) -> Result<Option<bool>> {
    let number = row.get();
    let params: Params<'_> = &[&number];
    let (_, gone) = futures_util::try_join!(
        // The key of a database that was restored may be missing: that is why it is destroyed.
        tx.any("DELETE FROM secret_keys WHERE row = $1", params),
        tx.first("DELETE FROM payloads WHERE row = $1 RETURNING body IS NULL", params),
    )?;
    Ok(gone.map(|gone| gone.try_get(0)).transpose()?)
}

fn count_destroyed(tx: &mut PgTransaction<'_>, size: u64) -> Result<()> {
    let pending = tx.pending()?;
    pending.shrunk = pending.shrunk.saturating_add(size);
    pending.destroyed = pending.destroyed.saturating_add(1);
    Ok(())
}

pub(super) async fn destroy(
    tx: &mut PgTransaction<'_>,
    secret: &Secret,
    now: Timestamp,
) -> Result<()> {
    let row = secret.row;
    tx.settle_row(row).await?;
    let Some(is_blob) = destroy_both(tx, row).await? else {
        let statement = "destroy payload";
        return Err(StoreError::RowsAffected { statement, expected: 1, actual: 0 });
    };
    count_destroyed(tx, secret.size)?;
    if is_blob {
        bookkeeping::enqueue(tx, Task::RemoveBlob(row), now).await?;
    }
    Ok(())
}

pub(super) async fn quarantine(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    tx.settle_row(row).await?;
    let found = tx.first("SELECT size FROM secrets WHERE row = $1", &[&row.get()]).await?;
    let size: i64 = found.map(|found| found.try_get(0)).transpose()?.unwrap_or(0);
    if destroy_both(tx, row).await?.is_some() {
        count_destroyed(tx, u64::try_from(size).unwrap_or(0))?;
    }
    let sql = "UPDATE secrets SET standing = 8 WHERE row = $1";
    tx.one("quarantine", sql, &[&row.get()]).await
}

pub(super) async fn forget(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    tx.settle_row(row).await?;
    let sql = "DELETE FROM secrets WHERE row = $1 AND standing >= 4";
    tx.one("forget secret", sql, &[&row.get()]).await?;
    tx.any("DELETE FROM claims WHERE row = $1", &[&row.get()]).await?;
    tx.any("DELETE FROM attempts WHERE row = $1", &[&row.get()]).await?;
    Ok(())
}

pub(super) async fn expired(
    tx: &mut PgTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Row>> {
    let lock = tx.lock_any();
    let sql = format!(
        "SELECT row FROM secrets AS s WHERE standing < 4 AND expires_at <= $1
             AND NOT EXISTS (SELECT 1 FROM claims AS c
                 WHERE c.row = s.row AND c.outcome IS NULL AND c.lease_ends_at > $1)
         ORDER BY expires_at LIMIT $2{lock}"
    );
    rows(tx, &sql, now, limit).await
}

pub(super) async fn forgettable(
    tx: &mut PgTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Row>> {
    let lock = tx.lock_any();
    let sql = format!(
        "SELECT row FROM secrets WHERE receipt_until <= $1 AND standing >= 4
         ORDER BY receipt_until LIMIT $2{lock}"
    );
    rows(tx, &sql, now, limit).await
}

async fn rows(
    tx: &mut PgTransaction<'_>,
    sql: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Row>> {
    if tx.pending.is_some() {
        tx.settle_all().await?;
    }
    let found = tx.rows(sql, &[&now.as_millis(), &i64::from(limit)]).await?;
    found.iter().map(|row| Ok(Row::new(row.try_get(0)?))).collect()
}
