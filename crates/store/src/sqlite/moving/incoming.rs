//! A database that is written, beside its place.

use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::super::schema;
use super::{KEYS, Whole, part};
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::error::OpenError;
use crate::moving::tables::{Kind, MovingPayload, Table, Value};
use crate::port::Result;

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A database that is written, beside its place, and put there when it is whole.
pub(crate) struct Incoming {
    connection: Connection,
    part: PathBuf,
    slots: u32,
    with_keys: bool,
}

impl Incoming {
    /// A fresh database that becomes `path`. With keys it has a table for them.
    pub(crate) fn create(path: &Path, with_keys: bool) -> Result<Self, OpenError> {
        let part = part(path)?;
        let mut connection = Connection::open(&part)?;
        connection.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")?;
        schema::migrate(&mut connection)?;
        connection.execute_batch("BEGIN")?;
        if with_keys {
            connection.execute_batch(KEYS)?;
        }
        Ok(Self { connection, part, slots: 0, with_keys })
    }

    pub(crate) fn insert(&self, table: &Table, rows: &[Vec<Value>]) -> Result<()> {
        let places: Vec<String> =
            (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
        let (name, list, places) = (table.name, table.list(), places.join(", "));
        let sql = format!("INSERT INTO {name} ({list}) VALUES ({places})");
        let mut statement = self.connection.prepare_cached(&sql)?;
        for row in rows {
            let fits = row.iter().zip(table.columns).all(|(value, (_, kind))| is(value, *kind));
            if !fits || row.len() != table.columns.len() {
                return Err(StoreError::Inconsistent { table: name, column: "any", row: 0 });
            }
            statement.execute(params_from_iter(row))?;
        }
        Ok(())
    }

    pub(crate) fn insert_payloads(&mut self, payloads: &[MovingPayload]) -> Result<()> {
        let sql = "INSERT INTO payloads (row, ring, slot, owner, body)
             VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = self.connection.prepare_cached(sql)?;
        for payload in payloads {
            let MovingPayload { row, ring, owner, body, .. } = payload;
            statement.execute((row, ring, self.slots, owner, body))?;
            self.slots = self.slots.saturating_add(1);
            if let (Some(key), true) = (&payload.key, self.with_keys) {
                keep_key(&self.connection, payload.row, payload.ring, key)?;
            }
        }
        Ok(())
    }

    /// Makes it whole: on disk and checked. It is not in its place yet.
    pub(crate) fn finish(self) -> Result<Whole, OpenError> {
        let sql = "SELECT coalesce(sum(size), 0) FROM (
                 SELECT size FROM secrets WHERE standing < 4 UNION ALL SELECT size FROM uploads)";
        let sum: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        let sql = "INSERT INTO meta (name, value) VALUES ('live bytes', ?1)";
        self.connection.execute(sql, [&sum.to_be_bytes()[..]])?;
        self.connection.execute_batch("COMMIT")?;
        let Self { connection, part, .. } = self;
        drop(connection);
        Whole::check(part)
    }
}

const fn is(value: &Value, kind: Kind) -> bool {
    matches!(
        (value, kind),
        (Value::Null, _)
            | (Value::Integer(_), Kind::Integer)
            | (Value::Bytes(_), Kind::Bytes)
            | (Value::Text(_), Kind::Text)
    )
}

pub(super) fn keep_key(
    connection: &Connection,
    row: i64,
    ring: i64,
    key: &WrappedKey,
) -> Result<()> {
    let sql = "INSERT INTO secret_keys (row, ring, key) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute((row, ring, key.as_bytes()))?;
    Ok(())
}
