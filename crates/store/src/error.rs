//! What can go wrong in a store, by whose fault it is.
//!
//! Not finding something is no error: lookups return `Option`. A statement that touches another
//! number of rows than it must is one ([`StoreError::RowsAffected`]), because it means that two
//! parts of the house believe different things.

use std::io::ErrorKind;
use std::path::PathBuf;

use domain::secret::Row;
use rusqlite::{ErrorCode, ffi};

/// A store that could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The commit failed; nothing of the transaction is kept.
    #[error("the transaction could not be committed: {0}")]
    Commit(String),
    /// The answer to a commit was lost: it may be kept, or not. Nothing of it was given to anybody;
    /// asking again with the same claim token or idempotency key finds out.
    #[error("the database did not say whether the transaction was committed")]
    InDoubt,
    /// The disk has no room for the transaction; nothing of it is kept.
    #[error("the disk is full")]
    Full,
    /// The bucket of large payloads did not do what it was asked. Nothing of the transaction is kept.
    #[error("the bucket of large payloads: {0}")]
    Bucket(&'static str),
    /// The prefix of the bucket was bound to another database. Nothing was written or removed.
    #[error(
        "below the bucket's prefix lie the large payloads of another database: choose another prefix"
    )]
    ForeignBucket,
    /// Where a part belongs lies another one already.
    #[error("another part of row {} lies where this one belongs", .0.get())]
    Occupied(Row),
    /// The database cannot be reached, goes down, or is kept from its work. Nothing of the transaction is
    /// kept.
    #[error("the database cannot be reached, or cannot do it now: {0}")]
    Unreachable(String),
    /// PostgreSQL refused a statement; what it said, without values.
    #[error("the database refused a statement: {0}")]
    Statement(String),
    /// SQLite refused a statement.
    #[error("the database refused a statement: {0}")]
    Engine(#[from] rusqlite::Error),
    /// A row holds what no version of the program writes.
    #[error("{table} holds an impossible value in {column}, row {row}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        row: i64,
    },
    /// A file of the data directory could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// More requests wait for the writer than it is allowed to keep waiting.
    #[error("the store has too much to do")]
    Overloaded,
    /// A statement touched another number of rows than it must.
    #[error("{statement} touched {actual} rows, not {expected}")]
    RowsAffected {
        /// Which statement.
        statement: &'static str,
        /// How many rows it must touch.
        expected: usize,
        /// How many it touched.
        actual: usize,
    },
    /// The store is closing, or its thread is gone.
    #[error("the store is closed")]
    Closed,
    /// The database asks for a key of the ring that is not in force here.
    #[error("key {0} of the ring is not there: put the server's keys in their place")]
    NoRing(u8),
    /// A payload does not open with the server's keys. Nothing was consumed (R6).
    #[error("the payload of row {} does not open with the server's keys", .0.get())]
    Undecryptable(Row),
}

impl StoreError {
    /// Whether the disk has no room: nothing is broken, and it goes on when there is room again.
    pub fn is_full(&self) -> bool {
        match self {
            Self::File { source, .. } => {
                matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            // What is mapped beside the database finds no room in words of its own.
            Self::Engine(error) => error.sqlite_error().is_some_and(|error| {
                error.code == ErrorCode::DiskFull
                    || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE
            }),
            Self::Full => true,
            Self::Bucket(_)
            | Self::Commit(_)
            | Self::ForeignBucket
            | Self::InDoubt
            | Self::Occupied(_)
            | Self::Unreachable(_)
            | Self::Statement(_)
            | Self::Inconsistent { .. }
            | Self::Overloaded
            | Self::RowsAffected { .. }
            | Self::Closed
            | Self::NoRing(_)
            | Self::Undecryptable(_) => false,
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// Why a data directory cannot be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database's own check finds it damaged.
    #[error("{} is damaged: put back a copy, and look at the disk. Nothing was changed", .0.display())]
    Damaged(PathBuf),
    /// Another process has it.
    #[error("{} is in use by another process: stop that one first, or choose another directory", .0.display())]
    InUse(PathBuf),
    /// The system does not let this user make or open the directory.
    #[error(
        "{dir} cannot be made or opened by this user: run the program as its owner, or make it for \
         the user that runs the program (install -d -m 700 -o USER {dir})", dir = .0.display()
    )]
    Denied(PathBuf),
    /// There is no database, and there are keys or files of secrets that only it knows.
    #[error(
        "{} holds secrets' keys or files and no database: put sigill.db back. Nothing was changed. \
         To begin anew, choose an empty directory", .0.display()
    )]
    DatabaseMissing(PathBuf),
    /// There is no room for what a start has to write.
    #[error("{} has no room to be opened: make room on its disk. Nothing was lost", .0.display())]
    Full(PathBuf),
    /// Everything has moved to the other engine.
    #[error(
        "everything has moved away from {}: start the server with the --database that it moved to. \
         Nothing was changed", .0.display()
    )]
    Moved(PathBuf),
    /// The keys are not what this program writes.
    #[error("{keys}: {reason}. Nothing was changed")]
    Keys {
        /// What they are called.
        keys: String,
        /// What is wrong with them, without their content.
        reason: &'static str,
    },
    /// The program that prints the keys did not.
    #[error("{keys} {fault}. Nothing was changed")]
    KeysCommand {
        /// What it is called.
        keys: String,
        /// What happened.
        fault: String,
    },
    /// There is a database, and not the keys that sealed it.
    #[error(
        "{0} is missing: put it back, or copy it from a node that has it. Nothing was changed, and every \
         secret opens again once it is there"
    )]
    KeysMissing(String),
    /// Others than its owner may have read the keys (R47).
    #[error(
        "{keys} has mode {mode:o}, so others may have read it: chmod 600 {path}, and ask who could. \
         Nothing was changed", path = path.display()
    )]
    KeysOpen {
        /// What they are called.
        keys: String,
        /// Their file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There are no keys yet, and they are not for the program to make.
    #[error(
        "{0} is not there: `sigill keys-at-rest new` prints fresh keys to put there. If this server had \
         keys before, put those there. Nothing was changed"
    )]
    NoKeys(String),
    /// The keys are not those that sealed this database.
    #[error(
        "{0} does not belong to this database: put back what was made with it. Nothing was changed, and \
         every secret opens again once it is back"
    )]
    WrongKeys(String),
    /// A key of the ring that is needed is not there.
    #[error(
        "{keys} has no ring {ring}, and what is kept there is sealed with it, secrets that wait or what is \
         known about people: put the line back. Nothing was changed"
    )]
    MissingKey {
        /// What they are called.
        keys: String,
        /// The number of the key.
        ring: u8,
    },
    /// The file of the anchor holds something else.
    #[error(
        "{} is no anchor: if nothing else is meant to be there, remove it, and make sure that the database is \
         the latest there is. Nothing was changed", .0.display()
    )]
    NoAnchor(PathBuf),
    /// The database is older than the anchor: what was opened or burned since would be back (R56).
    #[error(
        "the database ends with event {found}, and {} knows of event {known}: it is an older copy, in which \
         secrets wait that were opened or burned since. Put back the latest one; or, if this is the latest \
         there is, start once with --after-restore, which ends every secret that waits. Nothing was \
         changed", anchor.display()
    )]
    Older {
        /// The anchor's file.
        anchor: PathBuf,
        /// The last event that the anchor knows.
        known: i64,
        /// The last event of the database.
        found: i64,
    },
    /// The anchor has seen another trail.
    #[error(
        "event {known} of the database is not the one that {} knows: it is another server's, or an older \
         copy that went on without it. Put back the right one; or, if this is the one, start once with \
         --after-restore, which ends every secret that waits. Nothing was changed", anchor.display()
    )]
    AnotherTrail {
        /// The anchor's file.
        anchor: PathBuf,
        /// The last event that the anchor knows.
        known: i64,
    },
    /// A database from a later version.
    #[error("the database has schema {found}, this program knows {known}: start the newer program")]
    Newer {
        /// The database's schema.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// A backup that is none, or would overwrite something.
    #[error("{} {reason}. Nothing was changed", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The audit trail is not whole.
    #[error("the audit trail is not whole: {0}. Nothing was changed")]
    Trail(String),
    /// The database of several nodes cannot be used as it is.
    #[error("database: {0}")]
    Database(String),
    /// The database of several nodes cannot be reached.
    #[error(
        "database: {target} cannot be reached ({reason}): start it, or correct the address, the user or \
         the password"
    )]
    Unreachable {
        /// The address, without a password.
        target: String,
        /// What happened.
        reason: String,
    },
    /// The database or a file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
