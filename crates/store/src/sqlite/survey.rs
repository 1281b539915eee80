//! The survey of per-secret keys, a step at a time between two transactions: slots of the key file
//! beside the rows that refer to them. It never looks while a transaction runs, so every slot is either
//! referred to or free.

use std::ops::Range;

use domain::secret::Row;
use rusqlite::Connection;

use super::ring;
use crate::StoreError;
use crate::port::{Result, Slot};
use crate::slots::{STEP, Slots};

/// One step. Returns the rows whose keys are lost, or `None` when there is nothing to survey.
pub(super) fn step(connection: &Connection, slots: &mut Slots) -> Result<Option<Vec<Row>>> {
    let Some(range) = slots.to_survey() else { return Ok(None) };
    let used = used(connection, &range)?;
    slots.compare(&used).map(Some).map_err(StoreError::file("secret.keys"))
}

/// The slots in `range` that rows refer to, in order; no more than [`STEP`].
pub(super) fn used(connection: &Connection, range: &Range<u32>) -> Result<Vec<(Slot, Row)>> {
    // A number that is no slot belongs to a row that was damaged; the sweeper meets it there.
    let sql = "SELECT slot, row FROM payloads
         WHERE ring = ?1 AND slot >= ?2 AND slot < ?3 ORDER BY slot LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let mut used = Vec::new();
    // One or two: more only while keys are being wrapped anew.
    for number in ring::numbers(connection)? {
        let params = (number, range.start, range.end, STEP);
        let slots =
            statement.query_map(params, |row| Ok((Slot(row.get(0)?), Row::new(row.get(1)?))))?;
        for slot in slots {
            used.push(slot?);
        }
    }
    used.sort_unstable_by_key(|(slot, _)| *slot);
    used.truncate(usize::try_from(STEP).unwrap_or(usize::MAX));
    Ok(used)
}
