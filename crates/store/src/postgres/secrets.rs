//! Secrets, their payloads and their keys.

use std::collections::BTreeMap;

use domain::job::Task;
use domain::secret::{Row, Secret};
use domain::time::Timestamp;

use super::columns::PgColumns;
use super::known::{Held, Known, hold, known, none_touched};
use super::ring;
use super::transaction::{Created, Params, PgTransaction};
use crate::at_rest::{RingId, WrappedKey};
use crate::codec::{self, Columns as _, DUE, KEPT, SECRETS};
use crate::port::{Body, Due, Kept, KeyPlace, NewPayload, NextSecrets, Result, SealedPayload};

pub(super) async fn find(tx: &mut PgTransaction<'_>, row: Row) -> Result<Option<Kept>> {
    if tx.is_writing() {
        return known(tx, row).await?.kept();
    }
    let sql = format!("SELECT {KEPT} FROM secrets WHERE row = $1");
    let found = tx.first(&sql, &[&row.get()]).await?;
    found.map(|found| codec::kept(&PgColumns::new("secrets", "row", &found)?)).transpose()
}

pub(super) async fn payload(tx: &mut PgTransaction<'_>, row: Row) -> Result<Option<SealedPayload>> {
    tx.settle().await?;
    let sql = "SELECT p.row, ring, key, body
         FROM payloads AS p LEFT JOIN secret_keys AS k ON k.row = p.row WHERE p.row = $1";
    let Some(found) = tx.first(sql, &[&row.get()]).await? else { return Ok(None) };
    let columns = PgColumns::new("secret_keys", "row", &found)?;
    let key = if columns.nullable("ring")?.is_some() {
        let (ring, key) = read_key(&columns)?;
        KeyPlace::Read(ring, key)
    } else {
        KeyPlace::Table
    };
    let body: Option<Vec<u8>> = found.try_get("body")?;
    Ok(Some(SealedPayload { key, body: body.map_or(Body::Blob, Body::Inline) }))
}

/// The wrapped key of `row`, and which key of the ring wrapped it.
pub(super) async fn key(tx: &PgTransaction<'_>, row: Row) -> Result<Option<(RingId, WrappedKey)>> {
    let sql = "SELECT row, ring, key FROM secret_keys WHERE row = $1";
    let Some(found) = tx.first(sql, &[&row.get()]).await? else { return Ok(None) };
    read_key(&PgColumns::new("secret_keys", "row", &found)?).map(Some)
}

fn read_key(columns: &PgColumns<'_>) -> Result<(RingId, WrappedKey)> {
    let ring = RingId::new(columns.number("ring")?).ok_or_else(|| columns.impossible("ring"))?;
    Ok((ring, WrappedKey::from_bytes(columns.bytes("key")?)))
}

pub(super) fn insert(tx: &mut PgTransaction<'_>, kept: &Kept, payload: &NewPayload) -> Result<()> {
    let body = match &payload.body {
        Body::Inline(sealed) => Some(sealed.clone()),
        Body::Blob => None,
    };
    let pending = tx.pending()?;
    pending.grown = pending.grown.saturating_add(kept.secret.size);
    let owner = payload.owner.map(|owner| owner.as_bytes().to_vec());
    pending.count(owner.as_deref(), bounded(kept.secret.size), 1);
    let known = Known::created(*kept, Held { owner: owner.clone(), is_blob: body.is_none() });
    pending.held.insert(kept.secret.row, known);
    pending.created.push(Created {
        kept: *kept,
        ring: payload.ring,
        key: payload.key,
        owner,
        body,
    });
    Ok(())
}

/// Sends the secrets that were created, in one statement a table.
pub(super) async fn send_created(tx: &PgTransaction<'_>, created: &[Created]) -> Result<()> {
    if !created.is_empty() {
        let rows: Vec<i64> = created.iter().map(|created| created.kept.secret.row.get()).collect();
        let in_force = tx.keys()?.in_force();
        let keys = created.iter().map(|created| in_force.current(created.ring, created.key));
        let keys: Vec<_> = keys.collect::<Result<_>>()?;
        futures_util::try_join!(
            send_secrets(tx, created, &rows),
            send_payloads(tx, created, &rows),
            send_keys(tx, &keys, &rows),
            ring::judge(tx, in_force.active),
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
        "INSERT INTO secrets ({SECRETS}, due_at)
         SELECT *, expires_at FROM UNNEST($1::BIGINT[], $2::BYTEA[],
             $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::BIGINT[], $7::BIGINT[], $8::BIGINT[],
             $9::BIGINT[], $10::BIGINT[], $11::BIGINT[], $12::BIGINT[], $13::BIGINT[],
             $14::BIGINT[], $15::BIGINT[], $16::BIGINT[], $17::BIGINT[], $18::BYTEA[],
             $19::BYTEA[], $20::BYTEA[]) AS created ({SECRETS})"
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
    let owners: Vec<Option<&[u8]>> = created.iter().map(|c| c.owner.as_deref()).collect();
    let bodies: Vec<Option<&[u8]>> = created.iter().map(|c| c.body.as_deref()).collect();
    let sql = "INSERT INTO payloads (row, owner, body)
         SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BYTEA[])";
    tx.exactly(created.len(), "insert payload", sql, &[rows, &owners, &bodies]).await
}

async fn send_keys(
    tx: &PgTransaction<'_>,
    created: &[(RingId, WrappedKey)],
    rows: &Vec<i64>,
) -> Result<()> {
    let rings: Vec<i64> = created.iter().map(|(ring, _)| ring.get().into()).collect();
    let keys: Vec<&[u8]> = created.iter().map(|(_, key)| &key.as_bytes()[..]).collect();
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
    known(tx, before.row).await?.update(before, after)?;
    let updated = &mut tx.pending()?.updated;
    // What is sent is how it ends.
    updated.retain(|secret| secret.row != after.row);
    updated.push(*after);
    Ok(())
}

/// Sends what has changed about secrets that this batch holds.
pub(super) async fn send_updated(tx: &PgTransaction<'_>, updated: &[Secret]) -> Result<()> {
    if updated.is_empty() {
        return Ok(());
    }
    let numbers = |of: fn(&Secret) -> i64| -> Vec<i64> { updated.iter().map(of).collect() };
    let standings = updated.iter().map(|secret| codec::standing_columns(secret.standing));
    let (standings, ended): (Vec<i64>, Vec<Option<i64>>) = standings.unzip();
    tx.exactly(
        updated.len(),
        "update secret",
        "UPDATE secrets AS s SET standing = u.standing, ended_at = u.ended_at,
             views_taken = u.views_taken, failed = u.failed
         FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[])
             AS u (row, standing, ended_at, views_taken, failed)
         WHERE s.row = u.row",
        &[
            &numbers(|secret| secret.row.get()),
            &standings,
            &ended,
            &numbers(|secret| secret.views_taken.into()),
            &numbers(|secret| secret.failed.into()),
        ],
    )
    .await
}

pub(super) async fn destroy(
    tx: &mut PgTransaction<'_>,
    secret: &Secret,
    now: Timestamp,
) -> Result<()> {
    let row = secret.row;
    let gone = known(tx, row).await?.destroy();
    let gone = gone.ok_or_else(|| none_touched("destroy payload"))?;
    let pending = tx.pending()?;
    pending.shrunk = pending.shrunk.saturating_add(secret.size);
    pending.count(gone.owner.as_deref(), bounded(secret.size).saturating_neg(), -1);
    pending.destroyed.push(row.get());
    if gone.is_blob {
        pending.jobs.push((Task::RemoveBlob(row), now));
    }
    Ok(())
}

/// Sends which payloads go, and their keys. The key of a database that was restored may be missing.
pub(super) async fn send_destroyed(tx: &PgTransaction<'_>, rows: &Vec<i64>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let params: Params<'_> = &[rows];
    futures_util::try_join!(
        tx.any("DELETE FROM secret_keys WHERE row = ANY($1)", params),
        tx.exactly(
            rows.len(),
            "destroy payload",
            "DELETE FROM payloads WHERE row = ANY($1)",
            params,
        ),
    )?;
    Ok(())
}

/// A row that cannot be read: what it holds besides its key and its payload is left as it is.
pub(super) async fn quarantine(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    let gone = known(tx, row).await?.destroy();
    let pending = tx.pending()?;
    if gone.is_some() {
        pending.destroyed.push(row.get());
    }
    // A change that was begun on it is not sent after this.
    pending.updated.retain(|secret| secret.row != row);
    pending.put_off.remove(&row.get());
    tx.settle().await?;
    let sql =
        "UPDATE secrets SET standing = 8, due_at = receipt_until WHERE row = $1 RETURNING size";
    let found = tx.first(sql, &[&row.get()]).await?;
    let size: i64 = found.ok_or_else(|| none_touched("quarantine"))?.try_get(0)?;
    let pending = tx.pending()?;
    if let Some(gone) = gone {
        pending.count(gone.owner.as_deref(), size.saturating_neg(), -1);
        pending.shrunk = pending.shrunk.saturating_add(u64::try_from(size).unwrap_or(0));
    }
    pending.held.remove(&row);
    Ok(())
}

pub(super) async fn forget(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    tx.settle().await?;
    let sql = "DELETE FROM secrets WHERE row = $1 AND standing >= 4";
    tx.one("forget secret", sql, &[&row.get()]).await?;
    tx.any("DELETE FROM claims WHERE row = $1", &[&row.get()]).await?;
    tx.any("DELETE FROM attempts WHERE row = $1", &[&row.get()]).await?;
    tx.pending()?.held.remove(&row);
    Ok(())
}

/// What is due. A batch holds it from here on, and then looks once more: another node may have seen to it.
pub(super) async fn due(
    tx: &mut PgTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Due>> {
    tx.settle().await?;
    let sql = format!("SELECT {DUE} FROM secrets WHERE due_at <= $1 ORDER BY due_at LIMIT $2");
    let found = tx.rows(&sql, &[&now.as_millis(), &i64::from(limit)]).await?;
    if !tx.is_writing() {
        return found.iter().map(|found| read_due(found, now)).collect();
    }
    let rows = numbers(&found)?;
    hold(tx, &rows).await?;
    let rows: Vec<i64> = rows.into_iter().map(Row::get).collect();
    let sql =
        format!("SELECT {DUE} FROM secrets WHERE row = ANY($1) AND due_at <= $2 ORDER BY due_at");
    let found = tx.rows(&sql, &[&rows, &now.as_millis()]).await?;
    found.iter().map(|found| read_due(found, now)).collect()
}

fn read_due(found: &tokio_postgres::Row, now: Timestamp) -> Result<Due> {
    codec::due(&PgColumns::new("secrets", "row", found)?, now)
}

pub(super) async fn put_off(tx: &mut PgTransaction<'_>, row: Row, until: Timestamp) -> Result<()> {
    if !known(tx, row).await?.exists() {
        return Err(none_touched("put off"));
    }
    tx.pending()?.put_off.insert(row.get(), until.as_millis());
    Ok(())
}

/// Sends when the sweeper comes by again.
pub(super) async fn send_put_off(
    tx: &PgTransaction<'_>,
    put_off: &BTreeMap<i64, i64>,
) -> Result<()> {
    if put_off.is_empty() {
        return Ok(());
    }
    let (rows, until): (Vec<i64>, Vec<i64>) = put_off.iter().unzip();
    tx.exactly(
        put_off.len(),
        "put off",
        "UPDATE secrets AS s SET due_at = u.due_at
         FROM UNNEST($1::BIGINT[], $2::BIGINT[]) AS u (row, due_at) WHERE s.row = u.row",
        &[&rows, &until],
    )
    .await
}

/// The secrets that come next. A batch holds those that have not ended.
pub(super) async fn next(
    tx: &mut PgTransaction<'_>,
    after: Row,
    limit: u32,
) -> Result<NextSecrets> {
    tx.settle().await?;
    let sql = "SELECT row, standing < 4 FROM secrets WHERE row > $1 ORDER BY row LIMIT $2";
    let found = tx.rows(sql, &[&after.get(), &i64::from(limit)]).await?;
    let mut next = NextSecrets { last: numbers(&found)?.last().copied(), ..NextSecrets::default() };
    for found in &found {
        if found.try_get(1)? {
            next.open.push(Row::new(found.try_get(0)?));
        }
    }
    if tx.is_writing() {
        hold(tx, &next.open).await?;
        let held = &tx.pending()?.held;
        // Another node may have forgotten it meanwhile.
        next.open.retain(|row| held.get(row).is_some_and(Known::exists));
    }
    Ok(next)
}

/// The numbers of the rows that were found, which stand first.
fn numbers(found: &[tokio_postgres::Row]) -> Result<Vec<Row>> {
    found.iter().map(|found| Ok(Row::new(found.try_get(0)?))).collect()
}
