//! The transaction value of PostgreSQL.
//!
//! A query reads as it goes. A batch of units holds what it is about ([`super::known`]), gathers what it
//! changes ([`Pending`]), and sends it in a few statements at its end.

use std::collections::BTreeMap;
use std::mem::take;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::Object;
use domain::audit::Event;
use domain::claim::{Claim, Outcome};
use domain::hashes::KeyedHash;
use domain::job::Task;
use domain::secret::{Row, Secret};
use domain::time::Timestamp;
use futures_util::poll;
use tokio::sync::{Mutex, MutexGuard};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::ahead::Read;
use super::known::All;
use super::{bookkeeping, claims, secrets};
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::keys::keyring::Keyring;
use crate::port::{IdempotencyKey, Kept, Result};

/// How long one statement may take. A server that is silent for longer is as good as gone.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// A secret that was created in this batch.
pub(super) struct Created {
    pub(super) kept: Kept,
    pub(super) ring: RingId,
    pub(super) key: WrappedKey,
    pub(super) owner: Option<Vec<u8>>,
    pub(super) body: Option<Vec<u8>>,
}

/// What a batch knows and has not sent yet.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) held: All,
    /// What was read beside that.
    pub(super) read: Read,
    pub(super) created: Vec<Created>,
    pub(super) updated: Vec<Secret>,
    /// When the sweeper comes by again, by row.
    pub(super) put_off: BTreeMap<i64, i64>,
    /// Rows whose payload and key go.
    pub(super) destroyed: Vec<i64>,
    pub(super) claims: Vec<Claim>,
    pub(super) ended: Vec<(Row, KeyedHash, Outcome)>,
    /// Rows whose attempts are forgotten.
    pub(super) forgiven: Vec<i64>,
    pub(super) jobs: Vec<(Task, Timestamp)>,
    /// Idempotency keys, and when they were kept.
    pub(super) repeats: Vec<(IdempotencyKey, Timestamp)>,
    /// What happened, in order; chained under the lock of the trail's end.
    pub(super) events: Vec<Event>,
    /// What the room of owners has changed by: bytes and secrets. Sent with the events.
    pub(super) usage: BTreeMap<Vec<u8>, (i64, i64)>,
    /// Bytes of payloads that came.
    pub(super) grown: u64,
    /// Bytes of payloads that went.
    pub(super) shrunk: u64,
    /// Bytes of keys that were wrapped anew, and lie in old versions of their rows.
    pub(super) moved: u64,
}

impl Pending {
    /// Counts what an owner has more, or less.
    pub(super) fn count(&mut self, owner: Option<&[u8]>, bytes: i64, secrets: i64) {
        let Some(owner) = owner else { return };
        let (all, number) = self.usage.entry(owner.to_vec()).or_default();
        *all = all.saturating_add(bytes);
        *number = number.saturating_add(secrets);
    }
}

/// One transaction on a connection: a batch of units, or a query.
pub(super) struct PgTransaction<'a> {
    connection: &'a Object,
    /// `None` for whoever only looks.
    pub(super) pending: Option<Pending>,
    /// The server's keys, for whoever changes.
    keys: Option<&'a Keyring>,
    /// Held by whichever statement is sent next, in the order in which they were asked.
    turn: Mutex<()>,
}

/// What a statement takes.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl<'a> PgTransaction<'a> {
    /// A transaction that only looks.
    pub(super) const fn reading(connection: &'a Object) -> Self {
        Self { connection, pending: None, keys: None, turn: Mutex::const_new(()) }
    }

    /// A transaction that changes.
    pub(super) fn writing(connection: &'a Object, keys: &'a Keyring) -> Self {
        let (pending, turn) = (Some(Pending::default()), Mutex::const_new(()));
        Self { connection, pending, keys: Some(keys), turn }
    }

    /// The server's keys.
    pub(super) fn keys(&self) -> Result<&'a Keyring> {
        self.keys.ok_or(StoreError::Closed)
    }

    /// What this batch knows. Whoever only looks changes nothing: the server refuses it, too.
    pub(super) fn pending(&mut self) -> Result<&mut Pending> {
        self.pending.as_mut().ok_or(StoreError::Closed)
    }

    /// Whether this is a batch, which holds what it reads.
    pub(super) const fn is_writing(&self) -> bool {
        self.pending.is_some()
    }

    /// Every row of a statement.
    pub(super) async fn rows(
        &self,
        sql: &str,
        params: Params<'_>,
    ) -> Result<Vec<tokio_postgres::Row>> {
        patiently(async {
            let (statement, turn) = self.next(sql).await?;
            sent(self.connection.query(&statement, params), turn).await
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
            let (statement, turn) = self.next(sql).await?;
            let touched = sent(self.connection.execute(&statement, params), turn).await?;
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

    /// A statement whose turn it is. The server may have to learn it, and nothing that was asked later may
    /// overtake it meanwhile.
    async fn next(&self, sql: &str) -> Result<(Statement, MutexGuard<'_, ()>)> {
        let turn = self.turn.lock().await;
        Ok((self.connection.prepare_cached(sql).await?, turn))
    }

    /// A statement, known to the server from here on.
    pub(super) async fn prepared(&self, sql: &str) -> Result<Statement> {
        patiently(async { Ok(self.connection.prepare_cached(sql).await?) }).await
    }

    /// Sends everything that waits, but for the events, so that statements see it.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let Some(pending) = &mut self.pending else { return Ok(()) };
        let unsent = Unsent::take(pending);
        // Apart, because what it holds while it waits is large.
        Box::pin(unsent.send(self)).await
    }
}

/// What a batch has changed, but for the events.
pub(super) struct Unsent {
    created: Vec<Created>,
    updated: Vec<Secret>,
    claims: Vec<Claim>,
    ended: Vec<(Row, KeyedHash, Outcome)>,
    destroyed: Vec<i64>,
    forgiven: Vec<i64>,
    jobs: Vec<(Task, Timestamp)>,
    put_off: BTreeMap<i64, i64>,
    repeats: Vec<(IdempotencyKey, Timestamp)>,
}

impl Unsent {
    /// Takes it out of what waits.
    pub(super) fn take(pending: &mut Pending) -> Self {
        Self {
            created: take(&mut pending.created),
            updated: take(&mut pending.updated),
            claims: take(&mut pending.claims),
            ended: take(&mut pending.ended),
            destroyed: take(&mut pending.destroyed),
            forgiven: take(&mut pending.forgiven),
            jobs: take(&mut pending.jobs),
            put_off: take(&mut pending.put_off),
            repeats: take(&mut pending.repeats),
        }
    }

    /// Sends it.
    pub(super) async fn send(self, tx: &PgTransaction<'_>) -> Result<()> {
        // In this order, and all on their way before the first is answered.
        futures_util::try_join!(
            bookkeeping::send_repeats(tx, &self.repeats),
            secrets::send_created(tx, &self.created),
            secrets::send_updated(tx, &self.updated),
            secrets::send_put_off(tx, &self.put_off),
            claims::send_new(tx, &self.claims),
            claims::send_ended(tx, &self.ended),
            secrets::send_destroyed(tx, &self.destroyed),
            bookkeeping::send_forgiven(tx, &self.forgiven),
            bookkeeping::send_jobs(tx, &self.jobs),
        )?;
        Ok(())
    }
}

/// Sends a statement, gives the turn to the next one, and waits for the answer.
async fn sent<T>(
    asked: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    turn: MutexGuard<'_, ()>,
) -> Result<T> {
    let mut asked = pin!(asked);
    // It is on its way when it was polled once.
    let polled = poll!(asked.as_mut());
    drop(turn);
    match polled {
        Poll::Ready(answer) => Ok(answer?),
        Poll::Pending => Ok(asked.await?),
    }
}

/// What the server says in time.
pub(super) async fn patiently<T>(asked: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| StoreError::Unreachable("the database does not answer".to_owned());
    tokio::time::timeout(PATIENCE, asked).await.map_err(late)?
}
