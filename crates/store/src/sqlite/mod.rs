//! SQLite behind the port: one writer with group commit, readers beside it.
//!
//! The writer thread owns the only connection that writes ([`writer`]). Readers have connections of
//! their own that cannot write ([`reader`]). Both run the same use cases on [`transaction`], whose
//! methods are always ready, so a use case is polled once and is done.

mod bookkeeping;
mod claims;
mod codec;
mod port;
mod reader;
mod schema;
mod secrets;
mod trail;
mod transaction;
mod writer;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use domain::secret::Row;
use rusqlite::{Connection, OptionalExtension as _};

use crate::StoreError;
use crate::error::OpenError;
use crate::keys::ServerKeys;
use crate::port::{Query, Result, Slot, Unit};
use crate::slots::{SlotReader, Slots};

const DATABASE: &str = "sigill.db";
const SLOTS: &str = "secret.keys";
const READERS: usize = 2;

/// The engine: a writer, readers, and the numbers that are handed out.
pub(crate) struct Engine {
    writer: writer::Writer,
    readers: Vec<reader::Reader>,
    turn: AtomicUsize,
    next_row: AtomicI64,
    slots: SlotReader,
    blob_rows: Vec<Row>,
    live_bytes: Arc<AtomicU64>,
}

/// Whether `dir` holds no database yet.
pub(crate) fn is_fresh(dir: &Path) -> bool {
    !dir.join(DATABASE).exists()
}

impl Engine {
    /// Opens the database in `dir`, brings its schema up to date, and overwrites every per-secret
    /// key that no payload refers to.
    pub(crate) fn open(dir: &Path, keys: &ServerKeys, keys_path: &Path) -> Result<Self, OpenError> {
        let path = dir.join(DATABASE);
        let mut connection = connect(&path)?;
        schema::migrate(&mut connection)?;
        verify_keys(&connection, keys, keys_path)?;
        let used = used_slots(&connection)?;
        let slots_path = dir.join(SLOTS);
        let slots = Slots::open(&slots_path, &used).map_err(StoreError::file(&slots_path))?;
        let reader = slots.reader();
        let next_row = 1_i64.saturating_add(last_row(&connection)?);
        let head = trail::head(&connection)?;
        let blob_rows = blob_rows(&connection)?;
        let live_bytes = Arc::new(AtomicU64::new(live_bytes(&connection)?));
        let readers = (0..READERS)
            .map(|_| Ok(reader::Reader::start(connect_reader(&path)?)))
            .collect::<Result<Vec<_>, OpenError>>()?;
        Ok(Self {
            writer: writer::Writer::start(connection, slots, head, Arc::clone(&live_bytes)),
            readers,
            turn: AtomicUsize::new(0),
            next_row: AtomicI64::new(next_row),
            slots: reader,
            blob_rows,
            live_bytes,
        })
    }

    /// A row number that nobody else gets.
    pub(crate) fn reserve(&self) -> Row {
        Row::new(self.next_row.fetch_add(1, Ordering::Relaxed))
    }

    /// The sum of the sizes of all payloads, in bytes.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live_bytes.load(Ordering::Relaxed)
    }

    /// The rows whose payload was a file when the store was opened.
    pub(crate) fn blob_rows(&self) -> &[Row] {
        &self.blob_rows
    }

    /// Reads per-secret keys.
    pub(crate) const fn slots(&self) -> &SlotReader {
        &self.slots
    }

    /// Runs `unit` in a transaction; answers when it is on disk.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Output> {
        self.writer.run(unit).await
    }

    /// Runs `query` on one reader's view.
    pub(crate) async fn read<Q: Query>(&self, query: Q) -> Result<Q::Output> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let turn = turn.checked_rem(self.readers.len()).unwrap_or(0);
        let reader = self.readers.get(turn).ok_or(StoreError::Closed)?;
        reader.run(query).await
    }
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Every commit is on disk before it is answered.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
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

/// Refuses keys that did not make this database, before anything is read or changed (R6).
fn verify_keys(connection: &Connection, keys: &ServerKeys, path: &Path) -> Result<(), OpenError> {
    let known: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM meta WHERE name = 'keys'", [], |row| row.get(0))
        .optional()?;
    let verifier = keys.verifier();
    match known {
        Some(known) if known == verifier => Ok(()),
        Some(_) => Err(OpenError::WrongKeys(path.to_owned())),
        None => {
            connection
                .execute("INSERT INTO meta (name, value) VALUES ('keys', ?1)", [&verifier[..]])?;
            Ok(())
        }
    }
}

fn used_slots(connection: &Connection) -> Result<BTreeSet<Slot>, OpenError> {
    let mut statement = connection.prepare("SELECT slot FROM payloads")?;
    let slots = statement.query_map([], |row| row.get(0).map(Slot))?;
    Ok(slots.collect::<std::result::Result<_, _>>()?)
}

fn blob_rows(connection: &Connection) -> Result<Vec<Row>, OpenError> {
    let mut statement = connection.prepare("SELECT row FROM payloads WHERE body IS NULL")?;
    let rows = statement.query_map([], |row| row.get(0).map(Row::new))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

fn live_bytes(connection: &Connection) -> Result<u64, OpenError> {
    let sql = "SELECT coalesce(sum(size), 0) FROM secrets WHERE standing < 4";
    let sum: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(sum).unwrap_or(0))
}

fn last_row(connection: &Connection) -> Result<i64, OpenError> {
    let sql = "SELECT max(coalesce((SELECT max(row) FROM secrets), 0),
                          coalesce((SELECT max(row) FROM events), 0))";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
