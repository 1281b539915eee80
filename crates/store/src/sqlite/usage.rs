//! How much room the payloads of one owner take.
//!
//! A batch counts in memory, and writes down what came of it once, before its commit: most of what comes
//! at the same time comes from few, and goes again.

use std::collections::BTreeMap;

use domain::hashes::KeyedHash;
use rusqlite::{Connection, OptionalExtension as _};

use super::transaction::SqliteTransaction;
use crate::port::{Result, Usage};

/// What happens to a payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Came,
    Went,
}

/// What a batch has counted and not yet written, in its order.
#[derive(Default)]
pub(super) struct Counted(Vec<(Vec<u8>, i64, i64)>);

impl Counted {
    /// Counts one payload of `owner`.
    pub(super) fn count(&mut self, owner: Vec<u8>, size: u64, change: Change) {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        self.0.push(match change {
            Change::Came => (owner, size, 1),
            Change::Went => (owner, size.saturating_neg(), -1),
        });
    }

    /// How much there is.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what came after the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    fn of(&self, owner: &[u8]) -> (i64, i64) {
        let ours = self.0.iter().filter(|(counted, ..)| counted == owner);
        ours.fold((0, 0), |sum, (_, bytes, secrets)| add(sum, (*bytes, *secrets)))
    }

    /// Writes all of it. Nothing is left of somebody who has nothing.
    pub(super) fn write(&self, connection: &Connection) -> Result<()> {
        let mut sums = BTreeMap::<&[u8], (i64, i64)>::new();
        for (owner, bytes, secrets) in &self.0 {
            let sum = sums.entry(owner).or_default();
            *sum = add(*sum, (*bytes, *secrets));
        }
        for (owner, (bytes, secrets)) in sums {
            if (bytes, secrets) == (0, 0) {
                continue;
            }
            let sql = "INSERT INTO usage (owner, bytes, secrets) VALUES (?1, ?2, ?3)
                 ON CONFLICT (owner) DO UPDATE
                 SET bytes = bytes + excluded.bytes, secrets = secrets + excluded.secrets";
            connection.prepare_cached(sql)?.execute((owner, bytes, secrets))?;
            let sql = "DELETE FROM usage WHERE owner = ?1 AND secrets <= 0";
            connection.prepare_cached(sql)?.execute([owner])?;
        }
        Ok(())
    }
}

const fn add(one: (i64, i64), other: (i64, i64)) -> (i64, i64) {
    (one.0.saturating_add(other.0), one.1.saturating_add(other.1))
}

pub(super) fn of(tx: &SqliteTransaction<'_>, owner: &KeyedHash) -> Result<Usage> {
    let sql = "SELECT bytes, secrets FROM usage WHERE owner = ?1";
    let written = tx
        .prepare(sql)?
        .query_row([owner.as_bytes()], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    let counted = tx.counted().map(|counted| counted.of(owner.as_bytes()));
    let (bytes, secrets) = add(written.unwrap_or_default(), counted.unwrap_or_default());
    Ok(Usage { bytes: number(bytes), secrets: number(secrets) })
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
