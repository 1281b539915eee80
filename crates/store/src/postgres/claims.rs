//! Claims: who has won which view.

use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;

use super::columns::PgColumns;
use super::transaction::PgTransaction;
use crate::codec::{self, CLAIM, outcome_columns};
use crate::port::Result;

fn read(found: &tokio_postgres::Row) -> Result<Claim> {
    codec::claim(&PgColumns::new("claims", "id", found)?)
}

pub(super) async fn find(
    tx: &mut PgTransaction<'_>,
    row: Row,
    token: &KeyedHash,
) -> Result<Option<Claim>> {
    tx.settle_row(row).await?;
    let sql = format!("SELECT {CLAIM} FROM claims WHERE row = $1 AND token = $2");
    let found = tx.first(&sql, &[&row.get(), &&token.as_bytes()[..]]).await?;
    found.as_ref().map(read).transpose()
}

pub(super) async fn running(tx: &mut PgTransaction<'_>, row: Row, now: Timestamp) -> Result<u32> {
    tx.settle_row(row).await?;
    let sql = "SELECT count(*) FROM claims
         WHERE row = $1 AND outcome IS NULL AND lease_ends_at > $2";
    let found = tx.first(sql, &[&row.get(), &now.as_millis()]).await?;
    let count: i64 = found.map(|found| found.try_get(0)).transpose()?.unwrap_or(0);
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) async fn lapsed(
    tx: &mut PgTransaction<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Claim>> {
    if tx.pending.is_some() {
        tx.settle_all().await?;
    }
    let sql = format!(
        "SELECT {CLAIM} FROM claims
         WHERE outcome IS NULL AND lease_ends_at <= $1 ORDER BY lease_ends_at LIMIT $2"
    );
    let found = tx.rows(&sql, &[&now.as_millis(), &i64::from(limit)]).await?;
    let mut claims = Vec::new();
    for found in &found {
        claims.extend(codec::readable(read(found))?);
    }
    Ok(claims)
}

/// Sends the claims that wait.
pub(super) async fn send(tx: &mut PgTransaction<'_>) -> Result<()> {
    let claims = std::mem::take(&mut tx.pending()?.claims);
    if claims.is_empty() {
        return Ok(());
    }
    let numbers = |of: fn(&Claim) -> i64| -> Vec<i64> { claims.iter().map(of).collect() };
    let rows = numbers(|claim| claim.row.get());
    let tokens: Vec<&[u8]> = claims.iter().map(|claim| &claim.token.as_bytes()[..]).collect();
    let taken = numbers(|claim| claim.taken_at.as_millis());
    let leases = numbers(|claim| claim.lease_ends_at.as_millis());
    let outcomes = claims.iter().map(|claim| claim.outcome.map(outcome_columns).unzip());
    let (outcomes, ended): (Vec<Option<i64>>, Vec<Option<i64>>) = outcomes.unzip();
    tx.exactly(
        claims.len(),
        "insert claim",
        "INSERT INTO claims (row, token, taken_at, lease_ends_at, outcome, ended_at)
         SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[],
             $6::BIGINT[])",
        &[&rows, &tokens, &taken, &leases, &outcomes, &ended],
    )
    .await
}

pub(super) async fn end(
    tx: &mut PgTransaction<'_>,
    row: Row,
    token: &KeyedHash,
    outcome: Outcome,
) -> Result<()> {
    tx.settle_row(row).await?;
    let (outcome, ended_at) = outcome_columns(outcome);
    tx.one(
        "end claim",
        "UPDATE claims SET outcome = $1, ended_at = $2
         WHERE row = $3 AND token = $4 AND outcome IS NULL",
        &[&outcome, &ended_at, &row.get(), &&token.as_bytes()[..]],
    )
    .await
}
