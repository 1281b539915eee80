//! PostgreSQL behind the port: several nodes on one database, any of which may be killed at any time.
//!
//! Requests that change something go to a few [`writer`]s, many to a commit, and queries to a few
//! [`reader`]s, many to a view. Nothing that counts is kept in a node: what is in memory here is a copy (the sum of payloads)
//! or a reservation (a block of row numbers).

mod ahead;
mod bookkeeping;
mod claims;
mod columns;
mod inspect;
mod known;
pub(crate) mod moving;
mod plain;
mod port;
mod reader;
mod ring;
mod schema;
mod secrets;
mod target;
mod tidy;
mod trail;
mod transaction;
mod uploads;
mod usage;
mod writer;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use domain::hashes::KeyedHash;
use domain::secret::Row;
use tokio::time::timeout;
use tokio_postgres::error::{DbError, Severity, SqlState};

use self::reader::Readers;
use self::transaction::{PgTransaction, patiently};
use self::writer::{Shared, Writers};
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::error::OpenError;
use crate::keys::keyring::{Activate, Keyring, Remember, Turn};
use crate::keys::{KeySource, ServerKeys};
use crate::port::{Allowance, KeyPlace, Query, Result, Unit};

pub(crate) use self::inspect::{inspect, reach, server};
pub use self::ring::{activate_newest, forget_unused};
pub use self::target::{Target, TargetFault};

/// How many connections one node has at most.
const CONNECTIONS: usize = 16;
/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(3);
/// How many row numbers a block has; the sequence's increment says the same.
const BLOCK: i64 = 256;

/// Every node must have a key of the ring before one of them wraps with it.
pub(crate) const TURN: Turn = Turn::WhenTold;

/// What every connection is told first. A node that is gone must not hold its locks for long; an answer
/// is on disk, whatever the server's own setting; waiting for a lock ends before a client's patience. Every
/// question has its index: a plan that was made while a table was small must not outlive that.
const SESSION: &str = "
    SET lock_timeout = '2s';
    SET idle_in_transaction_session_timeout = '15s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SET enable_seqscan = off;
    SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off';";

/// The engine: writers, connections for queries, and the numbers that are handed out.
pub(crate) struct Engine {
    pool: Pool,
    writers: Writers,
    readers: Readers,
    rows: tokio::sync::Mutex<Block>,
    lost: Mutex<Vec<Row>>,
    live_bytes: Arc<AtomicU64>,
    _tidying: tidy::Tidying,
}

/// Row numbers that are this node's.
struct Block {
    next: i64,
    end: i64,
}

/// A database that has been reached, and is this node's alone for as long as it starts.
pub(crate) struct Reached {
    pool: Pool,
    connection: Object,
    schema: i64,
}

impl Reached {
    /// Reaches the database of `target` and waits until no other node is starting.
    pub(crate) async fn reach(target: &Target) -> Result<Self, OpenError> {
        let pool = pool(target)?;
        let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
        schema::lock(&connection).await?;
        let schema = schema::found(&connection).await?;
        if schema > 0 {
            moving::must_be_home(&connection, target).await?;
        }
        Ok(Self { pool, connection, schema })
    }

    /// Whether nothing was ever kept in it.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.schema == 0
    }

    /// Checks the keys, brings the schema up to date and lets other nodes start.
    pub(crate) async fn open(mut self, keys: &Arc<Keyring>) -> Result<Engine, OpenError> {
        if !self.is_fresh() {
            verify_keys(&self.connection, &keys.in_force().keys, keys.source()).await?;
        }
        schema::migrate(&mut self.connection).await?;
        remember_keys(&self.connection, keys).await?;
        schema::unlock(&self.connection).await?;
        let durable: String = self.connection.query_one("SHOW fsync", &[]).await?.try_get(0)?;
        if durable != "on" {
            tracing::warn!("the database has fsync off: a power cut loses secrets");
        }
        let lost = keyless(&self.connection).await?;
        let live_bytes = Arc::new(AtomicU64::new(live_bytes(&self.connection).await?));
        drop(self.connection);
        let shared = Shared {
            pool: self.pool.clone(),
            keys: Arc::clone(keys),
            live_bytes: Arc::clone(&live_bytes),
            // Whoever was here before may have died before it was cleaned.
            destroyed: Arc::new(AtomicU64::new(1)),
        };
        Ok(Engine {
            writers: Writers::start(&shared),
            readers: Readers::start(&self.pool),
            _tidying: tidy::start(&shared),
            pool: self.pool,
            rows: tokio::sync::Mutex::new(Block { next: 0, end: 0 }),
            lost: Mutex::new(lost),
            live_bytes,
        })
    }
}

impl Engine {
    /// A row number that nobody else gets.
    pub(crate) async fn reserve(&self) -> Result<Row> {
        // Whoever waits for another one who asks waits no longer than for an answer.
        patiently(async {
            let mut block = self.rows.lock().await;
            if block.next == block.end {
                let connection = lend(&self.pool).await?;
                let statement = connection.prepare_cached("SELECT nextval('rows')").await?;
                let start: i64 = connection.query_one(&statement, &[]).await?.try_get(0)?;
                *block = Block { next: start, end: start.saturating_add(BLOCK) };
            }
            let row = block.next;
            block.next = row.saturating_add(1);
            drop(block);
            Ok(Row::new(row))
        })
        .await
    }

    /// The sum of the sizes of all payloads, in bytes, when this node last wrote.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live_bytes.load(Ordering::Relaxed)
    }

    /// The rows whose keys were not there when the store was opened; told once.
    pub(crate) fn take_lost(&self) -> Vec<Row> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The wrapped key of `row`; `None` when it was destroyed.
    pub(crate) async fn wrapped_key(
        &self,
        row: Row,
        place: KeyPlace,
    ) -> Result<Option<(RingId, WrappedKey)>> {
        match place {
            KeyPlace::Slot(..) => Ok(None),
            KeyPlace::Read(ring, key) => Ok(Some((ring, key))),
            KeyPlace::Table => {
                let connection = lend(&self.pool).await?;
                secrets::key(&PgTransaction::reading(&connection), row).await
            }
        }
    }

    /// Takes from an allowance that all nodes share, or says how many milliseconds to wait.
    pub(crate) async fn allow(
        &self,
        key: &KeyedHash,
        asked: Allowance,
    ) -> Result<std::result::Result<(), i64>> {
        let connection = lend(&self.pool).await?;
        usage::allow(&PgTransaction::reading(&connection), key, asked).await
    }

    /// Runs `unit` in a transaction; answers when it is on disk.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.writers.run(unit).await
    }

    /// Runs `query` on one view of the store. What only looks may look again.
    pub(crate) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        self.readers.run(query).await
    }
}

fn pool(target: &Target) -> Result<Pool, OpenError> {
    let manager = Manager::from_config(
        target.config().clone(),
        target.connector()?,
        ManagerConfig { recycling_method: RecyclingMethod::Fast },
    );
    let told = Hook::async_fn(|connection: &mut deadpool_postgres::ClientWrapper, _| {
        Box::pin(async move {
            let told = timeout(WAIT, connection.batch_execute(SESSION)).await;
            told.map_err(|_| HookError::message("it does not answer"))?.map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .recycle_timeout(Some(WAIT))
        .post_create(told)
        .build()
        .map_err(|error| OpenError::Database(error.to_string()))
}

/// A connection, for as long as it is held.
async fn lend(pool: &Pool) -> Result<Object> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            StoreError::Unreachable(said(&error))
        }
        PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_) => StoreError::Unreachable(error.to_string()),
    })
}

/// What the server said, without the values that a statement held.
fn said(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

/// Whether what the server refused may be done when it is asked again, or when another one is.
fn may_pass(error: &DbError) -> bool {
    let passing = [
        // A primary that became a standby takes no writes: another one does.
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    // Class 53: it has no memory left, or no connection.
    passing.contains(error.code()) || error.code().code().starts_with("53")
}

/// Whether the server ended the connection with this error, whatever became of the transaction.
fn is_fatal(error: &DbError) -> bool {
    error.parsed_severity() != Some(Severity::Error)
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::DISK_FULL) {
            return Self::Full;
        }
        if error.as_db_error().is_none_or(|error| is_fatal(error) || may_pass(error)) {
            Self::Unreachable(said(&error))
        } else {
            Self::Statement(said(&error))
        }
    }
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Refuses keys that did not make this database (R6).
async fn verify_keys(
    connection: &Object,
    keys: &ServerKeys,
    source: &KeySource,
) -> Result<(), OpenError> {
    let known = ring::known_keys(&PgTransaction::reading(connection)).await?;
    keys.fit(&known, TURN).map_err(|misfit| misfit.of(source))
}

/// Writes down which keys belong to this database, so that others are refused, and hears which of the
/// ring wraps.
async fn remember_keys(connection: &Object, keys: &Keyring) -> Result<(), OpenError> {
    connection.batch_execute("BEGIN").await?;
    let tx = &mut PgTransaction::reading(connection);
    let all = keys.in_force().keys;
    let newest = all.newest();
    let remembered = Remember { keys: all, turn: TURN }.run(tx).await?;
    match remembered.map_err(|misfit| misfit.of(keys.source()))? {
        Some(active) => drop(keys.activate(active)),
        None => Activate(newest).run(tx).await?,
    }
    connection.batch_execute("COMMIT").await?;
    Ok(())
}

async fn live_bytes(connection: &Object) -> Result<u64> {
    let sql = "SELECT value FROM meta WHERE name = 'live bytes'";
    let sum: Vec<u8> = connection.query_one(sql, &[]).await?.try_get(0)?;
    Ok(sum.try_into().map_or(0, u64::from_be_bytes))
}

/// The secrets whose keys are not there. Only a database that was restored can have any, and says so.
async fn keyless(connection: &Object) -> Result<Vec<Row>, OpenError> {
    let sql = "SELECT p.row FROM payloads AS p
         WHERE EXISTS (SELECT 1 FROM meta WHERE name = 'keyless')
             AND NOT EXISTS (SELECT 1 FROM secret_keys AS k WHERE k.row = p.row)";
    let rows = connection.query(sql, &[]).await?;
    let rows = rows.iter().map(|row| row.try_get(0).map(Row::new));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The rows whose payload is a file.
pub(crate) async fn blob_rows(engine: &Engine) -> Result<HashSet<Row>> {
    let connection = lend(&engine.pool).await?;
    let rows = connection.query("SELECT row FROM payloads WHERE body IS NULL", &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0).map(Row::new)).collect::<Result<_, _>>()?)
}
