//! The transaction value of SQLite, and what it leaves to do around the commit.
//!
//! Per-secret keys live outside the database, so a transaction collects what must be written to the
//! key file before its commit and what must be overwritten after it ([`Effects`]).

use std::sync::atomic::{AtomicU64, Ordering};

use domain::audit::Head;
use domain::secret::Row;
use rusqlite::{Connection, Params, Statement};

use super::survey;
use super::usage::{Change, Counted};
use crate::StoreError;
use crate::at_rest::WrappedKey;
use crate::keys::keyring::{InForce, Keyring};
use crate::port::{Result, Slot};
use crate::slots::Slots;

/// What a batch of transactions leaves to do around its commit.
#[derive(Default)]
pub(super) struct Effects {
    /// Slots that were filled: their keys are on disk before the commit.
    pub(super) filled: Vec<Slot>,
    /// Slots to overwrite after the commit.
    pub(super) destroyed: Vec<Slot>,
    /// Bytes of payloads that came.
    pub(super) grown: u64,
    /// Bytes of payloads that went.
    pub(super) shrunk: u64,
    /// Whose they are.
    pub(super) counted: Counted,
}

/// A point in a batch to which its effects can go back.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    filled: usize,
    destroyed: usize,
    grown: u64,
    shrunk: u64,
    counted: usize,
}

impl Effects {
    /// The sum of the sizes of all payloads once these are done, where it `was` that before.
    pub(super) fn live(&self, was: &AtomicU64) -> u64 {
        was.load(Ordering::Relaxed).saturating_add(self.grown).saturating_sub(self.shrunk)
    }

    /// This point.
    pub(super) const fn mark(&self) -> Mark {
        let (filled, destroyed) = (self.filled.len(), self.destroyed.len());
        let counted = self.counted.len();
        Mark { filled, destroyed, grown: self.grown, shrunk: self.shrunk, counted }
    }

    /// Forgets what came after `mark`. The slots that were filled since are no longer referred to.
    pub(super) fn back_to(&mut self, mark: Mark) -> Vec<Slot> {
        self.destroyed.truncate(mark.destroyed);
        self.counted.truncate(mark.counted);
        (self.grown, self.shrunk) = (mark.grown, mark.shrunk);
        self.filled.split_off(mark.filled)
    }
}

/// What only a writing transaction has.
pub(super) struct Writing<'a> {
    pub(super) keys: &'a Keyring,
    pub(super) slots: &'a mut Slots,
    pub(super) effects: &'a mut Effects,
    pub(super) head: &'a mut Head,
}

/// One transaction: a connection inside `BEGIN`, and what only a writer has.
pub(super) struct SqliteTransaction<'a> {
    connection: &'a mut Connection,
    writing: Option<Writing<'a>>,
}

impl<'a> SqliteTransaction<'a> {
    /// A transaction that only looks.
    pub(super) const fn reading(connection: &'a mut Connection) -> Self {
        Self { connection, writing: None }
    }

    /// A transaction that changes.
    pub(super) const fn writing(connection: &'a mut Connection, writing: Writing<'a>) -> Self {
        Self { connection, writing: Some(writing) }
    }

    /// What statements run on.
    pub(super) const fn connection(&self) -> &Connection {
        self.connection
    }

    /// Prepares a statement once for the connection's life.
    pub(super) fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Runs a statement that must touch exactly one row.
    pub(super) fn one(
        &self,
        statement: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<()> {
        let actual = Statement::execute(&mut *self.prepare(sql)?, params)?;
        if actual == 1 {
            Ok(())
        } else {
            Err(StoreError::RowsAffected { statement, expected: 1, actual })
        }
    }

    /// Runs a statement that may touch any number of rows.
    pub(super) fn any(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(Statement::execute(&mut *self.prepare(sql)?, params)?)
    }

    /// The server's keys.
    pub(super) fn in_force(&mut self) -> Result<InForce> {
        Ok(self.for_writing()?.keys.in_force())
    }

    /// The key of `row` in `slot`; `None` when it is not there.
    pub(super) fn key_in(&mut self, slot: Slot, row: Row) -> Result<Option<WrappedKey>> {
        self.for_writing()?.slots.read(slot, row).map_err(StoreError::file("secret.keys"))
    }

    /// Fills a fresh slot with the key of `row`, whose payload has `size` bytes.
    pub(super) fn keep_key(&mut self, row: Row, key: &WrappedKey, size: u64) -> Result<Slot> {
        let Self { connection, writing } = self;
        let writing = writing.as_mut().ok_or(StoreError::Closed)?;
        writing.effects.grown = writing.effects.grown.saturating_add(size);
        let failed = |error| StoreError::file("secret.keys")(error);
        let slot = loop {
            if let Some(slot) = writing.slots.take() {
                break slot;
            }
            let used = survey::used(connection, &writing.slots.growth().map_err(failed)?)?;
            writing.slots.grow(&used).map_err(failed)?;
        };
        writing.effects.filled.push(slot);
        writing.slots.write(slot, row, key);
        Ok(slot)
    }

    /// Overwrites `slot` once the transaction is committed.
    pub(super) fn destroy_key(&mut self, slot: Slot, size: u64) -> Result<()> {
        let effects = &mut *self.for_writing()?.effects;
        effects.shrunk = effects.shrunk.saturating_add(size);
        effects.destroyed.push(slot);
        Ok(())
    }

    /// Counts a payload that came to `owner`, or went.
    pub(super) fn count_usage(&mut self, owner: Vec<u8>, size: u64, change: Change) -> Result<()> {
        self.for_writing()?.effects.counted.count(owner, size, change);
        Ok(())
    }

    /// What was counted and is not yet written; readers count nothing.
    pub(super) fn counted(&self) -> Option<&Counted> {
        self.writing.as_ref().map(|writing| &writing.effects.counted)
    }

    /// The end of the audit chain.
    pub(super) fn head(&mut self) -> Result<&mut Head> {
        Ok(self.for_writing()?.head)
    }

    /// Readers cannot write: their connections refuse it, too.
    fn for_writing(&mut self) -> Result<&mut Writing<'a>> {
        self.writing.as_mut().ok_or(StoreError::Closed)
    }
}
