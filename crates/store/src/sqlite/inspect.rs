//! A look at a database that changes nothing, while a server may be running on it.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::transaction::SqliteTransaction;
use super::{
    DATABASE, bookkeeping, has_remains, is_fresh, live_bytes, named, ring, schema, trail,
    verify_keys,
};
use crate::anchor::Reach;
use crate::error::OpenError;
use crate::inspect::Database;
use crate::keys::{KeySource, ServerKeys};

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
        let (time_mark, trail, rings) = (None, Ok(0), Vec::new());
        return Ok(Database { schema, known, live_bytes: 0, time_mark, trail, rings });
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
    Ok(Database { schema, known: schema::known(), live_bytes, time_mark, trail, rings })
}
