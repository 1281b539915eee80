//! What is counted, repeated, left to do and remembered: attempts, idempotency keys, jobs, time.

use std::time::Duration;

use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::Row;
use domain::time::Timestamp;

use super::ahead;
use super::columns::PgColumns;
use super::known::none_touched;
use super::transaction::{Params, Pending, PgTransaction};
use crate::codec::{self, JOB};
use crate::port::{IdempotencyKey, Result, STRANGERS};

fn counted(found: &tokio_postgres::Row) -> Result<(u32, Timestamp)> {
    let count: i64 = found.try_get(0)?;
    let until = Timestamp::from_millis(found.try_get(1)?);
    Ok((u32::try_from(count).unwrap_or(u32::MAX), until))
}

pub(super) async fn attempts(
    tx: &mut PgTransaction<'_>,
    row: Row,
    network: &KeyedHash,
    now: Timestamp,
) -> Result<Option<(u32, Timestamp)>> {
    see(tx, row).await?;
    let sql = "SELECT count, until FROM attempts WHERE row = $1 AND network = $2 AND until > $3";
    let params: Params<'_> = &[&row.get(), &&network.as_bytes()[..], &now.as_millis()];
    tx.first(sql, params).await?.as_ref().map(counted).transpose()
}

pub(super) async fn count_attempt(
    tx: &mut PgTransaction<'_>,
    row: Row,
    network: &KeyedHash,
    now: Timestamp,
    span: Duration,
) -> Result<(u32, Timestamp)> {
    see(tx, row).await?;
    let sql = "INSERT INTO attempts AS a (row, network, count, until) VALUES ($1, $2, 1, $3)
         ON CONFLICT (row, network) DO UPDATE SET
             count = CASE WHEN a.until > $4 THEN a.count + 1 ELSE 1 END,
             until = CASE WHEN a.until > $4 THEN a.until ELSE $3 END
         RETURNING count, until";
    let until = now.plus(span).as_millis();
    let params: Params<'_> = &[&row.get(), &&network.as_bytes()[..], &until, &now.as_millis()];
    match tx.first(sql, params).await? {
        Some(found) => counted(&found),
        None => Ok((u32::MAX, now.plus(span))),
    }
}

pub(super) fn forget_attempts(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    tx.pending()?.forgiven.push(row.get());
    Ok(())
}

pub(super) async fn forget_strangers(tx: &PgTransaction<'_>, now: Timestamp) -> Result<()> {
    // Another node may be at it: it takes what it has begun.
    let sql = "DELETE FROM attempts WHERE (row, network) IN (
             SELECT row, network FROM attempts WHERE row = $1 AND until <= $2
             LIMIT 10000 FOR UPDATE SKIP LOCKED)";
    tx.any(sql, &[&STRANGERS.get(), &now.as_millis()]).await.map(drop)
}

/// Forgets the attempts that are to be forgotten.
pub(super) async fn send_forgiven(tx: &PgTransaction<'_>, rows: &Vec<i64>) -> Result<()> {
    if !rows.is_empty() {
        tx.any("DELETE FROM attempts WHERE row = ANY($1)", &[rows]).await?;
    }
    Ok(())
}

/// Sends what waits to be forgotten about `row`, so that it can be counted.
async fn see(tx: &mut PgTransaction<'_>, row: Row) -> Result<()> {
    let waits = |pending: &Pending| pending.forgiven.contains(&row.get());
    if tx.pending.as_ref().is_some_and(waits) { tx.settle().await } else { Ok(()) }
}

pub(super) async fn idempotency_key(
    tx: &mut PgTransaction<'_>,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<Option<IdempotencyKey>> {
    Ok(ahead::repeat(tx, hash).await?.filter(|key| key.until > now))
}

pub(super) async fn insert_idempotency_key(
    tx: &mut PgTransaction<'_>,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<()> {
    if idempotency_key(tx, &key.hash, now).await?.is_some() {
        return Err(none_touched("insert idempotency key"));
    }
    let pending = tx.pending()?;
    pending.read.keep(key);
    // What is sent is how it ends.
    pending.repeats.retain(|(kept, _)| kept.hash != key.hash);
    pending.repeats.push((*key, now));
    Ok(())
}

/// Sends the idempotency keys that were kept, in the order of their hashes: two batches never wait for each
/// other in a circle. One that another batch has kept meanwhile is not touched, which is an error.
pub(super) async fn send_repeats(
    tx: &PgTransaction<'_>,
    repeats: &[(IdempotencyKey, Timestamp)],
) -> Result<()> {
    if repeats.is_empty() {
        return Ok(());
    }
    let mut repeats: Vec<_> = repeats.iter().collect();
    repeats.sort_unstable_by_key(|(key, _)| *key.hash.as_bytes());
    let bytes = |of: fn(&IdempotencyKey) -> &[u8]| -> Vec<&[u8]> {
        repeats.iter().map(|(key, _)| of(key)).collect()
    };
    let numbers = |of: fn(&IdempotencyKey) -> i64| -> Vec<i64> {
        repeats.iter().map(|(key, _)| of(key)).collect()
    };
    // Whoever comes later finds by itself that the time of an earlier one is up.
    let now = repeats.iter().map(|(_, now)| now.as_millis()).min().unwrap_or(i64::MIN);
    tx.exactly(
        repeats.len(),
        "insert idempotency key",
        "INSERT INTO idempotency_keys AS old (hash, fingerprint, row, until)
         SELECT * FROM UNNEST($1::BYTEA[], $2::BYTEA[], $3::BIGINT[], $4::BIGINT[])
         ON CONFLICT (hash) DO UPDATE SET
             fingerprint = excluded.fingerprint, row = excluded.row, until = excluded.until
             WHERE old.until <= $5",
        &[
            &bytes(|key| key.hash.as_bytes()),
            &bytes(|key| &key.fingerprint),
            &numbers(|key| key.row.get()),
            &numbers(|key| key.until.as_millis()),
            &now,
        ],
    )
    .await
}

pub(super) async fn forget_idempotency_keys(
    tx: &PgTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<bool> {
    let params: Params<'_> = &[&now.as_millis(), &i64::from(limit)];
    // Another node may be at it: it takes what it has begun.
    let sql = "DELETE FROM idempotency_keys WHERE hash IN (
             SELECT hash FROM idempotency_keys WHERE until <= $1
             LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let keys = tx.any(sql, params).await?;
    // An allowance that is full again is as good as none.
    let sql = "DELETE FROM allowances WHERE key IN (
             SELECT key FROM allowances WHERE full_at <= $1
             LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let allowances = tx.any(sql, params).await?;
    Ok(u32::try_from(keys.max(allowances)).is_ok_and(|most| most == limit))
}

/// Sends the work that was left.
pub(super) async fn send_jobs(tx: &PgTransaction<'_>, jobs: &[(Task, Timestamp)]) -> Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let columns = jobs.iter().map(|(task, _)| codec::task_columns(*task));
    let (tasks, rows): (Vec<i64>, Vec<i64>) = columns.unzip();
    let times: Vec<i64> = jobs.iter().map(|(_, at)| at.as_millis()).collect();
    tx.exactly(
        jobs.len(),
        "insert job",
        "INSERT INTO jobs (task, row, due_at, attempts)
         SELECT task, row, due_at, 0 FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[])
             AS u (task, row, due_at)",
        &[&tasks, &rows, &times],
    )
    .await
}

pub(super) async fn lease_jobs(
    tx: &mut PgTransaction<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Job>> {
    tx.settle().await?;
    let sql = format!(
        "UPDATE jobs SET due_at = $1 WHERE id IN (SELECT id FROM jobs WHERE due_at <= $2
             ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING {JOB}"
    );
    let params: Params<'_> = &[&until.as_millis(), &now.as_millis(), &i64::from(limit)];
    let mut jobs = Vec::new();
    for found in &tx.rows(&sql, params).await? {
        jobs.extend(codec::readable(codec::job(&PgColumns::new("jobs", "id", found)?))?);
    }
    Ok(jobs)
}

pub(super) async fn finish_job(tx: &PgTransaction<'_>, job: &Job) -> Result<()> {
    let sql = "DELETE FROM jobs WHERE id = $1 AND due_at = $2";
    tx.one("finish job", sql, &[&job.id.0, &job.leased_until.as_millis()]).await
}

pub(super) async fn retry_job(tx: &PgTransaction<'_>, job: &Job, at: Timestamp) -> Result<()> {
    let sql = "UPDATE jobs SET due_at = $1, attempts = attempts + 1 WHERE id = $2 AND due_at = $3";
    let params: Params<'_> = &[&at.as_millis(), &job.id.0, &job.leased_until.as_millis()];
    tx.one("retry job", sql, params).await
}

pub(super) async fn time_mark(tx: &PgTransaction<'_>) -> Result<Option<Timestamp>> {
    let found = tx.first("SELECT value FROM meta WHERE name = 'time'", &[]).await?;
    let bytes: Option<Vec<u8>> = found.map(|found| found.try_get(0)).transpose()?;
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes))))
}

pub(super) async fn mark_time(tx: &PgTransaction<'_>, now: Timestamp) -> Result<()> {
    tx.one(
        "mark time",
        "INSERT INTO meta (name, value) VALUES ('time', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[&&now.as_millis().to_be_bytes()[..]],
    )
    .await
}

pub(super) async fn is_restored(tx: &PgTransaction<'_>) -> Result<bool> {
    Ok(tx.first("SELECT 1 FROM meta WHERE name = 'restored'", &[]).await?.is_some())
}

pub(super) async fn mark_restore(tx: &PgTransaction<'_>) -> Result<()> {
    let sql =
        "INSERT INTO meta (name, value) VALUES ('restored', '') ON CONFLICT (name) DO NOTHING";
    tx.any(sql, &[]).await.map(drop)
}

pub(super) async fn forget_restore(tx: &PgTransaction<'_>) -> Result<()> {
    tx.any("DELETE FROM meta WHERE name = 'restored'", &[]).await.map(drop)
}
