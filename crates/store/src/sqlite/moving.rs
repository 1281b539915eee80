//! Rows of a SQLite database on the way out and in: backups, restores, migrations.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::secret::Row;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params_from_iter};

use super::transaction::SqliteTransaction;
use super::{DATABASE, SLOTS, inspect, ring, schema, trail};
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::error::OpenError;
use crate::keys::KnownKeys;
use crate::moving::tables::{Kind, MovingPayload, Table, Value};
use crate::port::{Result, Slot};
use crate::slots::{SlotReader, create_slots};

/// The table of keys in a backup that holds them. A database that runs has none: its keys lie in slots.
const KEYS: &str = "CREATE TABLE secret_keys (
    row INTEGER NOT NULL PRIMARY KEY,
    ring INTEGER NOT NULL,
    key BLOB NOT NULL
) STRICT";

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

    fn key(&self, row: i64, slot: i64) -> Result<Option<WrappedKey>> {
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
fn view(path: &Path) -> Result<Connection, OpenError> {
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
    look().map_err(|error| super::named(error, path))
}

pub(super) fn has_keys(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'secret_keys')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

pub(super) fn value(value: ValueRef<'_>) -> Value {
    match value {
        // No column holds a fraction.
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

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

fn keep_key(connection: &Connection, row: i64, ring: i64, key: &WrappedKey) -> Result<()> {
    let sql = "INSERT INTO secret_keys (row, ring, key) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute((row, ring, key.as_bytes()))?;
    Ok(())
}

/// The file beside `path` in which it grows, empty and for its owner alone.
fn part(path: &Path) -> Result<PathBuf, OpenError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let fresh = || {
        match fs::remove_file(&part) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed?,
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map(drop)
    };
    fresh().map_err(StoreError::file(&part))?;
    Ok(part)
}

/// A database beside its place that was found whole.
pub(crate) struct Whole {
    part: PathBuf,
    /// How many events its trail has.
    pub(crate) events: i64,
    /// How many secrets it knows.
    pub(crate) secrets: i64,
    /// How many of them wait.
    pub(crate) waiting: i64,
    /// Whether it holds the keys of those.
    pub(crate) with_keys: bool,
}

impl Whole {
    /// Checks the database in `part`: its pages, and its trail from the first event to the last.
    fn check(part: PathBuf) -> Result<Self, OpenError> {
        let mut connection = inspect::open(&part)?;
        let sound: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(OpenError::Damaged(part));
        }
        let trail = trail::verify(&SqliteTransaction::reading(&mut connection))?;
        let events = trail.map_err(|fault| OpenError::Trail(fault.to_string()))?;
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
        let secrets = count("SELECT count(*) FROM secrets")?;
        let waiting = count("SELECT count(*) FROM payloads")?;
        let with_keys = has_keys(&connection)?;
        Ok(Self { part, events, secrets, waiting, with_keys })
    }

    /// Lets what waits in it end at the first start: nobody knows what has happened to it since.
    pub(crate) fn mark_restored(&self) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO meta (name, value) VALUES ('restored', x'')";
        Connection::open(&self.part)?.execute_batch(sql)?;
        Ok(())
    }

    /// Puts it where it belongs, whole or not at all.
    pub(crate) fn place(&self, path: &Path) -> Result<()> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = dir.unwrap_or_else(|| Path::new("."));
        let place = || {
            File::open(&self.part)?.sync_all()?;
            fs::rename(&self.part, path)?;
            File::open(dir)?.sync_all()
        };
        place().map_err(StoreError::file(path))
    }

    /// Moves the keys that it holds into the slots of the data directory `dir`, out of the database.
    pub(crate) fn move_keys(&mut self, dir: &Path) -> Result<(), OpenError> {
        let connection = Connection::open(&self.part)?;
        let mut slots = BTreeMap::new();
        if has_keys(&connection)? {
            let sql = "SELECT p.slot, p.row, k.key FROM payloads AS p
                 JOIN secret_keys AS k ON k.row = p.row AND k.ring = p.ring";
            let mut statement = connection.prepare(sql)?;
            let mut found = statement.query([])?;
            while let Some(found) = found.next()? {
                let (slot, row) = (Slot(found.get(0)?), Row::new(found.get(1)?));
                slots.insert(slot, (row, WrappedKey::from_bytes(found.get(2)?)));
            }
        }
        let path = dir.join(SLOTS);
        create_slots(&path, &slots).map_err(StoreError::file(&path))?;
        if self.with_keys {
            // Their pages are written anew, so that no copy of a key is left in them.
            connection.execute_batch("DROP TABLE secret_keys; VACUUM")?;
            self.with_keys = false;
        }
        Ok(())
    }
}

/// Copies the database in the data directory `dir`, while a server may be running on it, into the file
/// that becomes `path`. What was destroyed in it is not in the copy.
pub(crate) fn copy(dir: &Path, path: &Path, with_keys: bool) -> Result<Whole, OpenError> {
    let source = dir.join(DATABASE);
    let part = part(path)?;
    let connection = view(&source)?;
    connection.execute_batch("COMMIT")?;
    // SQLite writes into an empty file that is there, and leaves its permissions.
    let target = part.to_str().ok_or_else(|| OpenError::NoBackup {
        path: part.clone(),
        reason: "has a name that is not UTF-8",
    })?;
    connection.execute("VACUUM INTO ?1", [target])?;
    drop(connection);
    if with_keys {
        let outgoing = Outgoing::directory(dir)?;
        let copy = Connection::open(&part)?;
        copy.execute_batch("BEGIN")?;
        copy.execute_batch(KEYS)?;
        copy_keys(&copy, &outgoing)?;
        copy.execute_batch("COMMIT")?;
    }
    Whole::check(part)
}

/// The keys of the payloads that are in the copy: what has ended since has none any more.
fn copy_keys(copy: &Connection, outgoing: &Outgoing) -> Result<()> {
    let mut statement = copy.prepare("SELECT row, ring, slot FROM payloads")?;
    let mut found = statement.query([])?;
    while let Some(found) = found.next()? {
        let (row, ring, slot): (i64, i64, i64) = (found.get(0)?, found.get(1)?, found.get(2)?);
        if let Some(key) = outgoing.key(row, slot)? {
            keep_key(copy, row, ring, &key)?;
        }
    }
    Ok(())
}

/// A copy of the backup in `path` that becomes the database of the data directory `dir`, checked.
pub(crate) fn restore(path: &Path, dir: &Path) -> Result<Whole, OpenError> {
    // Opened first, so that what is no backup is named as such.
    drop(view(path)?);
    let part = part(&dir.join(DATABASE))?;
    fs::copy(path, &part).map_err(StoreError::file(path))?;
    Whole::check(part)
}

/// Where the database of the data directory `dir` is.
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE)
}

/// Where the keys of its secrets are.
pub(crate) fn slots(dir: &Path) -> PathBuf {
    dir.join(SLOTS)
}
