//! Rows that are asked for seldom, in statements that both engines run alike.
//!
//! Secrets have a hand-made path in each engine, because everything else depends on their speed. What
//! people and organisations need (accounts, keys, what a secret's owner adds) is written once, here in
//! this crate, as a [`Statement`]: nobody outside can make one, so no other room speaks SQL.

use crate::StoreError;
use crate::codec::Columns;
use crate::port::{Result, View};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A text.
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// A statement with its places for values: `?1` is the first.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    pub(crate) table: &'static str,
    columns: &'static [&'static str],
    rest: &'static str,
    verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Change,
    Find,
    Hold,
    Insert,
}

impl Statement {
    /// Finds these columns of the rows that `rest` says. The first column names a row in errors, when it
    /// is a number.
    pub(crate) const fn find(
        table: &'static str,
        columns: &'static [&'static str],
        rest: &'static str,
    ) -> Self {
        Self { table, columns, rest, verb: Verb::Find }
    }

    /// The same, and until the end of the transaction nobody else changes what it found.
    pub(crate) const fn hold(self) -> Self {
        Self { verb: Verb::Hold, ..self }
    }

    /// Inserts a row with these columns; `rest` says what to do when there is one.
    pub(crate) const fn insert(
        table: &'static str,
        columns: &'static [&'static str],
        rest: &'static str,
    ) -> Self {
        Self { table, columns, rest, verb: Verb::Insert }
    }

    /// Changes or deletes rows: the whole text.
    pub(crate) const fn change(table: &'static str, text: &'static str) -> Self {
        Self { table, columns: &[], rest: text, verb: Verb::Change }
    }

    /// The text as SQLite understands it: one writer holds everything anyway.
    pub(crate) fn for_sqlite(&self) -> String {
        let Self { table, columns, rest, verb } = self;
        let list = columns.join(", ");
        match verb {
            Verb::Find | Verb::Hold => format!("SELECT {list} FROM {table} {rest}"),
            Verb::Insert => {
                let places: Vec<String> =
                    (1..=columns.len()).map(|place| format!("?{place}")).collect();
                format!("INSERT INTO {table} ({list}) VALUES ({}) {rest}", places.join(", "))
            }
            Verb::Change => (*rest).to_owned(),
        }
    }

    /// The text as PostgreSQL understands it.
    pub(crate) fn for_postgres(&self) -> String {
        let lock = if self.verb == Verb::Hold { " FOR UPDATE" } else { "" };
        self.for_sqlite().replace('?', "$") + lock
    }

    /// A row that was found.
    pub(crate) const fn found(&self, values: Vec<Value>) -> Found {
        Found { table: self.table, columns: self.columns, values }
    }

    /// What to say of a value that no column holds.
    pub(crate) const fn misfit(&self) -> StoreError {
        StoreError::Inconsistent { table: self.table, column: "any", row: 0 }
    }
}

/// What a statement counts.
pub(crate) async fn count<V: View>(
    view: &mut V,
    statement: &Statement,
    values: &[Value],
) -> Result<u64> {
    let found = view.find(statement, values).await?;
    let count = found.first().map(|found| found.integer("count(*)")).transpose()?.unwrap_or(0);
    u64::try_from(count).map_err(|_| statement.misfit())
}

/// A row that was found, read strictly by the names of its columns.
#[derive(Clone, Debug)]
pub struct Found {
    table: &'static str,
    columns: &'static [&'static str],
    values: Vec<Value>,
}

impl Found {
    fn value(&self, column: &'static str) -> Result<&Value> {
        let place = self.columns.iter().position(|name| *name == column);
        place.and_then(|place| self.values.get(place)).ok_or_else(|| self.impossible(column))
    }

    /// Bytes of any length, or nothing.
    pub(crate) fn any_bytes(&self, column: &'static str) -> Result<Option<&[u8]>> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            Value::Integer(_) | Value::Text(_) => Err(self.impossible(column)),
        }
    }
}

impl Columns for Found {
    fn table(&self) -> &'static str {
        self.table
    }

    fn id(&self) -> i64 {
        match self.values.first() {
            Some(Value::Integer(id)) => *id,
            _ => 0,
        }
    }

    fn nullable(&self, column: &'static str) -> Result<Option<i64>> {
        match self.value(column)? {
            Value::Integer(number) => Ok(Some(*number)),
            Value::Null => Ok(None),
            Value::Bytes(_) | Value::Text(_) => Err(self.impossible(column)),
        }
    }

    fn bytes<const N: usize>(&self, column: &'static str) -> Result<[u8; N]> {
        let bytes = self.any_bytes(column)?.ok_or_else(|| self.impossible(column))?;
        bytes.try_into().map_err(|_| self.impossible(column))
    }

    fn text(&self, column: &'static str) -> Result<String> {
        match self.value(column)? {
            Value::Text(text) => Ok(text.clone()),
            Value::Null | Value::Integer(_) | Value::Bytes(_) => Err(self.impossible(column)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_gets_its_own_words() {
        let find = Statement::find("accounts", &["id", "email"], "WHERE email_hash = ?1").hold();
        assert_eq!(find.for_sqlite(), "SELECT id, email FROM accounts WHERE email_hash = ?1");
        assert_eq!(
            find.for_postgres(),
            "SELECT id, email FROM accounts WHERE email_hash = $1 FOR UPDATE"
        );
        let insert = Statement::insert("accounts", &["id", "email"], "ON CONFLICT DO NOTHING");
        assert_eq!(
            insert.for_postgres(),
            "INSERT INTO accounts (id, email) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn a_row_is_read_strictly() {
        let find = Statement::find("accounts", &["id", "email", "until"], "");
        let found = find.found(vec![Value::Integer(7), Value::Bytes(vec![1; 3]), Value::Null]);
        assert_eq!(found.id(), 7);
        assert_eq!(found.bytes::<3>("email").unwrap(), [1; 3]);
        assert_eq!(found.nullable("until").unwrap(), None);
        assert!(found.bytes::<4>("email").is_err());
        assert!(found.integer("until").is_err());
        assert!(found.text("email").is_err());
        assert!(found.nullable("another").is_err());
    }
}
