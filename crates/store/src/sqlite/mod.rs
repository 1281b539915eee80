//! SQLite behind the port: one writer with group commit, readers beside it.
//!
//! The writer thread owns the only connection that writes ([`writer`]). Readers have connections of
//! their own that cannot write ([`reader`]). Each is a thread with a bounded queue ([`mailbox`]), and
//! runs the same use cases on [`transaction`], whose methods are always ready, so a use case is polled
//! once and is done.

mod bookkeeping;
mod claims;
mod columns;
mod inspect;
mod mailbox;
pub(crate) mod moving;
mod plain;
mod port;
mod reader;
mod ring;
mod schema;
mod secrets;
mod survey;
mod trail;
mod transaction;
mod uploads;
mod usage;
mod writer;

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::secret::Row;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use self::transaction::SqliteTransaction;
use crate::StoreError;
use crate::at_rest::{RingId, WrappedKey};
use crate::error::OpenError;
use crate::keys::keyring::{Activate, InForce, Keyring, Remember, Turn};
use crate::keys::{KeySource, ServerKeys};
use crate::port::{KeyPlace, Query, Result, Unit};
use crate::slots::{SlotReader, Slots};

pub(crate) use self::inspect::{inspect, inspect_backup, reach};

const DATABASE: &str = "sigill.db";
const SLOTS: &str = "secret.keys";
const READERS: usize = 2;
/// How long emptying the log may keep requests waiting for one that reads.
const PATIENCE: Duration = Duration::from_millis(20);
/// One process has the database: what it says about its keys is so.
pub(crate) const TURN: Turn = Turn::AtOnce;

/// The engine: a writer, readers, and the numbers that are handed out.
pub(crate) struct Engine {
    writer: writer::Writer,
    readers: Vec<reader::Reader>,
    turn: AtomicUsize,
    next_row: AtomicI64,
    slots: SlotReader,
    lost: Arc<Mutex<Vec<Row>>>,
    live_bytes: Arc<AtomicU64>,
}

/// Whether `dir` holds no database yet. One without a schema is none: its log may be missing.
pub(crate) fn is_fresh(dir: &Path) -> Result<bool, OpenError> {
    let path = dir.join(DATABASE);
    if !path.exists() {
        return Ok(true);
    }
    let found = inspect::open(&path)
        .map_err(OpenError::from)
        .and_then(|connection| schema::found(&connection));
    Ok(found.map_err(|error| named(error, &path))? == 0)
}

/// Whether `dir` holds keys or files of secrets.
pub(crate) fn has_remains(dir: &Path) -> Result<bool> {
    let slots = dir.join(SLOTS);
    Ok(Slots::any_filled(&slots).map_err(StoreError::file(&slots))?
        || dir.join("blobs").read_dir().is_ok_and(|mut files| files.next().is_some()))
}

impl Engine {
    /// Opens the database in `dir`, brings its schema up to date, and begins to overwrite every
    /// per-secret key that no payload refers to. Returns the rows whose payload is a file, too.
    pub(crate) fn open(dir: &Path, keys: &Arc<Keyring>) -> Result<(Self, HashSet<Row>), OpenError> {
        let path = dir.join(DATABASE);
        Self::open_at(dir, &path, keys).map_err(|error| named(error, &path))
    }

    fn open_at(
        dir: &Path,
        path: &Path,
        keys: &Arc<Keyring>,
    ) -> Result<(Self, HashSet<Row>), OpenError> {
        let mut connection = connect(path)?;
        // Before anything is changed.
        verify_keys(&mut connection, &keys.in_force().keys, keys.source())?;
        schema::migrate(&mut connection)?;
        remember_keys(&mut connection, keys)?;
        let slots_path = dir.join(SLOTS);
        let mut slots = Slots::open(&slots_path).map_err(StoreError::file(&slots_path))?;
        // The writer goes on with it, so that many secrets do not keep the first one waiting.
        let lost = survey::step(&connection, &mut slots)?.unwrap_or_default();
        let lost = Arc::new(Mutex::new(lost));
        let reader = slots.reader();
        let next_row = 1_i64.saturating_add(last_row(&connection)?);
        let head = trail::head(&connection)?;
        let blobs = blob_rows(&connection)?;
        let live_bytes = Arc::new(AtomicU64::new(live_bytes(&connection)?));
        let readers = (0..READERS)
            .map(|_| Ok(reader::Reader::start(connect_reader(path)?)))
            .collect::<Result<Vec<_>, OpenError>>()?;
        let engine = Self {
            writer: writer::Writer::start(
                connection,
                slots,
                head,
                Arc::clone(keys),
                Arc::clone(&live_bytes),
                Arc::clone(&lost),
            ),
            readers,
            turn: AtomicUsize::new(0),
            next_row: AtomicI64::new(next_row),
            slots: reader,
            lost,
            live_bytes,
        };
        Ok((engine, blobs))
    }

    /// A row number that nobody else gets.
    pub(crate) fn reserve(&self) -> Row {
        Row::new(self.next_row.fetch_add(1, Ordering::Relaxed))
    }

    /// The sum of the sizes of all payloads, in bytes.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live_bytes.load(Ordering::Relaxed)
    }

    /// Rows whose keys turned out to be missing since the store was opened; each is told once.
    pub(crate) fn take_lost(&self) -> Vec<Row> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The wrapped key of `row`; `None` when it was destroyed.
    pub(crate) fn wrapped_key(
        &self,
        row: Row,
        place: KeyPlace,
    ) -> Result<Option<(RingId, WrappedKey)>> {
        let KeyPlace::Slot(ring, slot) = place else { return Ok(None) };
        let key = self.slots.read(slot, row).map_err(StoreError::file(SLOTS))?;
        Ok(key.map(|key| (ring, key)))
    }

    /// Runs `unit` in a transaction; answers when it is on disk.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.writer.run(unit).await
    }

    /// Has the log emptied, whether or not there is a moment without work.
    pub(crate) fn empty_log(&self) {
        self.writer.empty_log();
    }

    /// Runs `query` on one reader's view.
    pub(crate) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let turn = turn.checked_rem(self.readers.len()).unwrap_or(0);
        let reader = self.readers.get(turn).ok_or(StoreError::Closed)?;
        reader.run(query).await
    }
}

/// Calls a damaged database and a full disk what they are: the engine names neither the file nor what to do.
fn named(error: OpenError, path: &Path) -> OpenError {
    if matches!(&error, OpenError::Store(error) if error.is_full()) {
        return OpenError::Full(path.to_owned());
    }
    if let OpenError::Store(StoreError::Engine(engine)) = &error
        && let Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =
            engine.sqlite_error_code()
    {
        return OpenError::Damaged(path.to_owned());
    }
    error
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    // For its owner alone, and with it what SQLite puts beside it.
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    file.map_err(StoreError::file(path))?;
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Every commit is on disk before it is answered.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    // Nobody else writes. Emptying the log waits for whoever reads at that moment, and for nobody who
    // goes on for longer.
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", "ON")?;
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Refuses keys that did not make this database (R6).
fn verify_keys(
    connection: &mut Connection,
    keys: &ServerKeys,
    source: &KeySource,
) -> Result<(), OpenError> {
    if schema::found(connection)? == 0 {
        return Ok(());
    }
    let known = ring::known_keys(&SqliteTransaction::reading(connection))?;
    keys.fit(&known, TURN).map_err(|misfit| misfit.of(source))
}

/// Writes down which keys belong to this database, so that others are refused, and which of the ring
/// wraps.
fn remember_keys(connection: &mut Connection, keys: &Keyring) -> Result<(), OpenError> {
    let InForce { keys: all, active } = keys.in_force();
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // Nothing else of the store is there yet: these units need nothing but the database.
    let tx = &mut SqliteTransaction::reading(connection);
    mailbox::ready(Remember { keys: all, turn: TURN }.run(tx))?
        .map_err(|misfit| misfit.of(keys.source()))?;
    mailbox::ready(Activate(active).run(tx))?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn blob_rows(connection: &Connection) -> Result<HashSet<Row>, OpenError> {
    let mut statement = connection.prepare("SELECT row FROM payloads WHERE body IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0).map(Row::new))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

fn live_bytes(connection: &Connection) -> Result<u64, OpenError> {
    let sql = "SELECT value FROM meta WHERE name = 'live bytes'";
    let sum: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(sum.and_then(|sum| sum.try_into().ok()).map_or(0, u64::from_be_bytes))
}

fn last_row(connection: &Connection) -> Result<i64, OpenError> {
    let sql = "SELECT max(coalesce((SELECT max(row) FROM secrets), 0),
                          coalesce((SELECT max(row) FROM uploads), 0),
                          coalesce((SELECT max(row) FROM events WHERE row IS NOT NULL), 0))";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
