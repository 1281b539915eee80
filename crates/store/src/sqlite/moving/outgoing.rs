//! A database that is read on its way out, with the keys of secrets from wherever they are.

use std::collections::BTreeMap;
use std::path::Path;

use domain::secret::Row;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _};

use super::super::transaction::SqliteTransaction;
use super::super::{DATABASE, SLOTS, inspect, named, ring, schema};
use super::has_keys;
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::error::OpenError;
use crate::keys::KnownKeys;
use crate::moving::tables::{MovingPayload, Table, Value};
use crate::port::{Result, Slot};
use crate::slots::SlotReader;

/// A database that is read.
pub(crate) struct Outgoing {
    connection: Connection,
    keys: Keys,
    /// How far each table was read.
    read: BTreeMap<&'static str, i64>,
}

/// Where the keys of payloads are.
enum Keys {
    /// They stay behind.
    None,
    /// In the slots of a data directory.
    Slots(SlotReader),
    /// In a table: this is a backup with keys.
    Table,
}

impl Outgoing {
    /// The database in the data directory `dir`, with its keys.
    pub(crate) fn directory(dir: &Path) -> Result<Self, OpenError> {
        let connection = view(&dir.join(DATABASE))?;
        let path = dir.join(SLOTS);
        let slots = SlotReader::open(&path).map_err(StoreError::file(path))?;
        let keys = slots.map_or(Keys::None, Keys::Slots);
        Ok(Self { connection, keys, read: BTreeMap::new() })
    }

    /// A backup, with its keys if it holds them.
    pub(crate) fn backup(path: &Path) -> Result<Self, OpenError> {
        let connection = view(path)?;
        let keys = if has_keys(&connection)? { Keys::Table } else { Keys::None };
        Ok(Self { connection, keys, read: BTreeMap::new() })
    }

    /// A database that was left, or has arrived and is not in its place: to look at.
    pub(crate) fn left(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: view(path)?, keys: Keys::None, read: BTreeMap::new() })
    }

    /// Where its trail ends.
    pub(crate) fn trail_end(&self) -> Result<Vec<u8>> {
        let sql = "SELECT value FROM meta WHERE name = 'trail'";
        let found = self.connection.query_row(sql, [], |row| row.get(0)).optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Whether a copy was put back there, and what waits in it has not been ended.
    pub(crate) fn is_restored(&self) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'restored')";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    pub(crate) fn has_keys(&self) -> bool {
        !matches!(self.keys, Keys::None)
    }

    /// The next rows of `table`, up to `limit`; none when there are no more.
    pub(crate) fn page(&mut self, table: &Table, limit: u32) -> Result<Vec<Vec<Value>>> {
        let (list, name) = (table.list(), table.name);
        let sql =
            format!("SELECT rowid, {list} FROM {name} WHERE rowid > ?1 ORDER BY rowid LIMIT ?2");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = self.read.entry(name).or_insert(i64::MIN);
        let mut found = statement.query((*read, limit))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            *read = row.get(0)?;
            let values = (1..=table.columns.len()).map(|column| Ok(value(row.get_ref(column)?)));
            rows.push(values.collect::<Result<_>>()?);
        }
        Ok(rows)
    }

    /// The next payloads, up to `limit`; none when there are no more.
    pub(crate) fn payloads(&mut self, limit: u32) -> Result<Vec<MovingPayload>> {
        let sql = "SELECT row, ring, slot, owner, body FROM payloads WHERE row > ?1 ORDER BY row LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let read = self.read.get("payloads").copied().unwrap_or(i64::MIN);
        let mut found = statement.query((read, limit))?;
        let mut payloads = Vec::new();
        while let Some(found) = found.next()? {
            let (row, slot): (i64, i64) = (found.get("row")?, found.get("slot")?);
            let key = self.key(row, slot)?;
            payloads.push(MovingPayload {
                row,
                ring: found.get("ring")?,
                key,
                owner: found.get("owner")?,
                body: found.get("body")?,
            });
        }
        drop(found);
        drop(statement);
        if let Some(last) = payloads.last() {
            self.read.insert("payloads", last.row);
        }
        Ok(payloads)
    }

    pub(super) fn key(&self, row: i64, slot: i64) -> Result<Option<WrappedKey>> {
        match &self.keys {
            Keys::None => Ok(None),
            Keys::Slots(slots) => {
                let Ok(slot) = u32::try_from(slot).map(Slot) else { return Ok(None) };
                slots.read(slot, Row::new(row)).map_err(StoreError::file(SLOTS))
            }
            Keys::Table => {
                let sql = "SELECT key FROM secret_keys WHERE row = ?1";
                let mut statement = self.connection.prepare_cached(sql)?;
                let key = statement.query_row([row], |found| found.get(0)).optional()?;
                Ok(key.map(WrappedKey::from_bytes))
            }
        }
    }

    /// How many rows `table` has.
    pub(crate) fn count(&self, table: &str) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {table}");
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// The keys of the server that the database remembers.
    pub(crate) fn known_keys(&mut self) -> Result<KnownKeys> {
        ring::known_keys(&SqliteTransaction::reading(&mut self.connection))
    }
}

/// Opens a database to read one view of it. A newer one than this program's is refused, and one that is
/// damaged.
pub(super) fn view(path: &Path) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::NoBackup { path: path.to_owned(), reason: "is not there" });
    }
    let look = || -> Result<Connection, OpenError> {
        let connection = inspect::open(path)?;
        if schema::found(&connection)? < schema::known() {
            return Err(OpenError::NoBackup {
                path: path.to_owned(),
                reason: "was made by an earlier program: start this one on it first, in a directory of \
                         its own",
            });
        }
        connection.execute_batch("BEGIN")?;
        Ok(connection)
    };
    look().map_err(|error| named(error, path))
}

pub(crate) fn value(value: ValueRef<'_>) -> Value {
    match value {
        // No column holds a fraction.
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}
