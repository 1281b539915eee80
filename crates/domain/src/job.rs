//! Work that a change leaves behind, kept as a row of the same transaction.

use crate::secret::Row;
use crate::time::Timestamp;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Remove the file that held a large payload. Its key is gone already; this frees the disk.
    RemoveBlob(Row),
}

/// A job's number in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobId(pub i64);

/// A job that is due.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What is to be done.
    pub task: Task,
    /// How often it was tried and failed.
    pub attempts: u32,
    /// Until when nobody else does it. Whoever takes longer has lost it.
    pub leased_until: Timestamp,
}
