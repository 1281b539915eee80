//! Statements that both engines run alike, as PostgreSQL runs them.

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::transaction::PgTransaction;
use crate::port::Result;
use crate::rows::{Found, Statement, Value};

pub(super) async fn find(
    tx: &PgTransaction<'_>,
    statement: &Statement,
    values: &[Value],
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for row in tx.rows(&statement.for_postgres(), &params(values)).await? {
        let read = |(place, column): (usize, &tokio_postgres::Column)| {
            Ok(match *column.type_() {
                Type::INT8 => row.try_get::<_, Option<i64>>(place)?.into(),
                Type::BYTEA => row.try_get::<_, Option<&[u8]>>(place)?.into(),
                Type::TEXT => row.try_get::<_, Option<&str>>(place)?.into(),
                _ => return Err(statement.misfit()),
            })
        };
        let values = row.columns().iter().enumerate().map(read);
        found.push(statement.found(values.collect::<Result<_>>()?));
    }
    Ok(found)
}

pub(super) async fn change(
    tx: &PgTransaction<'_>,
    statement: &Statement,
    values: &[Value],
) -> Result<usize> {
    tx.any(&statement.for_postgres(), &params(values)).await
}

fn params(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { value }).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *kind == Type::INT8 => number.to_sql(kind, out),
            Self::Bytes(bytes) if *kind == Type::BYTEA => bytes.as_slice().to_sql(kind, out),
            Self::Text(text) if *kind == Type::TEXT => text.as_str().to_sql(kind, out),
            Self::Integer(_) | Self::Bytes(_) | Self::Text(_) => {
                Err("a value of another kind".into())
            }
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::BYTEA | Type::TEXT)
    }

    to_sql_checked!();
}
