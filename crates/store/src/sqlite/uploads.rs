//! Envelopes that come in parts.

use domain::hashes::KeyedHash;
use domain::job::Task;
use domain::secret::Row;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension as _, named_params};

use super::bookkeeping;
use super::columns::SqliteColumns;
use super::secrets::slot_of;
use super::transaction::SqliteTransaction;
use super::usage::Change;
use crate::StoreError;
use crate::codec::{self, UPLOAD};
use crate::port::{NewPayload, Result, Upload};

pub(super) fn find(tx: &SqliteTransaction<'_>, row: Row) -> Result<Option<Upload>> {
    read(tx, "row", row.get())
}

pub(super) fn of_token(tx: &SqliteTransaction<'_>, token: &KeyedHash) -> Result<Option<Upload>> {
    read(tx, "token", token.as_bytes())
}

fn read(
    tx: &SqliteTransaction<'_>,
    column: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<Upload>> {
    let sql = format!("SELECT {UPLOAD} FROM uploads WHERE {column} = ?1");
    let mut statement = tx.prepare(&sql)?;
    let mut rows = statement.query([value])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    let columns = SqliteColumns::new("uploads", found.get("row")?, found);
    codec::upload(&columns).map(Some)
}

pub(super) fn parts(tx: &SqliteTransaction<'_>, row: Row) -> Result<Vec<u32>> {
    let mut statement =
        tx.prepare("SELECT number FROM upload_parts WHERE row = ?1 ORDER BY number")?;
    let numbers = statement.query_map([row.get()], |found| found.get(0))?;
    Ok(numbers.collect::<std::result::Result<_, _>>()?)
}

pub(super) fn lapsed(tx: &SqliteTransaction<'_>, now: Timestamp, limit: u32) -> Result<Vec<Row>> {
    let sql = "SELECT row FROM uploads WHERE until <= ?1 ORDER BY until LIMIT ?2";
    let mut statement = tx.prepare(sql)?;
    let rows = statement.query_map((now.as_millis(), limit), |row| row.get(0).map(Row::new))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

pub(super) fn insert(
    tx: &mut SqliteTransaction<'_>,
    upload: &Upload,
    payload: &NewPayload,
) -> Result<()> {
    let (kept, secret) = (&upload.kept, &upload.kept.secret);
    let (ring, key) = tx.in_force()?.current(payload.ring, payload.key)?;
    let slot = tx.keep_key(secret.row, &key, secret.size)?;
    let budget = secret.terms.failed_passphrases;
    tx.one(
        "insert upload",
        "INSERT INTO uploads (row, tag, created_at, expires_at, receipt_until, lifetime, views,
             failed_limit, failed_action, delivery, passphrase, sealed_by, size, link_proof, proof,
             receipt, token, until)
         VALUES (:row, :tag, :created_at, :expires_at, :receipt_until, :lifetime, :views,
             :failed_limit, :failed_action, :delivery, :passphrase, :sealed_by, :size, :link_proof,
             :proof, :receipt, :token, :until)",
        named_params! {
            ":row": secret.row.get(),
            ":tag": kept.tag.as_bytes(),
            ":created_at": secret.created_at.as_millis(),
            ":expires_at": secret.expires_at.as_millis(),
            ":receipt_until": kept.receipt_until.as_millis(),
            ":lifetime": i64::try_from(secret.terms.lifetime.seconds()).unwrap_or(i64::MAX),
            ":views": secret.terms.views.get(),
            ":failed_limit": budget.limit(),
            ":failed_action": codec::action_column(budget.action()),
            ":delivery": codec::delivery_column(secret.terms.delivery),
            ":passphrase": secret.passphrase,
            ":sealed_by": codec::sealed_by_column(secret.sealed_by),
            ":size": i64::try_from(secret.size).unwrap_or(i64::MAX),
            ":link_proof": kept.verifiers.link_proof.as_bytes(),
            ":proof": kept.verifiers.proof.as_bytes(),
            ":receipt": kept.verifiers.receipt.as_bytes(),
            ":token": upload.token.as_bytes(),
            ":until": upload.until.as_millis(),
        },
    )?;
    let owner = payload.owner.as_ref().map(KeyedHash::as_bytes);
    let sql = "INSERT INTO payloads (row, ring, slot, owner, body) VALUES (?1, ?2, ?3, ?4, NULL)";
    tx.one("insert payload", sql, (secret.row.get(), ring.get(), slot.0, owner))?;
    payload.owner.map_or(Ok(()), |owner| {
        tx.count_usage(owner.as_bytes().to_vec(), secret.size, Change::Came)
    })
}

pub(super) fn insert_part(
    tx: &SqliteTransaction<'_>,
    row: Row,
    number: u32,
    until: Timestamp,
) -> Result<()> {
    let sql = "UPDATE uploads SET until = ?2 WHERE row = ?1";
    tx.one("update upload", sql, (row.get(), until.as_millis()))?;
    let sql = "INSERT INTO upload_parts (row, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.any(sql, (row.get(), number)).map(drop)
}

pub(super) fn complete(tx: &SqliteTransaction<'_>, row: Row) -> Result<()> {
    tx.one("complete upload", &format!("{} WHERE row = ?1", codec::COMPLETE), [row.get()])?;
    tx.one("delete upload", "DELETE FROM uploads WHERE row = ?1", [row.get()])?;
    tx.any("DELETE FROM upload_parts WHERE row = ?1", [row.get()]).map(drop)
}

pub(super) fn destroy(tx: &mut SqliteTransaction<'_>, row: Row, now: Timestamp) -> Result<()> {
    let sql = "DELETE FROM uploads WHERE row = ?1 RETURNING size";
    let size: Option<i64> =
        tx.prepare(sql)?.query_row([row.get()], |gone| gone.get(0)).optional()?;
    let sql = "DELETE FROM payloads WHERE row = ?1 RETURNING slot, owner";
    let gone = tx
        .prepare(sql)?
        .query_row([row.get()], |gone| Ok((gone.get::<_, i64>(0)?, gone.get(1)?)))
        .optional()?;
    let (Some(size), Some((slot, owner))) = (size, gone) else {
        let statement = "destroy upload";
        return Err(StoreError::RowsAffected { statement, expected: 1, actual: 0 });
    };
    tx.any("DELETE FROM upload_parts WHERE row = ?1", [row.get()])?;
    let size = u64::try_from(size).unwrap_or(0);
    tx.destroy_key(slot_of(slot), size)?;
    if let Some(owner) = owner {
        tx.count_usage(owner, size, Change::Went)?;
    }
    bookkeeping::enqueue(tx, Task::RemoveBlob(row), now)
}
