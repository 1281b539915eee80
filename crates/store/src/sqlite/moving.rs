//! Rows of a SQLite database on the way out and in: backups, restores, migrations.

mod incoming;
mod outgoing;
mod whole;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use self::incoming::keep_key;
use self::outgoing::view;
use super::{DATABASE, SLOTS};
use crate::StoreError;
use crate::error::OpenError;
use crate::port::Result;

pub(crate) use self::incoming::Incoming;
pub(crate) use self::outgoing::{Outgoing, value};
pub(crate) use self::whole::Whole;

/// The table of keys in a backup that holds them. A database that runs has none: its keys lie in slots.
const KEYS: &str = "CREATE TABLE secret_keys (
    row INTEGER NOT NULL PRIMARY KEY,
    ring INTEGER NOT NULL,
    key BLOB NOT NULL
) STRICT";

pub(super) fn has_keys(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'secret_keys')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
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
