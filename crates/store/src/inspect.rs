//! A look at a data directory or a database server: whether it is in use, whether its keys and its database are sound and
//! belong together. Changes nothing, and does not mind a server that is running.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use domain::Timestamp;
use domain::audit::TrailFault;

use crate::at_rest::RingId;
use crate::blobs::{Bucket, BucketTarget};
use crate::error::{OpenError, StoreError};
use crate::keys::KeySource;
use crate::postgres::{self, Target};
use crate::{directory, sqlite};

/// What a look at a database tells.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The keys of the ring, in the order of their numbers.
    pub rings: Vec<RingUse>,
    /// How many secrets wait, and how many of them have lost something that they need.
    pub waiting: Waiting,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many secrets.
    pub secrets: u64,
    /// How many have no key: nothing opens them any more.
    pub without_key: u64,
    /// How many are large and have no file in the data directory.
    pub without_file: u64,
}

/// What a look at a database server tells: what it promises, as far as Sigill relies on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its version, as it says it.
    pub version: String,
    /// Its time.
    pub time: Timestamp,
    /// The values of [`RELIED_ON`], in that order.
    pub settings: Vec<String>,
}

/// The settings of a database server that promises depend on.
pub const RELIED_ON: [&str; 5] =
    ["fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names", "autovacuum"];

/// What a look at a backup tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// How many events its trail has, or what is wrong with it.
    pub trail: Result<i64, TrailFault>,
    /// Whether it holds keys of secrets.
    pub with_keys: bool,
}

/// How much a key of the ring is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingUse {
    /// Its number.
    pub ring: RingId,
    /// How many secrets that wait have a key that it has wrapped.
    pub secrets: u64,
    /// Whether the key of what is known about people is one that it has wrapped.
    pub columns: bool,
    /// Whether it wraps what is new.
    pub active: bool,
}

impl RingUse {
    /// Whether nothing needs it any more.
    pub const fn is_over(&self) -> bool {
        self.secrets == 0 && !self.columns && !self.active
    }
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

/// Looks at the keys in `source` and at the database of `dir`; `None` when there is no database yet.
pub fn database(dir: &Path, source: &KeySource) -> Result<Option<Database>, OpenError> {
    sqlite::inspect(dir, source)
}

/// Looks at the keys in `source` and at the database of `target`; `None` when nothing was ever kept in it.
pub async fn remote(target: &Target, source: &KeySource) -> Result<Option<Database>, OpenError> {
    postgres::inspect(target, source).await
}

/// Looks at what the database server of `target` promises.
pub async fn server(target: &Target) -> Result<Server, OpenError> {
    postgres::server(target).await
}

/// Looks at the bucket of `target`, and whether it can be written: whether it was bound to the database
/// that belongs to the keys in `source`. Another database's is an error.
pub async fn bucket(target: &BucketTarget, source: &KeySource) -> Result<bool, OpenError> {
    // Without keys there is no database yet to which it could belong.
    let verifier = source.read()?.map_or([0; 32], |text| text.keys().verifier());
    Ok(Bucket::new(target, &verifier)?.look().await?)
}

/// Looks at the backup in the file `path`.
pub fn backup(path: &Path) -> Result<Backup, OpenError> {
    sqlite::inspect_backup(path)
}

/// How many bytes the file system of `dir` still takes.
pub fn free_space(dir: &Path) -> Result<u64, StoreError> {
    directory::free_space(dir)
}
