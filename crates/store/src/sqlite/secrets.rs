//! Secrets and their payloads.

use domain::hashes::KeyedHash;
use domain::job::Task;
use domain::secret::{Row, Secret};
use domain::time::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::bookkeeping;
use super::columns::SqliteColumns;
use super::transaction::SqliteTransaction;
use super::usage::Change;
use crate::StoreError;
use crate::at_rest::RingId;
use crate::codec::{self, Columns as _, DUE, KEPT, SECRETS};
use crate::port::{
    Body, Due, Kept, KeyPlace, NewPayload, NextSecrets, Result, SealedPayload, Slot,
};

pub(super) fn find(tx: &SqliteTransaction<'_>, row: Row) -> Result<Option<Kept>> {
    let mut statement = tx.prepare(&format!("SELECT {KEPT} FROM secrets WHERE row = ?1"))?;
    let mut rows = statement.query([row.get()])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let columns = SqliteColumns::new("secrets", found.get("row")?, found);
    codec::kept(&columns).map(Some)
}

pub(super) fn payload(tx: &SqliteTransaction<'_>, row: Row) -> Result<Option<SealedPayload>> {
    let mut statement = tx.prepare("SELECT ring, slot, body FROM payloads WHERE row = ?1")?;
    let mut rows = statement.query([row.get()])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let columns = SqliteColumns::new("payloads", row.get(), found);
    let ring = RingId::new(columns.number("ring")?).ok_or_else(|| columns.impossible("ring"))?;
    let body: Option<Vec<u8>> = found.get("body")?;
    let key = KeyPlace::Slot(ring, Slot(columns.number("slot")?));
    Ok(Some(SealedPayload { key, body: body.map_or(Body::Blob, Body::Inline) }))
}

pub(super) fn insert(
    tx: &mut SqliteTransaction<'_>,
    kept: &Kept,
    payload: &NewPayload,
) -> Result<()> {
    let secret = &kept.secret;
    let (ring, key) = tx.in_force()?.current(payload.ring, payload.key)?;
    let slot = tx.keep_key(secret.row, &key, secret.size)?;
    let (standing, ended_at) = codec::standing_columns(secret.standing);
    let budget = secret.terms.failed_passphrases;
    let size = i64::try_from(secret.size).unwrap_or(i64::MAX);
    tx.one(
        "insert secret",
        &format!(
            "INSERT INTO secrets ({SECRETS}, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?6)"
        ),
        params![
            secret.row.get(),
            kept.tag.as_bytes(),
            standing,
            ended_at,
            secret.created_at.as_millis(),
            secret.expires_at.as_millis(),
            kept.receipt_until.as_millis(),
            i64::try_from(secret.terms.lifetime.seconds()).unwrap_or(i64::MAX),
            secret.terms.views.get(),
            secret.views_taken,
            budget.limit(),
            codec::action_column(budget.action()),
            secret.failed,
            codec::delivery_column(secret.terms.delivery),
            secret.passphrase,
            codec::sealed_by_column(secret.sealed_by),
            size,
            kept.verifiers.link_proof.as_bytes(),
            kept.verifiers.proof.as_bytes(),
            kept.verifiers.receipt.as_bytes(),
        ],
    )?;
    let body = match &payload.body {
        Body::Inline(sealed) => Some(sealed.as_slice()),
        Body::Blob => None,
    };
    tx.one(
        "insert payload",
        "INSERT INTO payloads (row, ring, slot, owner, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        (secret.row.get(), ring.get(), slot.0, payload.owner.as_ref().map(bytes), body),
    )?;
    payload.owner.map_or(Ok(()), |owner| {
        tx.count_usage(owner.as_bytes().to_vec(), secret.size, Change::Came)
    })
}

fn bytes(owner: &KeyedHash) -> &[u8] {
    owner.as_bytes()
}

pub(super) fn update(tx: &SqliteTransaction<'_>, before: &Secret, after: &Secret) -> Result<()> {
    let (was, was_ended) = codec::standing_columns(before.standing);
    let (standing, ended_at) = codec::standing_columns(after.standing);
    tx.one(
        "update secret",
        "UPDATE secrets SET standing = ?1, ended_at = ?2, views_taken = ?3, failed = ?4
         WHERE row = ?5 AND standing = ?6 AND ended_at IS ?7 AND views_taken = ?8 AND failed = ?9",
        (
            standing,
            ended_at,
            after.views_taken,
            after.failed,
            before.row.get(),
            was,
            was_ended,
            before.views_taken,
            before.failed,
        ),
    )
}

pub(super) fn destroy(
    tx: &mut SqliteTransaction<'_>,
    secret: &Secret,
    now: Timestamp,
) -> Result<()> {
    let row = secret.row;
    let sql = "DELETE FROM payloads WHERE row = ?1 RETURNING slot, body IS NULL, owner";
    let gone = tx
        .prepare(sql)?
        .query_row([row.get()], |gone| Ok((gone.get::<_, i64>(0)?, gone.get(1)?, gone.get(2)?)))
        .optional()?;
    let Some((slot, is_blob, owner)) = gone else {
        let statement = "destroy payload";
        return Err(StoreError::RowsAffected { statement, expected: 1, actual: 0 });
    };
    tx.destroy_key(slot_of(slot), secret.size)?;
    if let Some(owner) = owner {
        tx.count_usage(owner, secret.size, Change::Went)?;
    }
    if is_blob {
        bookkeeping::enqueue(tx, Task::RemoveBlob(row), now)?;
    }
    Ok(())
}

/// A slot to destroy. A number that is none destroys nothing: no key is there.
pub(super) fn slot_of(number: i64) -> Slot {
    Slot(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A row that cannot be read: what it holds besides its key and its payload is left as it is.
pub(super) fn quarantine(tx: &mut SqliteTransaction<'_>, row: Row) -> Result<()> {
    let sql = "DELETE FROM payloads WHERE row = ?1
         RETURNING slot, (SELECT size FROM secrets WHERE secrets.row = payloads.row), owner";
    let gone = tx
        .prepare(sql)?
        .query_row([row.get()], |gone| {
            Ok((gone.get::<_, i64>(0)?, gone.get::<_, i64>(1)?, gone.get(2)?))
        })
        .optional()?;
    if let Some((slot, size, owner)) = gone {
        let size = u64::try_from(size).unwrap_or(0);
        tx.destroy_key(slot_of(slot), size)?;
        if let Some(owner) = owner {
            tx.count_usage(owner, size, Change::Went)?;
        }
    }
    let sql = "UPDATE secrets SET standing = 8, due_at = receipt_until WHERE row = ?1";
    tx.one("quarantine", sql, [row.get()])
}

pub(super) fn put_off(tx: &SqliteTransaction<'_>, row: Row, until: Timestamp) -> Result<()> {
    let sql = "UPDATE secrets SET due_at = ?1 WHERE row = ?2";
    tx.one("put off", sql, (until.as_millis(), row.get()))
}

pub(super) fn forget(tx: &SqliteTransaction<'_>, row: Row) -> Result<()> {
    tx.one("forget secret", "DELETE FROM secrets WHERE row = ?1 AND standing >= 4", [row.get()])?;
    tx.any("DELETE FROM claims WHERE row = ?1", [row.get()])?;
    tx.any("DELETE FROM attempts WHERE row = ?1", [row.get()])?;
    Ok(())
}

pub(super) fn due(tx: &SqliteTransaction<'_>, now: Timestamp, limit: u32) -> Result<Vec<Due>> {
    let mut statement = tx.prepare(&due_sql())?;
    let mut rows = statement.query((now.as_millis(), limit))?;
    let mut due = Vec::new();
    while let Some(found) = rows.next()? {
        let columns = SqliteColumns::new("secrets", found.get("row")?, found);
        due.push(codec::due(&columns, now)?);
    }
    Ok(due)
}

fn due_sql() -> String {
    format!("SELECT {DUE} FROM secrets WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2")
}

const NEXT: &str = "SELECT row, standing < 4 FROM secrets WHERE row > ?1 ORDER BY row LIMIT ?2";

pub(super) fn next(tx: &SqliteTransaction<'_>, after: Row, limit: u32) -> Result<NextSecrets> {
    let mut statement = tx.prepare(NEXT)?;
    let mut rows = statement.query([after.get(), limit.into()])?;
    let mut next = NextSecrets::default();
    while let Some(found) = rows.next()? {
        let row = Row::new(found.get(0)?);
        if found.get(1)? {
            next.open.push(row);
        }
        next.last = Some(row);
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus};

    use super::super::schema;
    use super::{NEXT, due_sql};

    /// How many steps the engine takes to find eight rows, where so many have `ended` and some wait behind them.
    fn steps(sql: &str, ended: i64, first: i64) -> i32 {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let fill = "WITH RECURSIVE numbers (n) AS (
                SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1 + 20)
            INSERT INTO secrets SELECT n, x'', iif(n <= ?1, 4, 1), NULL, 0, n, 1000000, 60, 1, 0, 10,
                1, 0, 1, 0, 1, 1, x'', x'', x'', n FROM numbers";
        connection.execute(fill, [ended]).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let found = statement.query_map([first, 8], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(found.count(), 8);
        statement.get_status(StatementStatus::VmStep)
    }

    /// Where a sweep walks past what it has nothing to do with, it takes the longer the more of that there is.
    #[test]
    fn no_more_rows_are_looked_at_than_are_found() {
        assert_eq!(steps(&due_sql(), 10, 500_000), steps(&due_sql(), 10_000, 500_000));
        assert_eq!(steps(NEXT, 10, 1), steps(NEXT, 10_000, 1));
    }
}
