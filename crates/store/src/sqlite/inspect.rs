//! A look at a database that changes nothing, while a server may be running on it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use domain::secret::Row;
use rusqlite::{Connection, OpenFlags};

use super::transaction::SqliteTransaction;
use super::{
    DATABASE, SLOTS, bookkeeping, has_remains, is_fresh, live_bytes, moving, named, ring, schema,
    trail, verify_keys,
};
use crate::anchor::Reach;
use crate::error::{OpenError, StoreError};
use crate::inspect::{Backup, Database, Waiting};
use crate::keys::{KeySource, ServerKeys};
use crate::port::Slot;
use crate::slots::SlotReader;

/// Looks at the database in `dir`; `None` when there is none.
pub(crate) fn inspect(dir: &Path, source: &KeySource) -> Result<Option<Database>, OpenError> {
    let keys = source.read()?.map(|text| text.keys());
    if is_fresh(dir)? {
        return if has_remains(dir)? {
            Err(OpenError::DatabaseMissing(dir.to_owned()))
        } else {
            Ok(None)
        };
    }
    let path = dir.join(DATABASE);
    let look = || look(open(&path)?, &path, keys.as_ref(), source);
    // Twice before it is called a fault: a server may have started under the first look.
    look().or_else(|_| look()).map(Some).map_err(|error| named(error, &path))
}

/// How many secrets wait in the database at `path`; the rows of those without a key, and without the file
/// that they have.
fn bare(connection: &Connection, path: &Path) -> Result<(u64, [BTreeSet<i64>; 2]), OpenError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let slots = dir.join(SLOTS);
    let reader = SlotReader::open(&slots).map_err(StoreError::file(&slots))?;
    let mut statement = connection.prepare("SELECT row, slot, body IS NULL FROM payloads")?;
    let mut rows = statement.query([])?;
    let (mut secrets, mut keyless, mut fileless) = (0_u64, BTreeSet::new(), BTreeSet::new());
    while let Some(found) = rows.next()? {
        let (row, slot, is_file): (i64, i64, bool) = (found.get(0)?, found.get(1)?, found.get(2)?);
        secrets = secrets.saturating_add(1);
        let key = match (&reader, u32::try_from(slot)) {
            (Some(reader), Ok(slot)) => {
                reader.read(Slot(slot), Row::new(row)).map_err(StoreError::file(&slots))?
            }
            _ => None,
        };
        if key.is_none() {
            keyless.insert(row);
        }
        if is_file && !dir.join("blobs").join(row.to_string()).exists() {
            fileless.insert(row);
        }
    }
    Ok((secrets, [keyless, fileless]))
}

/// Looks at a backup: the same database, with the keys of secrets in a table or without.
pub(crate) fn inspect_backup(path: &Path) -> Result<Backup, OpenError> {
    let look = || -> Result<Backup, OpenError> {
        let mut connection = still(path)?;
        if schema::found(&connection)? == 0 {
            return Err(OpenError::Damaged(path.to_owned()));
        }
        let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(OpenError::Damaged(path.to_owned()));
        }
        let with_keys = moving::has_keys(&connection)?;
        let trail = trail::verify(&SqliteTransaction::reading(&mut connection))?;
        Ok(Backup { trail, with_keys })
    };
    look().map_err(|error| named(error, path))
}

/// How far the trail of the database in `dir` reaches.
pub(crate) fn reach(dir: &Path, seq: i64) -> Result<Reach, OpenError> {
    if is_fresh(dir)? {
        return Ok(Reach { end: 0, hash: None });
    }
    let path = dir.join(DATABASE);
    let look = || -> Result<Reach, OpenError> { Ok(trail::reach(&open(&path)?, seq)?) };
    look().or_else(|_| look()).map_err(|error| named(error, &path))
}

/// Opens a database to look at it. Nobody has one open that has no log: then SQLite would make its log
/// and leave it, unless it is told that nothing changes.
pub(super) fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let mut log = OsString::from(path);
    log.push("-wal");
    if Path::new(&log).exists() { Connection::open_with_flags(path, FLAGS) } else { still(path) }
}

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Opens a database that does not change: without locks, and without files beside it.
fn still(path: &Path) -> Result<Connection, rusqlite::Error> {
    let scheme = if path.is_absolute() { "file://" } else { "file:" };
    let mut uri = scheme.to_owned();
    for byte in OsStr::new(path).as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            // A string takes everything.
            let _written = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(uri, FLAGS | OpenFlags::SQLITE_OPEN_URI)
}

fn look(
    mut connection: Connection,
    path: &Path,
    keys: Option<&ServerKeys>,
    source: &KeySource,
) -> Result<Database, OpenError> {
    let schema = schema::found(&connection)?;
    if schema == 0 {
        let known = schema::known();
        let (time_mark, trail, rings, waiting) = (None, Ok(0), Vec::new(), Waiting::default());
        return Ok(Database { schema, known, live_bytes: 0, time_mark, trail, rings, waiting });
    }
    let keys = keys.ok_or_else(|| OpenError::KeysMissing(source.to_string()))?;
    verify_keys(&mut connection, keys, source)?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OpenError::Damaged(path.to_owned()));
    }
    // One view for all: a server may be writing.
    connection.execute_batch("BEGIN")?;
    let view = SqliteTransaction::reading(&mut connection);
    let time_mark = bookkeeping::time_mark(&view)?;
    let trail = trail::verify(&view)?;
    let rings = ring::uses(&view)?;
    let live_bytes = live_bytes(&connection)?;
    let (secrets, mut bare) = bare(&connection, path)?;
    if bare.iter().any(|rows| !rows.is_empty()) {
        // What has ended since that view began is no fault.
        connection.execute_batch("COMMIT; BEGIN")?;
        let (_, again) = self::bare(&connection, path)?;
        for (rows, again) in bare.iter_mut().zip(again) {
            rows.retain(|row| again.contains(row));
        }
    }
    let [without_key, without_file] =
        bare.map(|rows| u64::try_from(rows.len()).unwrap_or(u64::MAX));
    let waiting = Waiting { secrets, without_key, without_file };
    let known = schema::known();
    Ok(Database { schema, known, live_bytes, time_mark, trail, rings, waiting })
}
