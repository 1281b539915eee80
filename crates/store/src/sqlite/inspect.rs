//! A look at a database that changes nothing, while a server may be running on it.

use std::path::Path;

use domain::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::{DATABASE, live_bytes, schema};
use crate::error::OpenError;
use crate::inspect::Database;
use crate::keys::ServerKeys;

/// Looks at the database in `dir`; `None` when there is none.
pub(crate) fn inspect(
    dir: &Path,
    keys: Option<&ServerKeys>,
    keys_path: &Path,
) -> Result<Option<Database>, OpenError> {
    let path = dir.join(DATABASE);
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&path, flags)?;
    let schema = schema::found(&connection)?;
    if schema == 0 {
        let known = schema::known();
        return Ok(Some(Database { schema, known, live_bytes: 0, time_mark: None }));
    }
    let meta = |name: &str| -> Result<Option<Vec<u8>>, OpenError> {
        let sql = "SELECT value FROM meta WHERE name = ?1";
        Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
    };
    let fits = match (meta("keys")?, keys) {
        (Some(verifier), Some(keys)) => verifier == keys.verifier(),
        (Some(_), None) => false,
        (None, _) => true,
    };
    if !fits {
        return Err(OpenError::WrongKeys(keys_path.to_owned()));
    }
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(OpenError::Damaged(path));
    }
    let mark = meta("time")?.and_then(|bytes| bytes.try_into().ok());
    Ok(Some(Database {
        schema,
        known: schema::known(),
        live_bytes: live_bytes(&connection)?,
        time_mark: mark.map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes))),
    }))
}
