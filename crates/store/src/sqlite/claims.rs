//! Claims: who has won which view.

use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;

use super::columns::SqliteColumns;
use super::transaction::SqliteTransaction;
use crate::codec::{self, CLAIM, outcome_columns};
use crate::port::Result;

fn read(found: &rusqlite::Row<'_>) -> Result<Claim> {
    codec::claim(&SqliteColumns::new("claims", found.get("id")?, found))
}

pub(super) fn find(
    tx: &SqliteTransaction<'_>,
    row: Row,
    token: &KeyedHash,
) -> Result<Option<Claim>> {
    let mut statement =
        tx.prepare(&format!("SELECT {CLAIM} FROM claims WHERE row = ?1 AND token = ?2"))?;
    let mut rows = statement.query((row.get(), token.as_bytes()))?;
    rows.next()?.map(read).transpose()
}

pub(super) fn running(tx: &SqliteTransaction<'_>, row: Row, now: Timestamp) -> Result<u32> {
    let sql = "SELECT count(*) FROM claims
         WHERE row = ?1 AND outcome IS NULL AND lease_ends_at > ?2";
    Ok(tx.prepare(sql)?.query_row((row.get(), now.as_millis()), |found| found.get(0))?)
}

pub(super) fn lapsed(tx: &SqliteTransaction<'_>, now: Timestamp, limit: u32) -> Result<Vec<Claim>> {
    let mut statement = tx.prepare(&format!(
        "SELECT {CLAIM} FROM claims
         WHERE outcome IS NULL AND lease_ends_at <= ?1 ORDER BY lease_ends_at LIMIT ?2"
    ))?;
    let mut rows = statement.query((now.as_millis(), limit))?;
    let mut claims = Vec::new();
    while let Some(found) = rows.next()? {
        claims.extend(codec::readable(read(found))?);
    }
    Ok(claims)
}

pub(super) fn insert(tx: &SqliteTransaction<'_>, claim: &Claim) -> Result<()> {
    let (outcome, ended_at) = claim.outcome.map(outcome_columns).unzip();
    tx.one(
        "insert claim",
        "INSERT INTO claims (row, token, taken_at, lease_ends_at, outcome, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (
            claim.row.get(),
            claim.token.as_bytes(),
            claim.taken_at.as_millis(),
            claim.lease_ends_at.as_millis(),
            outcome,
            ended_at,
        ),
    )
}

pub(super) fn end(
    tx: &SqliteTransaction<'_>,
    row: Row,
    token: &KeyedHash,
    outcome: Outcome,
) -> Result<()> {
    let (outcome, ended_at) = outcome_columns(outcome);
    tx.one(
        "end claim",
        "UPDATE claims SET outcome = ?1, ended_at = ?2
         WHERE row = ?3 AND token = ?4 AND outcome IS NULL",
        (outcome, ended_at, row.get(), token.as_bytes()),
    )
}
