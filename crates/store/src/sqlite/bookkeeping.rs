//! What is counted, repeated, left to do and remembered: attempts, idempotency keys, jobs, time.

use std::time::Duration;

use domain::hashes::KeyedHash;
use domain::job::{Job, Task};
use domain::secret::Row;
use domain::time::Timestamp;
use rusqlite::OptionalExtension as _;

use super::columns::SqliteColumns;
use super::transaction::SqliteTransaction;
use crate::codec::{self, JOB};
use crate::port::{IdempotencyKey, Result, STRANGERS};

pub(super) fn attempts(
    tx: &SqliteTransaction<'_>,
    row: Row,
    network: &KeyedHash,
    now: Timestamp,
) -> Result<Option<(u32, Timestamp)>> {
    let sql = "SELECT count, until FROM attempts WHERE row = ?1 AND network = ?2 AND until > ?3";
    let found = tx
        .prepare(sql)?
        .query_row((row.get(), network.as_bytes(), now.as_millis()), |found| {
            Ok((found.get(0)?, Timestamp::from_millis(found.get(1)?)))
        })
        .optional()?;
    Ok(found)
}

pub(super) fn count_attempt(
    tx: &SqliteTransaction<'_>,
    row: Row,
    network: &KeyedHash,
    now: Timestamp,
    span: Duration,
) -> Result<(u32, Timestamp)> {
    let sql = "INSERT INTO attempts (row, network, count, until) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT (row, network) DO UPDATE SET
             count = CASE WHEN until > ?4 THEN count + 1 ELSE 1 END,
             until = CASE WHEN until > ?4 THEN until ELSE ?3 END
         RETURNING count, until";
    let params = (row.get(), network.as_bytes(), now.plus(span).as_millis(), now.as_millis());
    Ok(tx
        .prepare(sql)?
        .query_row(params, |found| Ok((found.get(0)?, Timestamp::from_millis(found.get(1)?))))?)
}

pub(super) fn forget_attempts(tx: &SqliteTransaction<'_>, row: Row) -> Result<()> {
    tx.any("DELETE FROM attempts WHERE row = ?1", [row.get()]).map(drop)
}

pub(super) fn forget_strangers(tx: &SqliteTransaction<'_>, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM attempts WHERE rowid IN (
                   SELECT rowid FROM attempts WHERE row = ?1 AND until <= ?2 LIMIT 10000)";
    tx.any(sql, [STRANGERS.get(), now.as_millis()]).map(drop)
}

pub(super) fn idempotency_key(
    tx: &SqliteTransaction<'_>,
    hash: &KeyedHash,
    now: Timestamp,
) -> Result<Option<IdempotencyKey>> {
    let sql = "SELECT rowid, fingerprint, row, until FROM idempotency_keys
               WHERE hash = ?1 AND until > ?2";
    let mut statement = tx.prepare(sql)?;
    let mut rows = statement.query((hash.as_bytes(), now.as_millis()))?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let columns = SqliteColumns::new("idempotency_keys", found.get(0)?, found);
    codec::idempotency_key(&columns, *hash).map(Some)
}

pub(super) fn insert_idempotency_key(
    tx: &SqliteTransaction<'_>,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<()> {
    let (row, until) = (key.row.get(), key.until.as_millis());
    tx.one(
        "insert idempotency key",
        "INSERT INTO idempotency_keys AS old (hash, fingerprint, row, until)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (hash) DO UPDATE SET
             fingerprint = excluded.fingerprint, row = excluded.row, until = excluded.until
             WHERE old.until <= ?5",
        (key.hash.as_bytes(), key.fingerprint, row, until, now.as_millis()),
    )
}

pub(super) fn forget_idempotency_keys(
    tx: &SqliteTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<bool> {
    let sql = "DELETE FROM idempotency_keys WHERE rowid IN (
             SELECT rowid FROM idempotency_keys WHERE until <= ?1 LIMIT ?2)";
    let forgotten = tx.any(sql, (now.as_millis(), limit))?;
    Ok(u32::try_from(forgotten).is_ok_and(|forgotten| forgotten == limit))
}

pub(super) fn enqueue(tx: &SqliteTransaction<'_>, task: Task, at: Timestamp) -> Result<()> {
    let (task, row) = codec::task_columns(task);
    tx.one(
        "insert job",
        "INSERT INTO jobs (task, row, due_at, attempts) VALUES (?1, ?2, ?3, 0)",
        (task, row, at.as_millis()),
    )
}

pub(super) fn lease_jobs(
    tx: &SqliteTransaction<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<Job>> {
    // What was leased is due again when the lease ends.
    let sql = format!(
        "UPDATE jobs SET due_at = ?1
         WHERE id IN (SELECT id FROM jobs WHERE due_at <= ?2 ORDER BY due_at LIMIT ?3)
         RETURNING {JOB}"
    );
    let mut statement = tx.prepare(&sql)?;
    let mut rows = statement.query((until.as_millis(), now.as_millis(), limit))?;
    let mut jobs = Vec::new();
    while let Some(found) = rows.next()? {
        jobs.extend(codec::readable(job(found))?);
    }
    Ok(jobs)
}

fn job(found: &rusqlite::Row<'_>) -> Result<Job> {
    codec::job(&SqliteColumns::new("jobs", found.get("id")?, found))
}

pub(super) fn finish_job(tx: &SqliteTransaction<'_>, job: &Job) -> Result<()> {
    tx.one(
        "finish job",
        "DELETE FROM jobs WHERE id = ?1 AND due_at = ?2",
        [job.id.0, job.leased_until.as_millis()],
    )
}

pub(super) fn retry_job(tx: &SqliteTransaction<'_>, job: &Job, at: Timestamp) -> Result<()> {
    tx.one(
        "retry job",
        "UPDATE jobs SET due_at = ?1, attempts = attempts + 1 WHERE id = ?2 AND due_at = ?3",
        [at.as_millis(), job.id.0, job.leased_until.as_millis()],
    )
}

pub(super) fn time_mark(tx: &SqliteTransaction<'_>) -> Result<Option<Timestamp>> {
    let found: Option<Vec<u8>> = tx
        .prepare("SELECT value FROM meta WHERE name = 'time'")?
        .query_row([], |found| found.get(0))
        .optional()?;
    Ok(found
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes))))
}

pub(super) fn mark_time(tx: &SqliteTransaction<'_>, now: Timestamp) -> Result<()> {
    tx.one(
        "mark time",
        "INSERT INTO meta (name, value) VALUES ('time', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [&now.as_millis().to_be_bytes()[..]],
    )
}

pub(super) fn is_restored(tx: &SqliteTransaction<'_>) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'restored')";
    Ok(tx.prepare(sql)?.query_row([], |found| found.get(0))?)
}

pub(super) fn mark_restore(tx: &SqliteTransaction<'_>) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO meta (name, value) VALUES ('restored', x'')";
    tx.any(sql, []).map(drop)
}

pub(super) fn forget_restore(tx: &SqliteTransaction<'_>) -> Result<()> {
    tx.any("DELETE FROM meta WHERE name = 'restored'", []).map(drop)
}
