//! A look at a database that changes nothing, while nodes may be running on it.

use super::transaction::PgTransaction;
use super::{Target, bookkeeping, lend, live_bytes, pool, ring, schema, trail, verify_keys};
use crate::anchor::Reach;
use crate::error::OpenError;
use crate::inspect::Database;
use crate::keys::KeySource;

/// Looks at the database of `target`; `None` when nothing was ever kept in it.
pub(crate) async fn inspect(
    target: &Target,
    source: &KeySource,
) -> Result<Option<Database>, OpenError> {
    let keys = source.read()?.map(|text| text.keys());
    let pool = pool(target)?;
    let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
    let schema = schema::found(&connection).await?;
    if schema == 0 {
        return Ok(None);
    }
    let keys = keys.ok_or_else(|| OpenError::KeysMissing(source.to_string()))?;
    verify_keys(&connection, &keys, source).await?;
    // One view for all: nodes may be writing.
    connection.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let view = PgTransaction::reading(&connection);
    let time_mark = bookkeeping::time_mark(&view).await?;
    let trail = trail::verify(&view).await?;
    let rings = ring::uses(&view).await?;
    let live_bytes = live_bytes(&connection).await?;
    connection.batch_execute("COMMIT").await?;
    Ok(Some(Database { schema, known: schema::known(), live_bytes, time_mark, trail, rings }))
}

/// How far the trail of the database of `target` reaches.
pub(crate) async fn reach(target: &Target, seq: i64) -> Result<Reach, OpenError> {
    let pool = pool(target)?;
    let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
    if schema::found(&connection).await? == 0 {
        return Ok(Reach { end: 0, hash: None });
    }
    Ok(trail::reach(&PgTransaction::reading(&connection), seq).await?)
}
