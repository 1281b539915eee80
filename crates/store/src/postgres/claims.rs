//! Claims: who has won which view.

use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::secret::Row;
use domain::time::Timestamp;

use super::columns::PgColumns;
use super::known::{hold, known};
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
    if tx.is_writing() {
        let claims = known(tx, row).await?.claims();
        return Ok(claims.iter().find(|claim| claim.token == *token).copied());
    }
    let sql = format!("SELECT {CLAIM} FROM claims WHERE row = $1 AND token = $2");
    let found = tx.first(&sql, &[&row.get(), &&token.as_bytes()[..]]).await?;
    found.as_ref().map(read).transpose()
}

pub(super) async fn running(tx: &mut PgTransaction<'_>, row: Row, now: Timestamp) -> Result<u32> {
    if tx.is_writing() {
        let claims = known(tx, row).await?.claims().iter();
        let runs = |claim: &&Claim| claim.outcome.is_none() && claim.lease_ends_at > now;
        return Ok(u32::try_from(claims.filter(runs).count()).unwrap_or(u32::MAX));
    }
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
    tx.settle().await?;
    let sql = format!(
        "SELECT {CLAIM} FROM claims
         WHERE outcome IS NULL AND lease_ends_at <= $1 ORDER BY lease_ends_at LIMIT $2"
    );
    let found = tx.rows(&sql, &[&now.as_millis(), &i64::from(limit)]).await?;
    let mut claims = Vec::new();
    for found in &found {
        claims.extend(codec::readable(read(found))?);
    }
    if tx.is_writing() {
        let rows: Vec<Row> = claims.iter().map(|claim| claim.row).collect();
        hold(tx, &rows).await?;
    }
    Ok(claims)
}

pub(super) fn insert(tx: &mut PgTransaction<'_>, claim: &Claim) -> Result<()> {
    let pending = tx.pending()?;
    if let Some(known) = pending.held.get_mut(&claim.row) {
        known.claim(claim);
    }
    pending.claims.push(*claim);
    Ok(())
}

/// Sends the claims that were won.
pub(super) async fn send_new(tx: &PgTransaction<'_>, claims: &[Claim]) -> Result<()> {
    if claims.is_empty() {
        return Ok(());
    }
    let numbers = |of: fn(&Claim) -> i64| -> Vec<i64> { claims.iter().map(of).collect() };
    let tokens: Vec<&[u8]> = claims.iter().map(|claim| &claim.token.as_bytes()[..]).collect();
    let outcomes = claims.iter().map(|claim| claim.outcome.map(outcome_columns).unzip());
    let (outcomes, ended): (Vec<Option<i64>>, Vec<Option<i64>>) = outcomes.unzip();
    tx.exactly(
        claims.len(),
        "insert claim",
        "INSERT INTO claims (row, token, taken_at, lease_ends_at, outcome, ended_at)
         SELECT * FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[],
             $6::BIGINT[])",
        &[
            &numbers(|claim| claim.row.get()),
            &tokens,
            &numbers(|claim| claim.taken_at.as_millis()),
            &numbers(|claim| claim.lease_ends_at.as_millis()),
            &outcomes,
            &ended,
        ],
    )
    .await
}

pub(super) async fn end(
    tx: &mut PgTransaction<'_>,
    row: Row,
    token: &KeyedHash,
    outcome: Outcome,
) -> Result<()> {
    known(tx, row).await?.end(token, outcome)?;
    tx.pending()?.ended.push((row, *token, outcome));
    Ok(())
}

/// Sends the claims that have ended.
pub(super) async fn send_ended(
    tx: &PgTransaction<'_>,
    ended: &[(Row, KeyedHash, Outcome)],
) -> Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let rows: Vec<i64> = ended.iter().map(|(row, ..)| row.get()).collect();
    let tokens: Vec<&[u8]> = ended.iter().map(|(_, token, _)| &token.as_bytes()[..]).collect();
    let outcomes = ended.iter().map(|(.., outcome)| outcome_columns(*outcome));
    let (outcomes, times): (Vec<i64>, Vec<i64>) = outcomes.unzip();
    tx.exactly(
        ended.len(),
        "end claim",
        "UPDATE claims AS c SET outcome = u.outcome, ended_at = u.ended_at
         FROM UNNEST($1::BIGINT[], $2::BYTEA[], $3::BIGINT[], $4::BIGINT[])
             AS u (row, token, outcome, ended_at)
         WHERE c.row = u.row AND c.token = u.token AND c.outcome IS NULL",
        &[&rows, &tokens, &outcomes, &times],
    )
    .await
}
