//! A database that has come whole: checked, and put where it belongs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use domain::secret::Row;
use rusqlite::Connection;

use super::super::transaction::SqliteTransaction;
use super::super::{SLOTS, inspect, trail};
use super::has_keys;
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::error::OpenError;
use crate::port::{Result, Slot};
use crate::slots::create_slots;

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
    pub(super) fn check(part: PathBuf) -> Result<Self, OpenError> {
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
