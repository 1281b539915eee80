//! How much room the payloads of one owner take.

use domain::hashes::KeyedHash;
use rusqlite::OptionalExtension as _;

use super::transaction::SqliteTransaction;
use crate::port::{Result, Usage};

pub(super) fn of(tx: &SqliteTransaction<'_>, owner: &KeyedHash) -> Result<Usage> {
    let sql = "SELECT bytes, secrets FROM usage WHERE owner = ?1";
    let found = tx
        .prepare(sql)?
        .query_row([owner.as_bytes()], |found| {
            Ok(Usage { bytes: number(found.get(0)?), secrets: number(found.get(1)?) })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn add(tx: &SqliteTransaction<'_>, owner: &KeyedHash, size: u64) -> Result<()> {
    tx.one(
        "count usage",
        "INSERT INTO usage (owner, bytes, secrets) VALUES (?1, ?2, 1)
         ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes, secrets = secrets + 1",
        (owner.as_bytes(), i64::try_from(size).unwrap_or(i64::MAX)),
    )
}

/// Counts what is no longer `owner`'s; nothing is left of somebody who has nothing.
pub(super) fn take(tx: &SqliteTransaction<'_>, owner: Option<Vec<u8>>, size: u64) -> Result<()> {
    let Some(owner) = owner else { return Ok(()) };
    let sql = "UPDATE usage SET bytes = bytes - ?2, secrets = secrets - 1 WHERE owner = ?1";
    tx.any(sql, (&owner, i64::try_from(size).unwrap_or(i64::MAX)))?;
    tx.any("DELETE FROM usage WHERE owner = ?1 AND secrets <= 0", [&owner]).map(drop)
}
