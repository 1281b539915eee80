//! Claims: who has won which view.

use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;

use super::codec::{self, Columns};
use super::transaction::SqliteTransaction;
use crate::port::Result;

const COLUMNS: &str =
    "SELECT id, row, token, taken_at, lease_ends_at, outcome, ended_at FROM claims";

fn read(found: &rusqlite::Row<'_>) -> Result<Claim> {
    let columns = Columns { table: "claims", id: found.get("id")?, row: found };
    let outcome: Option<i64> = found.get("outcome")?;
    let at = || columns.time("ended_at");
    Ok(Claim {
        row: Row::new(columns.integer("row")?),
        token: columns.hash("token")?,
        taken_at: columns.time("taken_at")?,
        lease_ends_at: columns.time("lease_ends_at")?,
        outcome: match outcome {
            None => None,
            Some(1) => Some(Outcome::Confirmed { at: at()? }),
            Some(2) => Some(Outcome::Unconfirmed { at: at()? }),
            Some(_) => return Err(columns.impossible("outcome")),
        },
    })
}

const fn outcome_columns(outcome: Outcome) -> (i64, i64) {
    match outcome {
        Outcome::Confirmed { at } => (1, at.as_millis()),
        Outcome::Unconfirmed { at } => (2, at.as_millis()),
    }
}

pub(super) fn find(
    tx: &SqliteTransaction<'_>,
    row: Row,
    token: &KeyedHash,
) -> Result<Option<Claim>> {
    let mut statement = tx.prepare(&format!("{COLUMNS} WHERE row = ?1 AND token = ?2"))?;
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
        "{COLUMNS} WHERE outcome IS NULL AND lease_ends_at <= ?1 ORDER BY lease_ends_at LIMIT ?2"
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
