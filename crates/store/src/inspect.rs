//! A look at a data directory or a database server: whether it is in use, whether its keys and its database are sound and
//! belong together. Changes nothing, and does not mind a server that is running.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use domain::Timestamp;
use domain::audit::TrailFault;

use crate::error::{OpenError, StoreError};
use crate::keys::ServerKeys;
use crate::postgres::{self, Target};
use crate::{directory, sqlite};

/// What a look at a database tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Database {
    /// The version of its schema.
    pub schema: i64,
    /// The version that this program brings it to.
    pub known: i64,
    /// The sum of the sizes of all payloads, in bytes.
    pub live_bytes: u64,
    /// The latest time that it has seen.
    pub time_mark: Option<Timestamp>,
    /// How many events the audit trail has, or what is wrong with it.
    pub trail: Result<i64, TrailFault>,
}

/// Whether a process holds `dir`.
pub fn is_in_use(dir: &Path) -> io::Result<bool> {
    let file = match File::open(dir.join("lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Looks at keys and database of `dir`; `None` when there is no database yet.
pub fn database(dir: &Path) -> Result<Option<Database>, OpenError> {
    let path = dir.join("server.keys");
    let keys = ServerKeys::read(&path)?;
    sqlite::inspect(dir, keys.as_ref(), &path)
}

/// Looks at the keys of `dir` and at the database of `target`; `None` when nothing was ever kept in it.
pub async fn remote(target: &Target, dir: &Path) -> Result<Option<Database>, OpenError> {
    let path = dir.join("server.keys");
    let keys = ServerKeys::read(&path)?;
    postgres::inspect(target, keys.as_ref(), &path).await
}

/// How many bytes the file system of `dir` still takes.
pub fn free_space(dir: &Path) -> Result<u64, StoreError> {
    directory::free_space(dir)
}
