//! A look at a database that changes nothing, while a server may be running on it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::transaction::SqliteTransaction;
use super::{
    DATABASE, bookkeeping, has_remains, is_fresh, live_bytes, named, schema, trail, verify_keys,
};
use crate::error::OpenError;
use crate::inspect::Database;
use crate::keys::ServerKeys;

/// Looks at the database in `dir`; `None` when there is none.
pub(crate) fn inspect(
    dir: &Path,
    keys: Option<&ServerKeys>,
    keys_path: &Path,
) -> Result<Option<Database>, OpenError> {
    if is_fresh(dir)? {
        return if has_remains(dir)? {
            Err(OpenError::DatabaseMissing(dir.to_owned()))
        } else {
            Ok(None)
        };
    }
    let path = dir.join(DATABASE);
    look(&path, keys, keys_path).map(Some).map_err(|error| named(error, &path))
}

fn look(path: &Path, keys: Option<&ServerKeys>, keys_path: &Path) -> Result<Database, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let schema = schema::found(&connection)?;
    if schema == 0 {
        let known = schema::known();
        return Ok(Database { schema, known, live_bytes: 0, time_mark: None, trail: Ok(0) });
    }
    let keys = keys.ok_or_else(|| OpenError::KeysMissing(keys_path.to_owned()))?;
    verify_keys(&connection, keys, keys_path)?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OpenError::Damaged(path.to_owned()));
    }
    // One view for all: a server may be writing.
    connection.execute_batch("BEGIN")?;
    let view = SqliteTransaction::reading(&mut connection);
    let time_mark = bookkeeping::time_mark(&view)?;
    let trail = trail::verify(&view)?;
    let live_bytes = live_bytes(&connection)?;
    Ok(Database { schema, known: schema::known(), live_bytes, time_mark, trail })
}
