//! A row of SQLite, read strictly.

use std::cell::Cell;

use crate::codec::Columns;
use crate::port::Result;

/// A row of one table. Columns are asked for in about the order in which they were selected: each is
/// looked for from the one before it on.
pub(super) struct SqliteColumns<'a, 'b> {
    table: &'static str,
    id: i64,
    row: &'a rusqlite::Row<'b>,
    next: Cell<usize>,
}

impl<'a, 'b> SqliteColumns<'a, 'b> {
    /// A row of `table` that errors call `id`.
    pub(super) const fn new(table: &'static str, id: i64, row: &'a rusqlite::Row<'b>) -> Self {
        Self { table, id, row, next: Cell::new(0) }
    }

    /// Where `column` stands.
    fn place(&self, column: &str) -> Result<usize> {
        let columns = self.row.as_ref();
        let next = self.next.get();
        let mut after = next..columns.column_count();
        let is_it = |place: &usize| columns.column_name(*place).is_ok_and(|name| name == column);
        let place = match after.find(is_it) {
            Some(place) => place,
            None => columns.column_index(column)?,
        };
        self.next.set(place.saturating_add(1));
        Ok(place)
    }
}

impl Columns for SqliteColumns<'_, '_> {
    fn table(&self) -> &'static str {
        self.table
    }

    fn id(&self) -> i64 {
        self.id
    }

    fn nullable(&self, column: &'static str) -> Result<Option<i64>> {
        Ok(self.row.get(self.place(column)?)?)
    }

    fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes = self.row.get_ref(self.place(column)?)?;
        let bytes = bytes.as_blob().map_err(|_| self.impossible(column))?;
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    fn text(&self, column: &'static str) -> Result<String> {
        Ok(self.row.get(self.place(column)?)?)
    }
}
