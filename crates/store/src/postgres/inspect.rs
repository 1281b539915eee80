//! A look at a database that changes nothing, while nodes may be running on it.

use domain::Timestamp;

use super::transaction::PgTransaction;
use super::{Target, bookkeeping, lend, live_bytes, pool, ring, schema, trail, verify_keys};
use crate::anchor::Reach;
use crate::error::OpenError;
use crate::inspect::{Database, RELIED_ON, Server, Waiting};
use crate::keys::KeySource;
use crate::port::Result;

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
    let waiting = waiting(&view).await?;
    connection.batch_execute("COMMIT").await?;
    let known = schema::known();
    Ok(Some(Database { schema, known, live_bytes, time_mark, trail, rings, waiting }))
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

/// Files are wherever the node that took them has them: they are not looked for here.
async fn waiting(view: &PgTransaction<'_>) -> Result<Waiting> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE k.row IS NULL)
         FROM payloads AS p LEFT JOIN secret_keys AS k ON k.row = p.row";
    let Some(found) = view.first(sql, &[]).await? else { return Ok(Waiting::default()) };
    let count = |column: usize| -> Result<u64> {
        let count: i64 = found.try_get(column)?;
        Ok(u64::try_from(count).unwrap_or(0))
    };
    Ok(Waiting { secrets: count(0)?, without_key: count(1)?, without_file: 0 })
}

/// What the server of `target` promises.
pub(crate) async fn server(target: &Target) -> Result<Server, OpenError> {
    let pool = pool(target)?;
    let connection = lend(&pool).await.map_err(|error| target.unreachable(&error))?;
    let sql = "SELECT current_setting('server_version'),
         (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT";
    let found = connection.query_one(sql, &[]).await?;
    let (version, time) = (found.try_get(0)?, Timestamp::from_millis(found.try_get(1)?));
    let mut settings = Vec::with_capacity(RELIED_ON.len());
    for name in RELIED_ON {
        let found = connection.query_one("SELECT current_setting($1)", &[&name]).await?;
        settings.push(found.try_get(0)?);
    }
    Ok(Server { version, time, settings })
}
