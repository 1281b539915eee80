//! The transaction value of PostgreSQL.
//!
//! What a unit adds is gathered ([`Pending`]) and sent in few statements at the end of the batch, or as
//! soon as somebody reads what it belongs to; what a unit changes is sent at once, because the number of
//! rows that it touches decides how the unit goes on.

use std::time::Duration;

use deadpool_postgres::Object;
use domain::audit::Event;
use domain::claim::Claim;
use domain::secret::Row;
use tokio_postgres::types::ToSql;

use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::port::{Kept, Result};

/// How long one statement may take. A server that is silent for longer is as good as gone.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A secret that was created in this batch.
pub(super) struct Created {
    pub(super) kept: Kept,
    pub(super) ring: RingId,
    pub(super) key: WrappedKey,
    pub(super) body: Option<Vec<u8>>,
}

/// What a batch adds.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) secrets: Vec<Created>,
    pub(super) claims: Vec<Claim>,
    /// What happened, in order; chained under the lock of the trail's end.
    pub(super) events: Vec<Event>,
    /// Bytes of payloads that came.
    pub(super) grown: u64,
    /// Bytes of payloads that went.
    pub(super) shrunk: u64,
    /// How many keys were destroyed.
    pub(super) destroyed: u64,
}

/// One transaction on a connection: a batch of units, or a query.
pub(super) struct PgTransaction<'a> {
    connection: &'a Object,
    /// `None` for whoever only looks.
    pub(super) pending: Option<Pending>,
}

/// What a statement takes.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl<'a> PgTransaction<'a> {
    /// A transaction that only looks.
    pub(super) const fn reading(connection: &'a Object) -> Self {
        Self { connection, pending: None }
    }

    /// A transaction that changes.
    pub(super) fn writing(connection: &'a Object) -> Self {
        Self { connection, pending: Some(Pending::default()) }
    }

    /// What this batch adds. Whoever only looks cannot add: the server refuses it, too.
    pub(super) fn pending(&mut self) -> Result<&mut Pending> {
        self.pending.as_mut().ok_or(StoreError::Closed)
    }

    /// How a row is read: whoever changes locks it until the end.
    pub(super) const fn lock(&self) -> &'static str {
        if self.pending.is_some() { " FOR UPDATE" } else { "" }
    }

    /// The same for rows of which anybody's will do.
    pub(super) const fn lock_any(&self) -> &'static str {
        if self.pending.is_some() { " FOR UPDATE SKIP LOCKED" } else { "" }
    }

    /// Every row of a statement.
    pub(super) async fn rows(
        &self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Vec<tokio_postgres::Row>> {
        patiently(async {
            let statement = self.connection.prepare_cached(sql).await?;
            Ok(self.connection.query(&statement, params).await?)
        })
        .await
    }

    /// The first row of a statement.
    pub(super) async fn first(
        &self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Option<tokio_postgres::Row>> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// Runs a statement that may touch any number of rows.
    pub(super) async fn any(&self, sql: &str, params: Params<'_>) -> Result<usize> {
        patiently(async {
            let statement = self.connection.prepare_cached(sql).await?;
            let touched = self.connection.execute(&statement, params).await?;
            Ok(usize::try_from(touched).unwrap_or(usize::MAX))
        })
        .await
    }

    /// Runs a statement that must touch exactly `expected` rows.
    pub(super) async fn exactly(
        &self,
        expected: usize,
        statement: &'static str,
        sql: &str,
        params: Params<'_>,
    ) -> Result<()> {
        let actual = self.any(sql, params).await?;
        if actual == expected {
            Ok(())
        } else {
            Err(StoreError::RowsAffected { statement, expected, actual })
        }
    }

    /// Runs a statement that must touch exactly one row.
    pub(super) async fn one(
        &self,
        statement: &'static str,
        sql: &str,
        params: Params<'_>,
    ) -> Result<()> {
        self.exactly(1, statement, sql, params).await
    }

    /// Sends what waits about `row`, so that it can be read.
    pub(super) async fn settle_row(&mut self, row: Row) -> Result<()> {
        let Some(pending) = &self.pending else { return Ok(()) };
        let mut waits = pending.secrets.iter().map(|created| created.kept.secret.row);
        let mut claimed = pending.claims.iter().map(|claim| claim.row);
        if waits.any(|waiting| waiting == row) || claimed.any(|waiting| waiting == row) {
            self.settle_all().await?;
        }
        Ok(())
    }

    /// Sends everything that waits, but for the events.
    pub(super) async fn settle_all(&mut self) -> Result<()> {
        super::secrets::send(self).await?;
        super::claims::send(self).await
    }
}

/// What the server says in time.
pub(super) async fn patiently<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| StoreError::Unreachable("the database does not answer".to_owned());
    tokio::time::timeout(PATIENCE, asked).await.map_err(late)?
}
