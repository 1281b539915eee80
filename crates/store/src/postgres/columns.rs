//! A row of PostgreSQL, read strictly.

use tokio_postgres::Row;

use crate::codec::Columns;
use crate::port::Result;

/// A row of one table.
pub(super) struct PgColumns<'a> {
    table: &'static str,
    id: i64,
    row: &'a Row,
}

impl<'a> PgColumns<'a> {
    /// `row` of `table`, whose number stands in the column `key`.
    pub(super) fn new(table: &'static str, key: &'static str, row: &'a Row) -> Result<Self> {
        Ok(Self { table, id: row.try_get(key)?, row })
    }
}

impl Columns for PgColumns<'_> {
    fn table(&self) -> &'static str {
        self.table
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn nullable(&self, column: &'static str) -> Result<Option<i64>> {
        Ok(self.row.try_get(column)?)
    }

    fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes: &[u8] = self.row.try_get(column)?;
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    fn text(&self, column: &'static str) -> Result<String> {
        Ok(self.row.try_get(column)?)
    }
}
