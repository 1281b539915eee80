//! Statements that both engines run alike, as SQLite runs them.

use rusqlite::params_from_iter;

use super::moving::value;
use super::transaction::SqliteTransaction;
use crate::port::Result;
use crate::rows::{Found, Statement, Value};

pub(super) fn find(
    tx: &SqliteTransaction<'_>,
    statement: &Statement,
    values: &[Value],
) -> Result<Vec<Found>> {
    let mut prepared = tx.prepare(&statement.for_sqlite())?;
    let count = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let read = |place| Ok(value(row.get_ref(place)?));
        found.push(statement.found((0..count).map(read).collect::<Result<_>>()?));
    }
    Ok(found)
}

pub(super) fn change(
    tx: &SqliteTransaction<'_>,
    statement: &Statement,
    values: &[Value],
) -> Result<usize> {
    tx.any(&statement.for_sqlite(), params_from_iter(values))
}
