//! A row of SQLite, read strictly.

use crate::codec::Columns;
use crate::port::Result;

/// A row of one table.
pub(super) struct SqliteColumns<'a, 'b> {
    pub(super) table: &'static str,
    pub(super) id: i64,
    pub(super) row: &'a rusqlite::Row<'b>,
}

impl Columns for SqliteColumns<'_, '_> {
    fn table(&self) -> &'static str {
        self.table
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn nullable(&self, column: &'static str) -> Result<Option<i64>> {
        Ok(self.row.get(column)?)
    }

    fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes = self.row.get_ref(column)?;
        let bytes = bytes.as_blob().map_err(|_| self.impossible(column))?;
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    fn text(&self, column: &'static str) -> Result<String> {
        Ok(self.row.get(column)?)
    }
}
