//! What a batch knows about the secrets that it is about.
//!
//! They are read and locked at once, in the order of their numbers, so that two batches never wait for
//! each other in a circle. From then on nobody else changes them: units read and change them here, with
//! every check made at once, and what came of it is sent in a few statements at the end of the batch.

use std::collections::BTreeMap;

use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::secret::{Row, Secret};

use super::columns::PgColumns;
use super::transaction::{Params, PgTransaction};
use crate::StoreError;
use crate::codec::{self, CLAIM, KEPT};
use crate::port::{Kept, Result};

/// A secret that this batch holds.
pub(super) struct Known {
    /// As it is now; `None` when there is none. One that cannot be read is an error to whoever asks.
    kept: Result<Option<Kept>>,
    /// `None` when it has none.
    payload: Option<Held>,
    /// Those who have won a view.
    claims: Vec<Claim>,
}

/// The secrets that this batch holds.
pub(super) type All = BTreeMap<Row, Known>;

/// A payload that this batch holds.
pub(super) struct Held {
    /// Whose room it takes.
    pub(super) owner: Option<Vec<u8>>,
    /// Whether it is a file.
    pub(super) is_blob: bool,
}

impl Known {
    /// One that is being created.
    pub(super) const fn created(kept: Kept, payload: Held) -> Self {
        Self { kept: Ok(Some(kept)), payload: Some(payload), claims: Vec::new() }
    }

    pub(super) fn kept(&self) -> Result<Option<Kept>> {
        match &self.kept {
            Ok(kept) => Ok(*kept),
            Err(StoreError::Inconsistent { table, column, row }) => {
                Err(StoreError::Inconsistent { table, column, row: *row })
            }
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Whether there is such a secret, readable or not.
    pub(super) const fn exists(&self) -> bool {
        !matches!(self.kept, Ok(None))
    }

    pub(super) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Replaces what is known, if it is still as `before` says.
    pub(super) fn update(&mut self, before: &Secret, after: &Secret) -> Result<()> {
        match &mut self.kept {
            Ok(Some(kept)) if kept.secret == *before => {
                kept.secret = *after;
                Ok(())
            }
            _ => Err(none_touched("update secret")),
        }
    }

    /// Takes the payload away.
    pub(super) const fn destroy(&mut self) -> Option<Held> {
        self.payload.take()
    }

    pub(super) fn claim(&mut self, claim: &Claim) {
        self.claims.push(*claim);
    }

    /// Ends a claim that has no outcome yet.
    pub(super) fn end(&mut self, token: &KeyedHash, outcome: Outcome) -> Result<()> {
        let running = |claim: &&mut Claim| claim.token == *token && claim.outcome.is_none();
        let claim = self.claims.iter_mut().find(running);
        claim.ok_or_else(|| none_touched("end claim"))?.outcome = Some(outcome);
        Ok(())
    }
}

/// What to say when the one row that must be touched is not there.
pub(super) const fn none_touched(statement: &'static str) -> StoreError {
    StoreError::RowsAffected { statement, expected: 1, actual: 0 }
}

/// Reads and locks `rows`, but for those that are held already.
pub(super) async fn hold(tx: &mut PgTransaction<'_>, rows: &[Row]) -> Result<()> {
    let held = &tx.pending()?.held;
    let rows = rows.iter().copied().filter(|row| !held.contains_key(row)).collect();
    let mut read = read(tx, rows).await?;
    tx.pending()?.held.append(&mut read);
    Ok(())
}

/// Reads and locks `rows`.
pub(super) async fn read(tx: &PgTransaction<'_>, rows: Vec<Row>) -> Result<All> {
    if rows.is_empty() {
        return Ok(All::new());
    }
    let mut rows: Vec<i64> = rows.into_iter().map(Row::get).collect();
    rows.sort_unstable();
    rows.dedup();
    let secrets = format!("SELECT {KEPT} FROM secrets WHERE row = ANY($1) ORDER BY row FOR UPDATE");
    let claims = format!("SELECT {CLAIM} FROM claims WHERE row = ANY($1) ORDER BY id");
    let payloads = "SELECT row, owner, body IS NULL AS blob FROM payloads WHERE row = ANY($1)";
    let params: Params<'_> = &[&rows];
    // In this order: whatever belongs to a secret is read when the secret is locked.
    let (secrets, claims, payloads) = futures_util::try_join!(
        tx.rows(&secrets, params),
        tx.rows(&claims, params),
        tx.rows(payloads, params),
    )?;
    let fresh = || Known { kept: Ok(None), payload: None, claims: Vec::new() };
    let mut read: All = rows.iter().map(|row| (Row::new(*row), fresh())).collect();
    for found in &secrets {
        if let Some(known) = read.get_mut(&Row::new(found.try_get("row")?)) {
            known.kept = codec::kept(&PgColumns::new("secrets", "row", found)?).map(Some);
        }
    }
    for found in &payloads {
        if let Some(known) = read.get_mut(&Row::new(found.try_get("row")?)) {
            let (owner, is_blob) = (found.try_get("owner")?, found.try_get("blob")?);
            known.payload = Some(Held { owner, is_blob });
        }
    }
    for found in &claims {
        let claim = codec::claim(&PgColumns::new("claims", "id", found)?);
        let Some(claim) = codec::readable(claim)? else { continue };
        if let Some(known) = read.get_mut(&claim.row) {
            known.claims.push(claim);
        }
    }
    Ok(read)
}

/// What is known about `row`, read and locked if need be.
pub(super) async fn known<'t>(tx: &'t mut PgTransaction<'_>, row: Row) -> Result<&'t mut Known> {
    hold(tx, &[row]).await?;
    tx.pending()?.held.get_mut(&row).ok_or(StoreError::Closed)
}
